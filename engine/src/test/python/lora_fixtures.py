"""Makes the LoRA adapters of src/test/resources/adapters and what PEFT answers with them.

Each adapter belongs to a tiny checkpoint of src/test/resources/families and is saved by PEFT itself.
Beside it, reference.safetensors holds the float32 logits after every token of a prompt, and
reference.json the prompt and the 64 tokens that greedy decoding puts after it.

Needs what family_fixtures.py needs, and peft==0.18.0:

    python engine/src/test/python/lora_fixtures.py [adapter ...]
"""

import json
import shutil
import sys
import zlib
from pathlib import Path

import peft
import torch
from family_fixtures import FAMILIES, VOCABULARY, greedy, logits
from peft import LoraConfig, PeftModel, get_peft_model
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM, Llama4ForConditionalGeneration

ADAPTERS = Path(__file__).parent.parent / "resources" / "adapters"
PROMPT = 60
ALL = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
LANGUAGE_MODEL = r".*language_model\..*\.(q_proj|k_proj|o_proj|shared_expert\.(gate_proj|down_proj))"

# Adapter -> (the checkpoint it belongs to, its configuration, element type of its file).
BUILDERS = {
    "everywhere": ("llama-3.1", dict(r=4, lora_alpha=8, target_modules=ALL), torch.float32),
    "stabilised": (
        "llama-3.1",
        dict(r=3, lora_alpha=5, use_rslora=True, target_modules=["q_proj", "v_proj", "up_proj"]),
        torch.float32,
    ),
    "last-layer": (
        "llama-3.1",
        dict(r=8, lora_alpha=16, layers_to_transform=[1], target_modules=["mlp.down_proj", "k_proj"]),
        torch.bfloat16,
    ),
    "with-biases": ("biases", dict(r=2, lora_alpha=4, target_modules=ALL), torch.float32),
    "sliding": ("mistral-7b-v0.1", dict(r=4, lora_alpha=4, target_modules=ALL), torch.float16),
    "around-experts": (
        "mixtral",
        dict(r=4, lora_alpha=8, target_modules=["q_proj", "k_proj", "v_proj", "o_proj"]),
        torch.float32,
    ),
    "rotated-pairs": (
        "llama-4-scout",
        dict(r=4, lora_alpha=8, target_modules=LANGUAGE_MODEL),
        torch.float32,
    ),
}


def base(family):
    loader = Llama4ForConditionalGeneration if family == "llama-4-scout" else AutoModelForCausalLM
    return loader.from_pretrained(
        FAMILIES / family, dtype=torch.float32, attn_implementation="eager"
    ).eval()


def save(name, seed):
    family, config, dtype = BUILDERS[name]
    model = get_peft_model(base(family), LoraConfig(task_type="CAUSAL_LM", **config))
    generator = torch.Generator().manual_seed(seed)
    for parameter, weight in sorted(model.named_parameters()):
        if "lora_" in parameter:
            noise = torch.randn(weight.shape, generator=generator)
            weight.data = (0.5 * noise / weight.shape[1] ** 0.5).to(dtype)
    model.save_pretrained(ADAPTERS / name)
    (ADAPTERS / name / "README.md").unlink(missing_ok=True)
    path = ADAPTERS / name / "adapter_config.json"
    config = json.loads(path.read_text())
    config["base_model_name_or_path"] = family
    if isinstance(config["target_modules"], list):
        config["target_modules"].sort()  # PEFT writes a set
    path.write_text(json.dumps(config, indent=1) + "\n")
    return family


def make(name):
    seed = zlib.crc32(name.encode())
    while not make_from_seed(name, seed):
        seed += 1


def make_from_seed(name, seed):
    """Whether this seed's adapter is fit to judge by; writes the fixture."""
    directory = ADAPTERS / name
    shutil.rmtree(directory, ignore_errors=True)
    family = save(name, seed)
    generator = torch.Generator().manual_seed(seed)
    prompt = torch.randint(VOCABULARY, [PROMPT], generator=generator).tolist()
    plain = logits(base(family), prompt)
    model = PeftModel.from_pretrained(base(family), directory).eval()
    expected = logits(model, prompt)
    tokens, closest = greedy(model, prompt)
    if closest < 1e-3 or len(set(tokens)) < 12:
        return False  # greedy decoding comes near a tie, or goes round in a small circle
    save_file({"logits.0": expected.contiguous()}, directory / "reference.safetensors")
    reference = {
        "peft": peft.__version__,
        "checkpoint": family,
        "prompts": [prompt],
        "greedy": tokens,
    }
    (directory / "reference.json").write_text(json.dumps(reference) + "\n")
    changed = (expected.argmax(-1) != plain.argmax(-1)).float().mean().item()
    print(f"{name}: closest choice {closest:.1e}; {changed:.0%} of the likeliest tokens are others")
    return True


if __name__ == "__main__":
    torch.set_num_threads(1)
    for adapter in sys.argv[1:] or BUILDERS:
        make(adapter)
