"""Scores answers to held-out rows: those of transformers' greedy `generate` in float32, or another engine's.

    python evaluate.py --rows ../heldout.jsonl --model .. --answers reference.jsonl   generates, keeps and scores
    python evaluate.py --rows ../heldout.jsonl --scored other.jsonl                   scores {"id", "text"} rows
"""

import argparse
import json
import re
from collections import defaultdict
from pathlib import Path

from data import ENRICH, LABEL

NUMBER = re.compile(r"\d(?:[\d.,/-]*\d)?")


def read(path: Path) -> list[dict]:
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def generate(model_directory: Path, rows: list[dict], batch: int, max_tokens: int) -> dict[str, dict]:
    """Each row's answer: its text and its token ids, the end-of-turn token left out."""
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(model_directory, padding_side="left")
    model = AutoModelForCausalLM.from_pretrained(model_directory, dtype=torch.float32)
    prompts = {row["id"]: tokenizer.apply_chat_template(row["messages"], tokenize=False, add_generation_prompt=True)
               for row in rows}
    by_length = sorted(rows, key=lambda row: len(prompts[row["id"]]))
    answers = {}
    for start in range(0, len(by_length), batch):
        ids = [row["id"] for row in by_length[start : start + batch]]
        inputs = tokenizer([prompts[name] for name in ids], return_tensors="pt", padding=True,
                           add_special_tokens=False)
        with torch.inference_mode():
            output = model.generate(**inputs, do_sample=False, max_new_tokens=max_tokens)
        for name, tokens in zip(ids, output[:, inputs["input_ids"].shape[1] :].tolist()):
            tokens = _until(tokens, tokenizer.eos_token_id)
            answers[name] = {"id": name, "text": tokenizer.decode(tokens), "tokens": tokens}
    return answers


def _until(tokens: list[int], end: int) -> list[int]:
    return tokens[: tokens.index(end)] if end in tokens else tokens


def checks(row: dict, text: str) -> dict[str, float]:
    """What one answer scores, by the name of the measure."""
    if row["task"] == LABEL:
        return {"label right": text.strip() == row["expected"]}
    if row["task"] == ENRICH:
        fields = _object(text)
        return {"enrich valid JSON": fields is not None, "enrich exact": fields == json.loads(row["expected"])}
    prompt_numbers = set(NUMBER.findall(row["messages"][-1]["content"]))
    return {"summarise facts present": sum(fact in text for fact in row["facts"]) / len(row["facts"]),
            "summarise no invented number": set(NUMBER.findall(text)) <= prompt_numbers,
            "summarise exact": text.strip() == row["expected"]}


def _object(text: str) -> dict | None:
    try:
        value = json.loads(text)
    except json.JSONDecodeError:
        return None
    return value if isinstance(value, dict) else None


def report(rows: list[dict], answers: dict[str, dict], show: int) -> dict[str, float]:
    values = defaultdict(list)
    for row in rows:
        text = answers[row["id"]]["text"]
        for name, value in checks(row, text).items():
            values[name].append(float(value))
        if text.strip() != row["expected"] and show > 0:
            show -= 1
            print(f"{row['id']}\n  expected {row['expected']}\n  answered {text}")
    return {name: round(sum(v) / len(v), 4) for name, v in values.items()}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--rows", type=Path, required=True)
    arguments.add_argument("--model", type=Path)
    arguments.add_argument("--scored", type=Path, help="answers of another engine, rows of id and text")
    arguments.add_argument("--answers", type=Path, help="where the generated answers are written")
    arguments.add_argument("--batch", type=int, default=25)
    arguments.add_argument("--max-tokens", type=int, default=128)
    arguments.add_argument("--show", type=int, default=0, help="how many wrong answers to print")
    options = arguments.parse_args()
    rows = read(options.rows)
    if options.scored:
        answers = {answer["id"]: answer for answer in read(options.scored)}
    else:
        answers = generate(options.model, rows, options.batch, options.max_tokens)
    if options.answers:
        lines = (json.dumps(answers[row["id"]], ensure_ascii=False) for row in rows)
        options.answers.write_text("\n".join(lines) + "\n", encoding="utf-8")
    print(json.dumps(report(rows, answers, options.show), indent=2))


if __name__ == "__main__":
    main()
