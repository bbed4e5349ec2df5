"""Makes the tiny checkpoints of src/test/resources/families and what transformers answers with them.

One seeded random checkpoint per model family, in the published layout. Beside each checkpoint,
reference.safetensors holds the float32 logits after every token of every prompt, and reference.json
the prompts and the 64 tokens that greedy decoding puts after the first of them. Nothing here uses
transformers' caches: each logit comes from one forward pass over the whole prefix.

Needs torch==2.7.1, transformers==4.57.6 and safetensors==0.8.0:

    python engine/src/test/python/family_fixtures.py [family ...]
"""

import json
import shutil
import sys
import zlib
from pathlib import Path

import torch
import transformers
from safetensors.torch import save_file
from transformers import (
    Llama4Config,
    Llama4ForCausalLM,
    Llama4ForConditionalGeneration,
    Llama4TextConfig,
    LlamaConfig,
    LlamaForCausalLM,
    MistralConfig,
    MistralForCausalLM,
    MixtralConfig,
    MixtralForCausalLM,
)

FAMILIES = Path(__file__).parent.parent / "resources" / "families"
VOCABULARY = 128
PROMPTS = (20, 60, 120)  # tokens; the windows, chunks and original contexts below are shorter
GREEDY = 64
POSITIONS = 256

SHAPE = dict(
    vocab_size=VOCABULARY,
    hidden_size=48,
    intermediate_size=64,
    num_hidden_layers=2,
    num_attention_heads=4,
    num_key_value_heads=2,
    max_position_embeddings=POSITIONS,
    rms_norm_eps=1e-5,
    bos_token_id=1,
    eos_token_id=2,
    tie_word_embeddings=False,
)
LLAMA_3_ROPE = dict(
    rope_type="llama3",
    factor=8.0,
    low_freq_factor=1.0,
    high_freq_factor=4.0,
    original_max_position_embeddings=32,
)
LLAMA_4 = dict(
    head_dim=12,
    intermediate_size=32,
    intermediate_size_mlp=64,
    num_hidden_layers=4,
    num_local_experts=4,
    num_experts_per_tok=1,
    attention_chunk_size=24,
    rope_theta=500000.0,
    floor_scale=16,
    attn_scale=0.1,
    attn_temperature_tuning=True,
)


def llama(**changes):
    return LlamaForCausalLM(LlamaConfig(**{**SHAPE, **changes}))


def llama_4(**changes):
    return Llama4ForCausalLM(Llama4TextConfig(**{**SHAPE, **LLAMA_4, **changes}))


def llama_4_with_vision(**changes):
    vision = dict(
        hidden_size=16,
        num_hidden_layers=1,
        num_attention_heads=2,
        intermediate_size=64,
        vision_output_dim=16,
        image_size=28,
        patch_size=14,
        projector_input_dim=16,
        projector_output_dim=16,
    )
    text = {**SHAPE, **LLAMA_4, **changes}
    return Llama4ForConditionalGeneration(Llama4Config(vision_config=vision, text_config=text))


# Family -> (how to make the model, element type of the files, keys its published config.json lacks).
BUILDERS = {
    "llama-1": (
        lambda: llama(num_key_value_heads=4, rms_norm_eps=1e-6),
        torch.float16,
        ["num_key_value_heads", "head_dim", "rope_theta", "rope_scaling", "attention_bias", "mlp_bias"],
    ),
    "llama-2-13b": (lambda: llama(num_key_value_heads=4), torch.float16, []),
    "llama-2-70b": (lambda: llama(), torch.float16, []),
    "code-llama": (lambda: llama(rope_theta=1e6), torch.bfloat16, []),
    "tinyllama": (lambda: llama(num_key_value_heads=1), torch.float32, []),
    "llama-3": (lambda: llama(rope_theta=500000.0), torch.bfloat16, []),
    "llama-3.1": (lambda: llama(rope_theta=500000.0, rope_scaling=LLAMA_3_ROPE), torch.bfloat16, []),
    "llama-3.2": (
        lambda: llama(
            rope_theta=500000.0,
            rope_scaling=dict(LLAMA_3_ROPE, factor=32.0),
            head_dim=16,
            tie_word_embeddings=True,
        ),
        torch.bfloat16,
        [],
    ),
    "deepseek-r1-distill-llama": (
        lambda: llama(rope_theta=500000.0, rope_scaling=LLAMA_3_ROPE, num_hidden_layers=3),
        torch.bfloat16,
        [],
    ),
    "llama-guard-3": (
        lambda: llama(rope_theta=500000.0, rope_scaling=LLAMA_3_ROPE, num_key_value_heads=1),
        torch.bfloat16,
        [],
    ),
    "biases": (lambda: llama(attention_bias=True, mlp_bias=True), torch.bfloat16, []),
    "rope-linear": (
        lambda: llama(rope_scaling=dict(rope_type="linear", factor=4.0)),
        torch.bfloat16,
        [],
    ),
    "rope-dynamic": (
        lambda: llama(rope_scaling=dict(rope_type="dynamic", factor=2.0), num_key_value_heads=4),
        torch.bfloat16,
        [],
    ),
    "rope-yarn": (
        lambda: llama(
            rope_scaling=dict(rope_type="yarn", factor=8.0, original_max_position_embeddings=32)
        ),
        torch.bfloat16,
        [],
    ),
    "rope-yarn-mscale": (
        lambda: llama(
            rope_scaling=dict(
                rope_type="yarn",
                factor=8.0,
                original_max_position_embeddings=32,
                beta_fast=4.0,
                beta_slow=0.5,
                mscale=1.0,
                mscale_all_dim=0.7,
                truncate=False,
            )
        ),
        torch.bfloat16,
        [],
    ),
    "mistral-7b-v0.1": (
        lambda: MistralForCausalLM(MistralConfig(**SHAPE, sliding_window=24)),
        torch.bfloat16,
        [],
    ),
    "mistral-nemo": (
        lambda: MistralForCausalLM(
            MistralConfig(**SHAPE, sliding_window=None, head_dim=16, rope_theta=1e6)
        ),
        torch.bfloat16,
        [],
    ),
    "mixtral": (
        lambda: MixtralForCausalLM(
            MixtralConfig(
                **{**SHAPE, "intermediate_size": 32}, num_local_experts=4, num_experts_per_tok=2, rope_theta=1e6
            )
        ),
        torch.bfloat16,
        [],
    ),
    "llama-4-scout": (
        lambda: llama_4_with_vision(
            interleave_moe_layer_step=1, use_qk_norm=True, rope_scaling=LLAMA_3_ROPE
        ),
        torch.bfloat16,
        [],
    ),
    "llama-4-maverick": (
        lambda: llama_4(interleave_moe_layer_step=2, use_qk_norm=False, no_rope_layers=[1, 0, 1, 0]),
        torch.bfloat16,
        [],
    ),
}
SHARDED = {"llama-2-70b", "deepseek-r1-distill-llama"}


def randomise(model, seed):
    """Random weights that spread logits, and the choice of experts, as wide as trained ones do."""
    generator = torch.Generator().manual_seed(seed)
    for name, weight in sorted(model.named_parameters()):
        noise = torch.randn(weight.shape, generator=generator)
        inputs = weight.shape[1] if weight.dim() > 1 else 1  # Llama 4's experts: [E, inputs, outputs]
        if "norm" in name:
            weight.data = 1 + 0.2 * noise
        elif name.endswith("bias"):
            weight.data = 0.3 * noise
        elif "embed" in name:
            # Tied, a token must not drown what follows it in its own likeness.
            weight.data = noise * (0.3 if model.config.get_text_config().tie_word_embeddings else 1)
        elif "router" in name or "gate.weight" in name:
            weight.data = 6 * noise / inputs**0.5
        elif "lm_head" in name:
            weight.data = 3 * noise / inputs**0.5
        else:
            # An expert that is chosen or not by a rounding must not decide everything.
            weight.data = (0.4 if ".experts." in name else 1.0) * noise / inputs**0.5


def logits(model, tokens):
    with torch.no_grad():
        return model(input_ids=torch.tensor([tokens]), use_cache=False).logits[0].float()


def greedy(model, prompt):
    tokens, closest = list(prompt), float("inf")
    for _ in range(GREEDY):
        last = logits(model, tokens)[-1]
        best = torch.topk(last, 2).values
        closest = min(closest, ((best[0] - best[1]) / (last.max() - last.min())).item())
        tokens.append(int(last.argmax()))
    return tokens[len(prompt) :], closest


def nearness(expected, actual):
    """Mean KL divergence and agreement on the most likely token, over all positions."""
    expected, actual = torch.cat(expected), torch.cat(actual)
    p, q = expected.log_softmax(-1), actual.log_softmax(-1)
    agreement = (expected.argmax(-1) == actual.argmax(-1)).float().mean().item()
    return (p.exp() * (p - q)).sum(-1).mean().item(), agreement


def write_config(directory, absent):
    path = directory / "config.json"
    config = json.loads(path.read_text())
    for key in absent:
        config.pop(key, None)
    config.pop("transformers_version", None)
    for part in (config, config.get("text_config", {}), config.get("vision_config", {})):
        if "dtype" in part:
            part["torch_dtype"] = part.pop("dtype")  # as the published configurations have it
    path.write_text(json.dumps(config, indent=1) + "\n")


def make(name):
    seed = zlib.crc32(name.encode())
    while not make_from_seed(name, seed):
        seed += 1


def make_from_seed(name, seed):
    """Whether this seed's weights are fit to judge by; writes the fixture."""
    build, dtype, absent = BUILDERS[name]
    directory = FAMILIES / name
    shutil.rmtree(directory, ignore_errors=True)
    model = build().eval()
    randomise(model, seed)
    model.tie_weights()
    model.to(dtype).save_pretrained(directory, max_shard_size="60KB" if name in SHARDED else "1GB")
    (directory / "generation_config.json").unlink(missing_ok=True)
    write_config(directory, absent)
    exact, rounded = (
        type(model).from_pretrained(directory, dtype=dtype, attn_implementation="eager").eval()
        for dtype in (torch.float32, torch.bfloat16)
    )

    generator = torch.Generator().manual_seed(seed)
    prompts = [torch.randint(VOCABULARY, [n], generator=generator).tolist() for n in PROMPTS]
    expected = [logits(exact, prompt) for prompt in prompts]
    kl, agreement = nearness(expected, [logits(rounded, prompt) for prompt in prompts])
    if kl > 2e-3 or agreement < 0.995:
        return False  # transformers itself loses too much in bfloat16 to judge bfloat16 by
    tokens, closest = greedy(exact, prompts[0])
    if closest < 1e-3 or len(set(tokens)) < 12:
        return False  # greedy decoding comes near a tie, or goes round in a small circle
    save_file(
        {f"logits.{i}": rows.contiguous() for i, rows in enumerate(expected)},
        directory / "reference.safetensors",
    )
    reference = {"transformers": transformers.__version__, "prompts": prompts, "greedy": tokens}
    (directory / "reference.json").write_text(json.dumps(reference) + "\n")
    print(
        f"{name}: {len(set(tokens))} different tokens, closest choice {closest:.1e} of the range;"
        f" transformers in bfloat16: KL {kl:.1e}, top-1 {agreement:.1%}",
        flush=True,
    )
    return True


if __name__ == "__main__":
    torch.set_num_threads(1)
    for family in sys.argv[1:] or BUILDERS:
        make(family)
