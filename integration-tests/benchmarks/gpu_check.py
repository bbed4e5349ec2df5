"""What the engine's model program does on a GPU: is it right, and how near is it to the limit?

    pip install torch==2.7.1 transformers==4.57.6
    python gpu_check.py [--shape llama-3.1-8b] [--batch 256] [--context 1000] [--json]

1. Greedy tokens of a small random checkpoint in bfloat16 on the GPU and in float32 on the CPU.
2. The machine's limits: bandwidth of a large copy, rate of a large bfloat16 product.
3. Decode and prefill of the named shape, random weights, as shares of those limits.
4. `generate` of transformers on the same shape and batch.
"""

import argparse
import json
import time

import torch

from llama_program import SHAPES, Model


def seconds(work, repeats=10, warm=3):
    for _ in range(warm):
        work()
    torch.cuda.synchronize()
    started = time.perf_counter()
    for _ in range(repeats):
        work()
    torch.cuda.synchronize()
    return (time.perf_counter() - started) / repeats


def limits():
    source = torch.empty(4 << 30, dtype=torch.uint8, device="cuda")
    target = torch.empty_like(source)
    bandwidth = 2 * source.numel() / seconds(lambda: target.copy_(source))
    del source, target
    a = torch.randn(8192, 8192, device="cuda", dtype=torch.bfloat16)
    rate = 2 * 8192**3 / seconds(lambda: a @ a)
    return bandwidth, rate


def greedy(device, dtype, prompts, count):
    """Each prompt's answer; chunked and batched on the way, as the engine does it."""
    model = Model(SHAPES["tiny"], device, dtype, slots=4096, seed=7)
    pools = [512 * i for i in range(len(prompts))]
    answers = [list(p) for p in prompts]
    model.step([(p[:-5], 0, pool) for p, pool in zip(prompts, pools)])
    chunks = [(p[-5:], len(p) - 5, pool) for p, pool in zip(prompts, pools)]
    for _ in range(count):
        tokens = model.step(chunks).tolist()
        for answer, token in zip(answers, tokens):
            answer.append(token)
        chunks = [([a[-1]], len(a) - 1, pool) for a, pool in zip(answers, pools)]
    return [a[len(p) :] for a, p in zip(answers, prompts)]


def agreement():
    """Of the greedy tokens, up to each prompt's first difference: random weights have near ties."""
    generator = torch.Generator().manual_seed(1)
    prompts = [torch.randint(0, 512, (20 + 7 * i,), generator=generator).tolist() for i in range(8)]
    reference = greedy("cpu", torch.float32, prompts, 64)
    exact = greedy("cuda", torch.float32, prompts, 64)
    rounded = greedy("cuda", torch.bfloat16, prompts, 64)
    share = lambda a: sum(x == y for p, q in zip(a, reference) for x, y in zip(p, q)) / (64 * len(prompts))
    return share(exact), share(rounded)


def decode(model, shape, batch, context, bandwidth, rate):
    stride = context + 16
    chunks = [([i % shape.vocabulary], context, i * stride) for i in range(batch)]
    took = seconds(lambda: model.step(chunks))
    cache = 2 * 2 * shape.layers * shape.kv_heads * shape.head_dim * context * batch
    least_bytes = (2 * shape.parameters() + cache) / bandwidth
    least = max(least_bytes, 2 * shape.parameters() * batch / rate)
    return {
        "decodeTokensPerSecond": batch / took, "decodeLimitShare": least / took,
        "decodeBandwidthShare": least_bytes / took, "decodeStepSeconds": took}


def prefill(model, shape, rate, prompts=16, length=512):
    chunks = [(list(range(length)), 0, i * length) for i in range(prompts)]
    took = seconds(lambda: model.step(chunks), repeats=5)
    matrices = shape.parameters() - shape.vocabulary * shape.hidden
    work = 2 * prompts * (length * matrices + shape.vocabulary * shape.hidden)
    return {"prefillTokensPerSecond": prompts * length / took, "prefillLimitShare": work / rate / took}


def transformers_decode(shape, batch, context, steps=32):
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=shape.vocabulary, hidden_size=shape.hidden, intermediate_size=shape.intermediate,
        num_hidden_layers=shape.layers, num_attention_heads=shape.heads, num_key_value_heads=shape.kv_heads,
        head_dim=shape.head_dim, max_position_embeddings=8192, rope_theta=shape.theta,
        tie_word_embeddings=shape.tied)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("cuda"):
        model = LlamaForCausalLM(config).eval()
    torch.set_default_dtype(torch.float32)
    ids = torch.randint(3, 1000, (batch, context), device="cuda")

    def generate(new):
        model.generate(ids, attention_mask=torch.ones_like(ids), max_new_tokens=new, min_new_tokens=new,
                       do_sample=False, pad_token_id=0)

    one, many = seconds(lambda: generate(1), 1, 1), seconds(lambda: generate(1 + steps), 1, 1)
    return batch * steps / (many - one)


def main():
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--shape", choices=SHAPES, default="llama-3.1-8b")
    arguments.add_argument("--batch", type=int, default=256)
    arguments.add_argument("--context", type=int, default=1000)
    arguments.add_argument("--json", action="store_true")
    options = arguments.parse_args()
    with torch.inference_mode():
        shape = SHAPES[options.shape]
        exact, rounded = agreement()
        bandwidth, rate = limits()
        results = {
            "device": torch.cuda.get_device_name(), "shape": options.shape, "batch": options.batch,
            "context": options.context, "greedyAgreementFloat32": exact, "greedyAgreementBfloat16": rounded,
            "bandwidthBytesPerSecond": bandwidth, "matrixFlopsPerSecond": rate}
        slots = max(options.batch * (options.context + 16), 16 * 512)
        model = Model(shape, "cuda", torch.bfloat16, slots)
        results |= decode(model, shape, options.batch, options.context, bandwidth, rate)
        results |= prefill(model, shape, rate)
        results["peakBytes"] = torch.cuda.max_memory_allocated()
        del model
        torch.cuda.empty_cache()
        results["transformersTokensPerSecond"] = transformers_decode(shape, options.batch, options.context)
        results["timesTransformers"] = results["decodeTokensPerSecond"] / results["transformersTokensPerSecond"]
    if options.json:
        print(json.dumps(results))
    else:
        for name, value in results.items():
            print(f"{name:32} {value:,.4g}" if isinstance(value, float) else f"{name:32} {value}")


if __name__ == "__main__":
    main()
