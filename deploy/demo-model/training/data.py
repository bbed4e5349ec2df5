"""Generates the demo model's data: support-desk messages, events and cases with the answers the model should give.

    python data.py --side heldout --per-task 100 --out ../heldout.jsonl      the committed sample
    python data.py --side heldout --per-task 1000 --seed 8 --out big.jsonl   a larger one
"""

import argparse
import json
import re
from dataclasses import dataclass, field
from random import Random

import phrases
from words import HELDOUT, OPENERS, TRAIN, Pieces, Words

LABEL = "label"
ENRICH = "enrich"
SUMMARISE = "summarise"
TASKS = (LABEL, ENRICH, SUMMARISE)

SYSTEM_PROMPTS = {
    LABEL: "Label the message with one word: " + ", ".join(phrases.LABELS) + ".",
    ENRICH: "Extract the event as JSON with the keys event, customer, order, product, amount and date.",
    SUMMARISE: "Summarise the support case in one or two sentences.",
    "combine": "Combine the partial summaries into one summary.",
    "recall": "Answer with the values of the keys.",
}

# Words that a blurred sentence keeps, since the answer follows from them.
_DECIDES = re.compile(r"refund|replac|credit|repair|discount|paid|pay|money|order|bought|sold|ship|dispatch|parcel|return|"
                      r"back|cancel|open|price|cost|fee|warranty|since|decision|invoice", re.IGNORECASE)

# What customers say elsewhere, where it names nothing: more talk for the training cases.
_TALK = [line for lines in phrases.LABELS.values() for line in lines[TRAIN] if "{" not in line]

# A name that begins a sentence is the hardest to find whole.
_BY_CUSTOMER = [frame for frame in phrases.EVENT_FRAMES if frame.startswith("{customer}")]


@dataclass(frozen=True)
class Example:
    """A conversation's system and user message, and the answer; `facts` are strings a summary must contain."""

    task: str
    system: str
    user: str
    answer: str
    facts: list[str] = field(default_factory=list)

    def messages(self) -> list[dict[str, str]]:
        return [{"role": "system", "content": self.system}, {"role": "user", "content": self.user}]


class Generator:
    """Draws examples of one side; the same seed gives the same examples."""

    def __init__(self, seed: str, side: str, pieces: Pieces | None = None):
        self.random = Random(seed)
        self.words = Words(self.random, side, pieces)
        self.side = side
        self._fillers: list[str] = []

    # ------------------------------------------------------------ text

    def _say(self, lines: dict[str, list[str]], **slots: str) -> str:
        """One phrasing of `lines`, its choices made and its slots filled, those not given with fresh values."""
        return self._fill(self.random.choice(lines[self.side]), **slots)

    def _fill(self, text: str, **slots: str) -> str:
        while "[" in text:
            text = re.sub(r"\[([^\[\]]*)\]", lambda m: self.random.choice(m[1].split("|")), text)
        if self.side == TRAIN and self._chance(0.08):
            text = self._blurred(text)
        return re.sub(r"\{(\w+)\}", lambda m: slots.get(m[1]) or self._fresh(m[1]), text)

    def _fresh(self, slot: str) -> str:
        match slot.rstrip("2"):
            case "customer" | "agent":
                return self.words.person()
            case "product":
                return self.words.product()
            case "order":
                return self.words.order()
            case "amount":
                return self.words.amount()
            case "date":
                return self.words.date()
            case "month":
                return self.random.choice(("January", "March", "May", "June", "August", "October"))
            case "number":
                return self.words.number(self.random.choice((5, 6, 7, 8, 9)))
            case "small":
                return str(self.random.randint(2, 48))
            case "serial":
                return self.words.letters(2) + self.words.number(6)
            case "code":
                return self.words.letters(1) + self.words.digits(2)
            case "word":
                return self.words.any_word()
            case "Word":
                return self.words.any_word().capitalize()
            case "Opener":
                return self.random.choice(OPENERS)
            case "problem":
                return self.words.problem()
            case "Problem":
                return _capitalised(self.words.problem())
        raise ValueError(f"no value for the slot {slot!r}: add it to Generator._fresh")

    def _chance(self, probability: float) -> bool:
        return self.random.random() < probability

    # ------------------------------------------------------------ tasks

    def draw(self, task: str) -> Example:
        return {LABEL: self.label, ENRICH: self.enrich, SUMMARISE: self.summarise}[task]()

    def label(self) -> Example:
        label = self.random.choice(list(phrases.LABELS))
        sentences = [self._say(phrases.LABELS[label])]
        if self._chance(0.25):
            sentences = [self._fill(line) for line in self.random.sample(phrases.LABELS[label][self.side], 2)]
        # A label must not hang on the words of one phrasing.
        if self.side == TRAIN and self._chance(0.3):
            sentences = [self._blurred(sentence) for sentence in sentences]
        noise = [self._say(phrases.MESSAGE_NOISE) for _ in range(self.random.choice((0, 0, 1, 1, 2)))]
        before = self.random.randint(0, len(noise))
        sentences = noise[:before] + sentences + noise[before:]
        if self._chance(0.4):
            sentences.insert(0, self._say(phrases.GREETINGS))
        if self._chance(0.4):
            sentences.append(self._say(phrases.THANKS))
        if self.side == TRAIN and self._chance(0.15):
            words = " ".join(sentences).split(" ")
            cut = self.random.randint(0, len(words) - 1)
            sentences = [" ".join(words[cut:] + words[:cut])]
        joint = self.random.choice((" ", " ", "\n"))
        return Example(LABEL, SYSTEM_PROMPTS[LABEL], joint.join(sentences), label)

    def _blurred(self, sentence: str) -> str:
        """The sentence with some words lost and others put in, its slots kept: an answer must not hang on one exact
        phrasing."""
        words = []
        for word in sentence.split(" "):
            chance = self.random.random()
            if chance > 0.08 or "{" in word or _DECIDES.search(word):
                words.append(word)
            if chance > 0.94 and "roblem}" not in word:
                words.append(self.words.any_word())
        return " ".join(words) or sentence

    def _composed(self, leads: list[str], names: tuple[str, ...], **slots: str) -> str:
        """A lead and a clause for each name, in any order."""
        clauses = [self.random.choice(phrases.CLAUSES[name]) for name in names]
        self.random.shuffle(clauses)
        clauses.insert(0 if self._chance(0.7) else self.random.randint(0, len(clauses)), self.random.choice(leads))
        text = clauses[0]
        for clause in clauses[1:]:
            joint = self.random.choice((" ", " ", ", ", ", ", "; ", ". ", " and ", " - "))
            text += joint + (_capitalised(clause) if joint == ". " else clause)
        # A capital at a sentence's start says nothing about where a name begins.
        text = "{Opener} " + text if self._chance(0.08) else _capitalised(text)
        return self._fill(text + self.random.choice((".", ".", ".", "")), **slots)

    def _said(self, lines: dict[str, list[str]], leads: list[str], names: tuple[str, ...], **slots: str) -> str:
        """A listed phrasing or, in training, one time in five a composed one."""
        if self.side == TRAIN and self._chance(0.2):
            return self._composed(leads, names, **slots)
        return self._say(lines, **slots)

    def enrich(self) -> Example:
        event = self.random.choice(list(phrases.EVENTS))
        fields = {
            "event": event,
            "customer": self.words.person(),
            "order": self.words.order(),
            "product": self.words.product(),
            "amount": self.words.amount(),
            "date": self.words.date(),
        }
        sentences = self._told(event, fields)
        for _ in range(self.random.choice((0, 1, 1, 2, 3))):
            noise = self._babble() if self.side == TRAIN and self._chance(0.06) else self._say(phrases.EVENT_NOISE)
            sentences.insert(self.random.randint(0, len(sentences)), noise)
        answer = json.dumps(fields, ensure_ascii=False, separators=(",", ":"))
        return Example(ENRICH, SYSTEM_PROMPTS[ENRICH], " ".join(sentences), answer)

    def _told(self, event: str, fields: dict[str, str]) -> list[str]:
        """The sentences that hold an event's fields."""
        if self.side == HELDOUT:
            return [self._say(phrases.EVENTS[event], **fields), self._say(phrases.EVENT_DETAILS, **fields)]
        names, leads = ("customer", "order", "product"), phrases.EVENT_LEADS[event]
        if self._chance(0.08):
            return [self._composed(leads, (*names, "amount", "date"), **fields)]
        if self._chance(0.5):
            terms = {name: self.random.choice(terms) for name, terms in phrases.EVENT_TERMS[event].items()}
            terms |= {"Noun": _capitalised(terms["noun"]), "a": self.random.choice(("a", "the", "one", "another"))}
            frames = _BY_CUSTOMER if self._chance(0.5) else phrases.EVENT_FRAMES
            who = self._fill(self.random.choice(frames), **fields, **terms)
        else:
            who = self._said(phrases.EVENTS[event], leads, names, **fields)
        leads = ["It", "This", "That", "{Opener}", "{Opener}", "{Word}", "{Word} {word}"]
        what = self._said(phrases.EVENT_DETAILS, leads, ("amount", "date"), **fields)
        return [self._opened(sentence, fields) for sentence in (who, what)]

    def _opened(self, sentence: str, fields: dict[str, str]) -> str:
        """The sentence, now and then with one more word before a value at its start."""
        if sentence.startswith(tuple(fields.values())) and self._chance(0.12):
            return self.random.choice(OPENERS) + " " + sentence
        return sentence

    def summarise(self) -> Example:
        if self._chance(0.2):
            return self.combine()
        return self.case()

    def case(self, words: int | None = None) -> Example:
        """A whole case of about `words` words, open or settled."""
        words = words or self.random.randint(150, 390)
        case = self._case_facts()
        opening = self._opening(case)
        ending = self._ending(case)
        fillers = []
        while _words(opening + fillers + ending) < words:
            fillers.append(self._filler())
        # Some of the talk comes before the outcome, some of it follows.
        after = self.random.randint(0, min(3, len(fillers)))
        middle = fillers[: len(fillers) - after]
        text = self._paragraphs(opening + middle + ending + fillers[len(fillers) - after :])
        return Example(SUMMARISE, SYSTEM_PROMPTS[SUMMARISE], text, self._summary(case), self._facts(case))

    def part(self, words: int | None = None) -> Example:
        """A part of a case that was cut in two or more: what its summary says depends on what the part tells."""
        words = words or self.random.randint(40, 150)
        case = self._case_facts()
        kind = self.random.choice(("start", "end", "end", "middle"))
        sentences = {"start": self._opening(case), "end": self._ending(case), "middle": []}[kind]
        fillers = []
        while _words(sentences + fillers) < words:
            fillers.append(self._filler())
        if kind == "start":
            sentences = sentences + fillers
            answer = self._report(case)
        elif kind == "end":
            after = self.random.randint(0, min(3, len(fillers)))
            sentences = fillers[after:] + sentences + fillers[:after]
            answer = case["outcome"]
        else:
            sentences, answer = fillers, "No key facts in this part."
        return Example(SUMMARISE, SYSTEM_PROMPTS[SUMMARISE], self._paragraphs(sentences), answer)

    def combine(self) -> Example:
        case = self._case_facts()
        report = self._report(case) if self._chance(0.6) else self._say(phrases.PARTIAL_REPORTS, **case)
        outcome = case["outcome"] if self._chance(0.6) or not case["amount"] else self._settled(case)
        parts = [report, outcome]
        for _ in range(self.random.choice((0, 1, 1, 2))):
            parts.insert(self.random.randint(0, len(parts)), self._say(phrases.PARTIAL_NOISE))
        numbered = "\n".join(f"{number}. {part}" for number, part in enumerate(parts, 1))
        return Example(SUMMARISE, SYSTEM_PROMPTS["combine"], numbered, self._summary(case), self._facts(case))

    def recall(self) -> Example:
        """An exercise, not a task: look values up by key. It teaches copying before the tasks need it."""
        makers = [self.words.person, self.words.product, self.words.order, self.words.amount, self.words.date,
                  self.words.problem, lambda: self.words.number(6)] + [self.words.spelled] * 5
        # Now and then all values are of one kind: the right one among its like.
        if self._chance(0.4):
            makers = [self.random.choice((self.words.order, self.words.amount, self.words.amount, self.words.date))]
        keys = []
        while len(keys) < self.random.randint(3, 6):
            keys.append(self.words.any_word().capitalize())
        pairs = [f"{key}: {self.random.choice(makers)()}" for key in dict.fromkeys(keys)]
        asked = self.random.sample(pairs, self.random.randint(2, len(pairs)))
        user = "; ".join(pairs) + "\n" + ", ".join(pair.split(":")[0] for pair in asked)
        return Example("recall", SYSTEM_PROMPTS["recall"], user, "; ".join(asked))

    # ------------------------------------------------------------ cases

    def _case_facts(self) -> dict[str, str]:
        problem = self.words.problem()
        case = {
            "customer": self.words.person(),
            "product": self.words.product(),
            "order": self.words.order(),
            "problem": problem,
            "Problem": _capitalised(problem),
            "kind": self.random.choice(list(phrases.OUTCOMES)),
            "amount": self.words.amount(),
            "date": self.words.date(),
        }
        if self._chance(0.12 if self.side == HELDOUT else 0.18):
            return case | {"kind": "open", "amount": "", "date": "", "outcome": "The case is still open."}
        return case | {"outcome": phrases.OUTCOMES[case["kind"]]["summary"].format(**case)}

    def _opening(self, case: dict[str, str]) -> list[str]:
        self._fillers = []
        sentences = [self._introduced(case)]
        sentences += [self._filler() for _ in range(self.random.choice((0, 0, 1, 2)))]
        return sentences + [self._stated(case)]

    def _introduced(self, case: dict[str, str]) -> str:
        """The sentence that says whose case it is, on which product and order."""
        if self.side == TRAIN and self._chance(0.15):
            return self._form(case)
        text = self._said(phrases.CASE_OPENINGS, phrases.CASE_LEADS, ("customer", "product", "order"), **case)
        return text if self.side == HELDOUT else self._opened(text, {"customer": case["customer"]})

    def _form(self, case: dict[str, str]) -> str:
        """The same as a form with its entries in any order."""
        entries = [self.random.choice(keys) + self.random.choice((": ", ": ", ": ", " - ", " ")) + "{" + name + "}"
                   for name, keys in phrases.FORM_KEYS.items()]
        if self._chance(0.5):
            self.random.shuffle(entries)
        joint = self.random.choice((". ", ". ", ". ", "; ", ", ", "\n"))
        return _capitalised(self._fill(joint.join(entries) + self.random.choice((".", ".", "")), **case))

    def _ending(self, case: dict[str, str]) -> list[str]:
        if case["kind"] == "open":
            return [self._say(phrases.OPEN_ENDINGS)]
        sentences = [self._settled(case)]
        return sentences + [self._say(phrases.CASE_CLOSINGS)] if self._chance(0.6) else sentences

    def _filler(self) -> str:
        """Talk that decides nothing; no sentence comes again before all others have been said."""
        if self.side == TRAIN and self._chance(0.45):
            return self._babble() if self._chance(0.25) else self._fill(self.random.choice(_TALK))
        if not self._fillers:
            self._fillers = list(phrases.CASE_FILLERS[self.side])
            self.random.shuffle(self._fillers)
        return self._fill(self._fillers.pop())

    def _babble(self) -> str:
        """A sentence without sense, so that any talk at all can stand between the facts."""
        words = [self.words.any_word() for _ in range(self.random.randint(3, 12))]
        if self._chance(0.3):
            words.insert(self.random.randint(0, len(words)), self._fill(
                "[{small}|{number}|{serial}|{agent}|{code}|{amount}|{date}]"))
        speaker = self._fill("[||||Agent: |Customer: ]")
        return speaker + _capitalised(" ".join(words)) + self.random.choice((".", ".", ".", "!", "?"))

    def _stated(self, case: dict[str, str]) -> str:
        """The sentence that tells the problem."""
        if self.side == HELDOUT or self._chance(0.35):
            return self._say(phrases.CASE_PROBLEMS, **case)
        lead, tail = self.random.choice(phrases.PROBLEM_LEADS), self.random.choice(phrases.PROBLEM_TAILS)
        if self._chance(0.45):
            return self._fill("{Problem}" + self.random.choice(phrases.PROBLEM_SIGHTS), **case)
        return _capitalised(self._fill(lead, **case)) + " " + self._fill("{problem}" + tail, **case)

    def _settled(self, case: dict[str, str]) -> str:
        kind = case["kind"]
        if self.side == TRAIN and self._chance(0.35):
            noun, article = self.random.choice(phrases.OUTCOME_NOUNS[kind]), self.random.choice(("a", "the", "one"))
            passed = self.random.choice(phrases.OUTCOME_PASSED[kind])
            frame = self.random.choice(phrases.OUTCOME_FRAMES).replace("{passed}", passed)
            return self._fill(frame, noun=noun, Noun=_capitalised(noun), a=article, **case)
        return self._said(phrases.OUTCOMES[kind], phrases.OUTCOME_LEADS[kind], ("amount", "date"), **case)

    def _report(self, case: dict[str, str]) -> str:
        return "{customer} reported that {problem} on the {product}, order {order}.".format(**case)

    def _summary(self, case: dict[str, str]) -> str:
        return self._report(case) + " " + case["outcome"]

    def _facts(self, case: dict[str, str]) -> list[str]:
        outcome = {"refund": "refunded", "open": "still open"}.get(case["kind"], case["kind"])
        facts = [case[key] for key in ("customer", "product", "order", "problem")] + [outcome]
        return facts + ([case["amount"], case["date"]] if case["amount"] else [])

    def _paragraphs(self, sentences: list[str]) -> str:
        joint = self.random.choice(("\n", "\n\n"))
        text = sentences[0]
        for sentence in sentences[1:]:
            speaks = sentence.startswith(("Agent:", "Customer:"))
            text += (joint if speaks or self._chance(0.2) else " ") + sentence
        return text


def _capitalised(text: str) -> str:
    return text[0].upper() + text[1:]


def _words(sentences: list[str]) -> int:
    return sum(len(sentence.split()) for sentence in sentences)


def sample(side: str, seed: int, per_task: int) -> list[dict]:
    """`per_task` rows for each task, as the files hold them."""
    rows = []
    for task in TASKS:
        generator = Generator(f"{seed}-{side}-{task}", side)
        for number in range(per_task):
            example = generator.draw(task)
            row = {"id": f"{task}-{number:04}", "task": task, "messages": example.messages(),
                   "expected": example.answer}
            rows.append(row | ({"facts": example.facts} if task == SUMMARISE else {}))
    return rows


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--side", choices=(TRAIN, HELDOUT), default=HELDOUT)
    arguments.add_argument("--seed", type=int, default=7)
    arguments.add_argument("--per-task", type=int, default=100)
    arguments.add_argument("--out", required=True)
    options = arguments.parse_args()
    with open(options.out, "w", encoding="utf-8") as file:
        for row in sample(options.side, options.seed, options.per_task):
            file.write(json.dumps(row, ensure_ascii=False) + "\n")


if __name__ == "__main__":
    main()
