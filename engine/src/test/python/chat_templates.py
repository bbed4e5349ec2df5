"""Renders the chat templates of src/test/resources/chat-templates as the transformers library does.

Writes expected.json beside them. Needs Jinja2 3.1: python engine/src/test/python/chat_templates.py
"""

import datetime
import json
from pathlib import Path

import jinja2
from jinja2.ext import loopcontrols
from jinja2.sandbox import ImmutableSandboxedEnvironment

TEMPLATES = Path(__file__).parent.parent / "resources" / "chat-templates"
NOW = datetime.datetime(2026, 3, 9, 23, 30)
TOKENS = {
    "llama-3": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama-3.1": ("<|begin_of_text|>", "<|eot_id|>"),
    "llama-3.2": ("<|begin_of_text|>", "<|eot_id|>"),
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
}


def raise_exception(message):
    raise jinja2.exceptions.TemplateError(message)


def tojson(x, ensure_ascii=False, indent=None, separators=None, sort_keys=False):
    return json.dumps(
        x, ensure_ascii=ensure_ascii, indent=indent, separators=separators, sort_keys=sort_keys
    )


def environment():
    env = ImmutableSandboxedEnvironment(
        trim_blocks=True, lstrip_blocks=True, extensions=[loopcontrols]
    )
    env.filters["tojson"] = tojson
    env.globals["raise_exception"] = raise_exception
    env.globals["strftime_now"] = NOW.strftime
    return env


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
        )
        return {"text": text}
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
            result = {"text": environment().from_string(template).render(messages=messages)}
        except (jinja2.exceptions.TemplateError, TypeError) as error:
            result = {"error": str(error)}
        lines.append(json.dumps({"template": template} | result))
    path.write_text("[\n" + ",\n".join(lines) + "\n]\n")


def main():
    language()
    templates = {}
    for path in sorted(TEMPLATES.glob("*.jinja")):
        name = path.stem
        template = environment().from_string(path.read_text(encoding="utf-8"))
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
