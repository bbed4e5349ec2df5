"""Drives llama.py, the engine's model program, from Python: the very archive that the engine compiles.

For measuring where the engine's own runtime cannot go, such as a machine with a GPU and no GPU build
of DJL's runtime. The product never uses it.
"""

import io
import math
import struct
import zipfile
from dataclasses import dataclass
from pathlib import Path

import torch

PROGRAM = Path(__file__).parents[2] / "engine/src/main/resources/dev/millrace/engine/model/llama.py"
DTYPES = {torch.float16: 5, torch.float32: 6, torch.bfloat16: 15}

# The operators that call the engine's own kernels (Operator.java). The program names them and so does not
# compile without; with all kernels' addresses 0 they are never called.
CALL = ("int kernel, Tensor(a!) out, Tensor first, Tensor second, Tensor third, Tensor fourth,"
        " int i, int j, int k, int l) -> ()")
torch.library.define("millrace::run", "(" + CALL)
torch.library.define("millrace::record", "(Tensor(b!) calls, int index, int ahead, " + CALL)


@dataclass
class Shape:
    layers: int
    hidden: int
    heads: int
    kv_heads: int
    head_dim: int
    intermediate: int
    vocabulary: int
    tied: bool
    theta: float = 500000.0
    eps: float = 1e-5

    def parameters(self):
        """Of the matrices that every token is multiplied with."""
        attention = self.hidden * self.head_dim * (2 * self.heads + 2 * self.kv_heads)
        return self.layers * (attention + 3 * self.hidden * self.intermediate) + self.vocabulary * self.hidden


SHAPES = {
    "tiny": Shape(2, 64, 4, 2, 16, 96, 512, True),
    "llama-3.2-1b": Shape(16, 2048, 32, 8, 64, 8192, 128256, True),
    "llama-3.1-8b": Shape(32, 4096, 32, 8, 128, 14336, 128256, False),
}


class Archive:
    """What TorchScriptArchive.java writes: the program's text and the first values of its attributes."""

    def __init__(self):
        self.out = io.BytesIO()
        self.out.write(b"\x80\x02c__torch__.llama\nLlama\n)\x81}(")
        self.value("training", False)

    def value(self, name, value):
        self._string(name)
        self._put(value)

    def container(self, name, opener, kind, values=()):
        self._string(name)
        self.out.write(b"ctorch.jit._pickle\nrestore_type_tag\n(" + opener)
        if values:
            self.out.write(b"(")
            for value in values:
                self._put(value)
            self.out.write(b"e")
        self._string(kind)
        self.out.write(b"tR")

    def tensor(self, name):
        self._string(name)
        self.out.write(b"ctorch._utils\n_rebuild_tensor_v2\n((")
        self._string("storage")
        self.out.write(b"ctorch\nFloatStorage\n")
        self._string("0")
        self._string("cpu")
        for bytes_ in (self._int(1), b"tQ", self._int(0), b"(", self._int(1), b"t(", self._int(1), b"t\x89"):
            self.out.write(bytes_)
        self.out.write(b"ccollections\nOrderedDict\n)RtR")

    def pack(self, text):
        self.out.write(b"ub.")
        file = io.BytesIO()
        with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as zip_:
            zip_.writestr("llama/version", "3\n")
            zip_.writestr("llama/code/__torch__/llama.py", text)
            zip_.writestr("llama/constants.pkl", b"\x80\x02).")
            zip_.writestr("llama/data/0", b"\0\0\0\0")
            zip_.writestr("llama/data.pkl", self.out.getvalue())
        return io.BytesIO(file.getvalue())

    def _put(self, value):
        if isinstance(value, bool):
            self.out.write(b"\x88" if value else b"\x89")
        elif isinstance(value, int):
            self.out.write(self._int(value))
        elif isinstance(value, float):
            self.out.write(b"G" + struct.pack(">d", value))
        else:
            self._string(value)

    @staticmethod
    def _int(value):
        return b"J" + struct.pack("<i", value)

    def _string(self, value):
        utf8 = value.encode()
        self.out.write(b"X" + struct.pack("<i", len(utf8)) + utf8)


def attributes(text):
    """The declarations of class Llama, name and type, in order."""
    lines = text[text.index("  __buffers__ = []") :].splitlines()[2:]
    for line in lines:
        if line.startswith("  #") or not line.strip():
            if line.startswith("  # ----"):
                return
            continue
        name, kind = line.split("#")[0].strip().split(" : ")
        yield name, kind


def compile_program(shape, device, dtype):
    text = PROGRAM.read_text()
    values = dict(
        device=device, dtype=DTYPES[dtype], prefix="", mixed=False, window=0, chunk=0, experts=0,
        experts_per_token=0, llama4=False, qk_norm=False, temperature_scale=0.0, temperature_floor=1.0,
        heads=shape.heads, kv_heads=shape.kv_heads, head_dim=shape.head_dim, eps=shape.eps, tied=shape.tied,
        rotary=[True] * shape.layers, local=[False] * shape.layers, sparse=[False] * shape.layers)
    archive = Archive()
    for name, kind in attributes(text):
        if name == "training":
            continue
        if kind == "Tensor":
            archive.tensor(name)
        elif kind.startswith("List"):
            archive.container(name, b"]", kind, values.get(name, ()))
        elif kind.startswith("Dict"):
            archive.container(name, b"}", kind)
        else:
            archive.value(name, values.get(name, {"int": 0, "float": 0.0, "bool": False, "str": ""}[kind]))
    torch._C._set_graph_executor_optimize(False)
    return torch.jit.load(archive.pack(text), map_location="cpu")


def layer_tensors(shape, index):
    prefix = f"model.layers.{index}."
    queries, keys = shape.heads * shape.head_dim, shape.kv_heads * shape.head_dim
    return {
        prefix + "input_layernorm.weight": (shape.hidden,),
        prefix + "self_attn.q_proj.weight": (queries, shape.hidden),
        prefix + "self_attn.k_proj.weight": (keys, shape.hidden),
        prefix + "self_attn.v_proj.weight": (keys, shape.hidden),
        prefix + "self_attn.o_proj.weight": (shape.hidden, queries),
        prefix + "post_attention_layernorm.weight": (shape.hidden,),
        prefix + "mlp.gate_proj.weight": (shape.intermediate, shape.hidden),
        prefix + "mlp.up_proj.weight": (shape.intermediate, shape.hidden),
        prefix + "mlp.down_proj.weight": (shape.hidden, shape.intermediate),
    }


class Model:
    """A random checkpoint of a shape, loaded."""

    def __init__(self, shape, device, dtype, slots, positions=8192, seed=0):
        self.shape, self.device = shape, device
        self.program = compile_program(shape, device, dtype)
        self.generator = torch.Generator().manual_seed(seed)
        self.stored = torch.bfloat16
        self.cache = {}
        for layer in range(shape.layers):
            self._place(layer_tensors(shape, layer))
            self.program.pack_layer(layer)
        ends = {"model.norm.weight": (shape.hidden,), "model.embed_tokens.weight": (shape.vocabulary, shape.hidden)}
        if not shape.tied:
            ends["lm_head.weight"] = (shape.vocabulary, shape.hidden)
        weights = self._place(ends)
        self.program.pack_head()
        self._put("model.embed_tokens.weight", weights["model.embed_tokens.weight"])
        self.program.keep_embedding()
        frequencies = 1.0 / shape.theta ** (torch.arange(0, shape.head_dim, 2).float() / shape.head_dim)
        angles = torch.outer(torch.arange(positions).float(), frequencies)
        self.program.allocate(slots, angles.cos(), angles.sin())

    def _place(self, tensors):
        weights = {name: self._random(size) for name, size in tensors.items()}
        for name, weight in weights.items():
            self._put(name, weight)
        return weights

    def _put(self, name, weight):
        self.program.place_copy(name, weight)

    def _random(self, size):
        if len(size) == 1:
            return torch.ones(size, dtype=self.stored)
        if size not in self.cache: self.cache[size] = (torch.randn(size, generator=self.generator) / math.sqrt(size[1])).to(self.stored)
        return self.cache[size]

    def step(self, chunks, rows=None):
        """chunks: (tokens, start, pool) each; the next token of each, greedily."""
        tokens, positions, slots, last = [], [], [], []
        for ids, start, pool in chunks:
            tokens += ids
            positions += range(start, start + len(ids))
            slots += range(pool + start, pool + start + len(ids))
            last.append(len(tokens) - 1)
        batch = {
            "tokens": torch.tensor(tokens), "positions": torch.tensor(positions),
            "slots": torch.tensor(slots), "rows": torch.tensor(last if rows is None else rows)}
        starts, counts, pools = ([start for _, start, _ in chunks], [len(ids) for ids, _, _ in chunks],
                                 [pool for _, _, pool in chunks])
        return self.program.step(batch, starts, counts, pools, {}, 0)[0]
