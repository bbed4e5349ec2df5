"""Times transformers' own generate() on the processor: a batch of random prompts of one length, greedy, no stop.

    python3 transformers_cpu.py CHECKPOINT BATCH INPUT_TOKENS OUTPUT_TOKENS THREADS
"""

import json
import sys
import time

import torch
import transformers


def main(checkpoint, batch, inputs, outputs, threads):
    torch.set_num_threads(threads)
    model = transformers.AutoModelForCausalLM.from_pretrained(checkpoint, dtype=torch.bfloat16)
    torch.manual_seed(0)
    prompts = torch.randint(0, model.config.vocab_size, (batch, inputs))

    def generate(count):
        start = time.perf_counter()
        model.generate(
            prompts,
            attention_mask=torch.ones_like(prompts),
            max_new_tokens=count,
            min_new_tokens=count,
            do_sample=False,
            pad_token_id=0,
        )
        return time.perf_counter() - start

    generate(2)
    seconds = generate(outputs)
    print(
        json.dumps(
            {
                "peer": f"transformers {transformers.__version__}, torch {torch.__version__}, bfloat16",
                "requests": batch,
                "seconds": seconds,
                "totalTokensPerSecond": batch * (inputs + outputs) / seconds,
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1], *map(int, sys.argv[2:6]))
