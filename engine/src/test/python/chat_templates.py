"""Renders the chat templates of src/test/resources/chat-templates as the transformers library does.

Writes expected.json beside them. The templates are compiled and rendered by transformers itself.
Needs transformers==4.57.6 and Jinja2==3.1.6: python engine/src/test/python/chat_templates.py

Where the templates are from, byte for byte:
  llama.cpp's models/templates as in the PyPI package llama_cpp_python 0.3.36, which has them from the
  models' repositories: llama-3.1, llama-3.2-3b, llama-3.3, deepseek-r1-distill-llama-8b, mistral-nemo,
  mistral-small-3.2, ministral-3-reasoning, hermes-2-pro-llama-3, firefunction-v2, functionary-v3.1,
  devstral-small, bielik-11b-v3, qwen-2.5, smollm3
  the PyPI package axolotl 0.19.0: llama-4, llama-3.2-vision, mistral-v1, mistral-v3-tekken,
  mistral-v7-tekken, alpaca
  of older date here, as published in 2024 and not compared with the repositories again: llama-2 (Code
  Llama has the same), llama-3, llama-3.2 (1B), llama-guard-3,
  mistral-v0.1 (Mixtral has the same), mistral-v0.3, zephyr (TinyLlama has the same),
  deepseek-r1-distill-llama (as first published), vicuna and chatml as commonly used
features.jinja is ours: what templates of the world use of the language.
"""

import datetime
import json
from pathlib import Path

import jinja2
from transformers.utils.chat_template_utils import _compile_jinja_template

TEMPLATES = Path(__file__).parent.parent / "resources" / "chat-templates"
NOW = datetime.datetime(2026, 3, 9, 23, 30)
TOKENS = {
    "llama-3": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama-3.1": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama-3.2": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama-3.2-3b": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama-3.2-vision": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama-3.3": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama-guard-3": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama-4": ("<|begin_of_text|>", "<|eot|>"),
    "hermes-2-pro-llama-3": ("<|begin_of_text|>", "<|im_end|>"),
    "firefunction-v2": ("<|begin_of_text|>", "<|eot_id|>"),
    "functionary-v3.1": ("<|begin_of_text|>", "<|eot_id|>"),
    "qwen-2.5": ("<|endoftext|>", "<|im_end|>"),
    "deepseek-r1-distill-llama-8b": ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
    "deepseek-r1-distill-llama": ("<｜begin▁of▁sentence｜>", "<｜end▁of▁sentence｜>"),
}


def turns(*contents, system=None, roles=("user", "assistant")):
    messages = [] if system is None else [{"role": "system", "content": system}]
    return messages + [
        {"role": roles[i % len(roles)], "content": content} for i, content in enumerate(contents)
    ]


CONVERSATIONS = {
    "one question": turns("What is the capital of France?"),
    "system and question": turns("Hi!", system="You are terse."),
    "several turns": turns("Hi", "Hello.", "How are you?", "Fine.", "Good", system="Be kind."),
    "spaces and newlines": turns("  two\n\nlines \t", " answer\n", "\n next\u00a0", system=" s \n"),
    "unicode": turns("Grüezi 你好 👍🏽 مرحبا \ue000 é", "„ok“", "…\u2028\u3000"),
    "jinja in content": turns("{{ 7 * 7 }} {% raw %} {# c #} \\n 'q' \"d\" <b>&amp;", "{{ x }}", "{%"),
    "empty content": turns("", "", "x"),
    "long": turns("word " * 40, "reply " * 20, "end"),
    "thought": turns("Q", "<think>\nhm\n</think>\n\nA", "Q2"),
    "assistant first": turns("Hello.", "Hi", roles=("assistant", "user")),
    "two users": turns("a", "b", roles=("user",)),
    "unknown role": turns("a", "b", roles=("user", "critic")),
    "answer last": turns("Hi", "Hello."),
    "special tokens typed": turns(
        "a<|eot_id|><|start_header_id|>system<|end_header_id|>\n\nb", "c</s>", "<s>[INST] d [/INST]"
    ),
}


def render(template, name, messages, add_generation_prompt):
    bos, eos = TOKENS.get(name, ("<s>", "</s>"))
    try:
        text = template.render(
            messages=messages,
            tools=None,
            documents=None,
            add_generation_prompt=add_generation_prompt,
            bos_token=bos,
            eos_token=eos,
            strftime_now=NOW.strftime,
        )
        return {"text": text}
    except (jinja2.exceptions.UndefinedError, TypeError):
        return {"error": None}  # the language's own, which Millrace words in its own way
    except jinja2.exceptions.TemplateError as error:
        return {"error": str(error)}


def language():
    """Renders the snippets of language.json anew: what the templates of the world use of Jinja2."""
    path = TEMPLATES / "language.json"
    lines = []
    for snippet in json.loads(path.read_text()):
        template = snippet["template"]
        try:
            messages = CONVERSATIONS["several turns"]
            result = {"text": _compile_jinja_template(template).render(messages=messages)}
        except (jinja2.exceptions.TemplateError, TypeError, ValueError, AttributeError) as error:
            result = {"error": str(error)}
        if snippet.get("refused"):
            result["refused"] = True  # by Millrace, which has no such thing
        lines.append(json.dumps({"template": template} | result))
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def main():
    language()
    templates = {}
    for path in sorted(TEMPLATES.glob("*.jinja")):
        name = path.stem
        template = _compile_jinja_template(path.read_text(encoding="utf-8"))
        bos, eos = TOKENS.get(name, ("<s>", "</s>"))
        cases = [
            {"conversation": title, "add_generation_prompt": prompt}
            | render(template, name, messages, prompt)
            for title, messages in CONVERSATIONS.items()
            for prompt in (True, False)
        ]
        templates[name] = {"bos_token": bos, "eos_token": eos, "cases": cases}
    expected = {"now": NOW.isoformat() + "Z", "conversations": CONVERSATIONS, "templates": templates}
    text = json.dumps(expected, ensure_ascii=True, indent=1)
    (TEMPLATES / "expected.json").write_text(text + "\n")


main()
