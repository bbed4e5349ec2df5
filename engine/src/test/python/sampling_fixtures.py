"""Writes src/test/resources/sampling.json: distributions that transformers' logits processors leave.

Needs torch==2.7.1 and transformers==4.57.6: python engine/src/test/python/sampling_fixtures.py
"""

import json
from pathlib import Path

import torch
from transformers.generation.logits_process import (
    LogitsProcessorList,
    MinPLogitsWarper,
    RepetitionPenaltyLogitsProcessor,
    TemperatureLogitsWarper,
    TopKLogitsWarper,
    TopPLogitsWarper,
)

OUT = Path(__file__).parent.parent / "resources" / "sampling.json"
VOCABULARY = 50
PROMPT = [3, 5, 5, 8]
SETTINGS = [
    dict(),
    dict(temperature=0.4),
    dict(temperature=1.7),
    dict(top_k=5),
    dict(top_p=0.6),
    dict(min_p=0.1),
    dict(repetition_penalty=1.8),
    dict(temperature=1.3, top_k=20, top_p=0.85, min_p=0.02, repetition_penalty=1.2),
]


def processors(temperature=1.0, top_k=0, top_p=1.0, min_p=0.0, repetition_penalty=1.0):
    """In the order in which generate() applies them."""
    chain = LogitsProcessorList()
    if repetition_penalty != 1.0:
        chain.append(RepetitionPenaltyLogitsProcessor(repetition_penalty))
    if temperature != 1.0:
        chain.append(TemperatureLogitsWarper(temperature))
    if top_k > 0:
        chain.append(TopKLogitsWarper(top_k))
    if top_p < 1.0:
        chain.append(TopPLogitsWarper(top_p))
    if min_p > 0.0:
        chain.append(MinPLogitsWarper(min_p))
    return chain


def main():
    generator = torch.Generator().manual_seed(7)
    logits = 2 * torch.randn([1, VOCABULARY], generator=generator)
    cases = []
    for settings in SETTINGS:
        left = processors(**settings)(torch.tensor([PROMPT]), logits.clone())
        probabilities = left.double().softmax(-1)[0].tolist()
        cases.append({"settings": settings, "probabilities": probabilities})
    result = {"prompt": PROMPT, "logits": logits[0].tolist(), "cases": cases}
    OUT.write_text(json.dumps(result, indent=1) + "\n")


main()
