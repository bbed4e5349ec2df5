"""Prints what peers.sh has measured as a table: total tokens per second, median, least and most of the rounds.

    python3 summary.py results.jsonl
"""

import json
import statistics
import sys
from collections import defaultdict


def tokens_per_second(result):
    """Prompt and generated tokens together; llama.cpp calls it speed."""
    return result["totalTokensPerSecond"] if "totalTokensPerSecond" in result else result["speed"]


def main(path):
    rounds = defaultdict(list)
    with open(path) as lines:
        for line in lines:
            measured = json.loads(line)
            rounds[measured["count"], measured["who"]].append(tokens_per_second(measured["result"]))
    print("| requests | who | total tokens/s | least to most | of Millrace |")
    print("|---|---|---|---|---|")
    for (count, who), rates in sorted(rounds.items()):
        median = statistics.median(rates)
        ours = rounds.get((count, "millrace"))
        share = f"{median / statistics.median(ours):.2f}" if ours else ""
        print(f"| {count} | {who} | {median:.1f} | {min(rates):.1f} to {max(rates):.1f} | {share} |")


if __name__ == "__main__":
    main(sys.argv[1])
