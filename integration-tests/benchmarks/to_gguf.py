"""Writes a Llama checkpoint's weights as a GGUF file in bfloat16, without a tokenizer: llama.cpp's batch bench
takes random tokens. What llama.cpp's own converter does beyond that needs a tokenizer it knows by name.

    PYTHONPATH=LLAMA_CPP/gguf-py python3 to_gguf.py CHECKPOINT OUT.gguf
"""

import json
import math
import sys
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors import safe_open

NAMES = {
    "input_layernorm": "attn_norm",
    "self_attn.q_proj": "attn_q",
    "self_attn.k_proj": "attn_k",
    "self_attn.v_proj": "attn_v",
    "self_attn.o_proj": "attn_output",
    "post_attention_layernorm": "ffn_norm",
    "mlp.gate_proj": "ffn_gate",
    "mlp.up_proj": "ffn_up",
    "mlp.down_proj": "ffn_down",
}
OUTSIDE = {"model.embed_tokens": "token_embd", "model.norm": "output_norm", "lm_head": "output"}


def gguf_name(name):
    stem = name.removesuffix(".weight")
    if stem in OUTSIDE:
        return OUTSIDE[stem] + ".weight"
    layer, part = stem.removeprefix("model.layers.").split(".", 1)
    return f"blk.{layer}.{NAMES[part]}.weight"


def interleaved(weight, heads):
    """llama.cpp rotates neighbours, Hugging Face's layout halves of a head."""
    return weight.view(heads, 2, -1, weight.shape[1]).transpose(1, 2).reshape(weight.shape)


def llama3_rope_factors(config):
    scaling = config["rope_scaling"]
    low, high = scaling["low_freq_factor"], scaling["high_freq_factor"]
    factor, original = scaling["factor"], scaling["original_max_position_embeddings"]
    dim = config["head_dim"]
    factors = []
    for i in range(0, dim, 2):
        wavelength = 2 * math.pi * config["rope_theta"] ** (i / dim)
        if wavelength < original / high:
            factors.append(1.0)
        elif wavelength > original / low:
            factors.append(factor)
        else:
            smooth = (original / wavelength - low) / (high - low)
            factors.append(1 / ((1 - smooth) / factor + smooth))
    return np.array(factors, dtype=np.float32)


def main(checkpoint, out):
    config = json.loads((checkpoint / "config.json").read_text())
    writer = gguf.GGUFWriter(out, "llama")
    writer.add_vocab_size(config["vocab_size"])
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_block_count(config["num_hidden_layers"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_key_length(config["head_dim"])
    writer.add_value_length(config["head_dim"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_BF16)
    writer.add_tokenizer_model("none")
    if "rope_scaling" in config:
        writer.add_tensor("rope_freqs.weight", llama3_rope_factors(config))
    with safe_open(checkpoint / "model.safetensors", "pt") as tensors:
        for name in tensors.keys():
            tensor = tensors.get_tensor(name)
            if name.endswith("q_proj.weight"):
                tensor = interleaved(tensor, config["num_attention_heads"])
            elif name.endswith("k_proj.weight"):
                tensor = interleaved(tensor, config["num_key_value_heads"])
            if tensor.dim() == 1:
                writer.add_tensor(gguf_name(name), tensor.float().numpy())
            else:
                bits = tensor.contiguous().view(torch.uint8).numpy()
                writer.add_tensor(gguf_name(name), bits, raw_dtype=gguf.GGMLQuantizationType.BF16)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), sys.argv[2])
