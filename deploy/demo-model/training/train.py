"""Trains the demo model, resumes where it stopped, and exports it in Hugging Face's layout.

    python train.py --state STATE --steps 8000             starts or goes on
    python train.py --state STATE --from .. --steps 8000   starts from an exported model's weights and tokenizer
    python train.py --state STATE --device cuda --processes 1 --batch 40000 --micro-batch 40000   on a GPU (never tried)
    python train.py --state STATE --export-only --export ..  writes the model out and stops

One process per core, each with one thread: they meet once a step, to average their gradients, so a busy machine
slows the run without stalling it. Weights are bfloat16 in the forward and backward pass, with float32 masters.
The data of step n depends on the seed, n and the process alone, so a resumed run sees what an unbroken one would.
"""

import argparse
import json
import math
import os
import time
from pathlib import Path
from random import Random

os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
import torch.distributed as distributed
from safetensors.torch import load_file, save_file
from tokenizers import Tokenizer
from torch.nn import functional
from transformers import AttentionInterface, GenerationConfig, LlamaConfig, LlamaForCausalLM
from transformers.models.llama import modeling_llama

import tokenizer as llama_tokenizer
from data import ENRICH, LABEL, SUMMARISE, Example, Generator
from words import HELDOUT, TRAIN, Pieces

VOCABULARY = 4096
CONTEXT = 4096
IGNORED = -100

# A label is one word among answers of sixty tokens.
ANSWER_WEIGHT = {LABEL: 5.0}


def config(tokenizer: Tokenizer) -> LlamaConfig:
    return LlamaConfig(
        vocab_size=VOCABULARY, hidden_size=256, intermediate_size=768, num_hidden_layers=4, num_attention_heads=4,
        num_key_value_heads=2, head_dim=64, max_position_embeddings=CONTEXT, rope_theta=10000.0, rms_norm_eps=1e-5,
        tie_word_embeddings=True, bos_token_id=tokenizer.token_to_id(llama_tokenizer.BEGIN),
        eos_token_id=tokenizer.token_to_id(llama_tokenizer.END_OF_TURN),
        pad_token_id=tokenizer.token_to_id(llama_tokenizer.PADDING), dtype="bfloat16")


# ---------------------------------------------------------------- attention

class BlockedAttention(torch.autograd.Function):
    """Causal attention in blocks of 128 queries: on a processor several times faster than the fused kernel.

    Arguments are [heads, length, width], contiguous; the queries may be those of the last positions alone. Rows are
    padded on the right only, where the causal mask hides the padding from every real token.
    """

    @staticmethod
    def forward(context, query, key, value, scale):
        mixed, shares = torch.empty_like(query), []
        bias = _causal_bias(key.shape[1], query)[key.shape[1] - query.shape[1] :]
        for rows, seen in _blocks(query.shape[1], key.shape[1]):
            scores = torch.baddbmm(bias[rows, seen], query[:, rows], key[:, seen].mT, alpha=scale)
            shares.append(torch.softmax(scores, -1))
            mixed[:, rows] = torch.bmm(shares[-1], value[:, seen])
        context.save_for_backward(query, key, value, *shares)
        context.scale = scale
        return mixed

    @staticmethod
    def backward(context, d_mixed):
        query, key, value, *shares = context.saved_tensors
        d_query, d_key, d_value = torch.empty_like(query), torch.zeros_like(key), torch.zeros_like(value)
        for (rows, seen), share in zip(_blocks(query.shape[1], key.shape[1]), shares):
            d_share = torch.bmm(d_mixed[:, rows], value[:, seen].mT)
            d_scores = torch.ops.aten._softmax_backward_data(d_share, share, -1, share.dtype).mul_(context.scale)
            d_query[:, rows] = torch.bmm(d_scores, key[:, seen])
            d_key[:, seen] += torch.bmm(d_scores.mT, query[:, rows])
            d_value[:, seen] += torch.bmm(share.mT, d_mixed[:, rows])
        return d_query, d_key, d_value, None


def _blocks(queries: int, keys: int):
    for start in range(0, queries, 128):
        end = min(queries, start + 128)
        yield slice(start, end), slice(0, keys - queries + end)


def blocked_attention(module, query, key, value, attention_mask, scaling=None, dropout=0.0, **ignored):
    batch, heads, length, width = query.shape
    group = heads // key.shape[1]
    key, value = key.repeat_interleave(group, 1), value.repeat_interleave(group, 1)
    flat = (tensor.reshape(batch * heads, -1, width) for tensor in (query, key, value))
    mixed = BlockedAttention.apply(*flat, scaling)
    return mixed.view(batch, heads, length, width).transpose(1, 2).contiguous(), None


_bias = torch.empty(0, 0)


def _causal_bias(length: int, like: torch.Tensor) -> torch.Tensor:
    global _bias
    if _bias.shape[0] < length or _bias.dtype != like.dtype or _bias.device != like.device:
        _bias = torch.full((length, length), -1e4, dtype=like.dtype, device=like.device).triu(1)
    return _bias[:length, :length]


AttentionInterface.register("blocked", blocked_attention)


# ---------------------------------------------------------------- fused pieces

# What stands between the matrix products is a third of the time in eager mode: these three are compiled.

@torch.compile(dynamic=True)
def rms_norm(x, weight, epsilon: float):
    wide = x.float()
    return (wide * torch.rsqrt(wide.square().mean(-1, keepdim=True) + epsilon) * weight).to(x.dtype)


@torch.compile(dynamic=True)
def gated(gate, up):
    return functional.silu(gate.float()).mul(up).to(up.dtype)


@torch.compile(dynamic=True)
def rotated(x, cosine, sine):
    first, second = x.chunk(2, -1)
    return x * cosine + torch.cat((-second, first), -1) * sine


def _norm_forward(self, x):
    return rms_norm(x.reshape(-1, x.shape[-1]), self.weight, self.variance_epsilon).view_as(x)


def _mlp_forward(self, x):
    gate, up = self.gate_proj(x), self.up_proj(x)
    return self.down_proj(gated(gate.flatten(0, 1), up.flatten(0, 1)).view_as(up))


def _rope_forward(query, key, cosine, sine, *ignored, **ignored_too):
    cosine, sine = cosine.unsqueeze(1), sine.unsqueeze(1)
    return rotated(query, cosine, sine), rotated(key, cosine, sine)


def fuse() -> None:
    """Makes transformers' Llama run the compiled pieces."""
    modeling_llama.LlamaRMSNorm.forward = _norm_forward
    modeling_llama.LlamaMLP.forward = _mlp_forward
    modeling_llama.apply_rotary_pos_emb = _rope_forward


# ---------------------------------------------------------------- batches

class Batches:
    """Turns examples into token rows, and rows into padded micro-batches of about the same length."""

    def __init__(self, tokenizer: Tokenizer, tokens: int):
        self.tokenizer = tokenizer
        self.tokens = tokens
        self.pieces = Pieces(list(tokenizer.get_vocab()))

    def rows(self, examples: list[Example]) -> list[dict]:
        prompts = [llama_tokenizer.prompt(example.messages()) for example in examples]
        answers = [example.answer + llama_tokenizer.END_OF_TURN for example in examples]
        encode = self.tokenizer.encode_batch
        rows = []
        for example, prompt, answer in zip(examples, encode(prompts, add_special_tokens=False),
                                           encode(answers, add_special_tokens=False)):
            rows.append({"task": example.task, "ids": prompt.ids + answer.ids, "answer": len(prompt.ids),
                         "weight": ANSWER_WEIGHT.get(example.task, 1.0)})
        return rows

    def micro_batches(self, rows: list[dict]) -> list[list[dict]]:
        batches, current = [], []
        for row in sorted(rows, key=lambda row: len(row["ids"])):
            if current and _padded(len(row["ids"])) * (len(current) + 1) > self.tokens:
                batches.append(current)
                current = []
            current.append(row)
        return batches + [current]


def _padded(length: int) -> int:
    return -(-length // 32) * 32


def tensors(rows: list[dict]) -> tuple[torch.Tensor, int, torch.Tensor, torch.Tensor, torch.Tensor]:
    """Input ids [rows, length] and a position up to which nothing is predicted, then for each such token its
    place in the flat [rows, length - first], its id and its weight."""
    length = _padded(max(len(row["ids"]) for row in rows))
    first = (min(row["answer"] for row in rows) - 1) // 32 * 32
    ids = torch.zeros(len(rows), length, dtype=torch.long)
    places, targets, weights = [], [], []
    for number, row in enumerate(rows):
        ids[number, : len(row["ids"])] = torch.tensor(row["ids"])
        answer = range(row["answer"], len(row["ids"]))
        places += [number * (length - first) + position - 1 - first for position in answer]
        targets += row["ids"][row["answer"] :]
        weights += [row["weight"]] * len(answer)
    # A matrix product is compiled for each new shape: better few shapes and some predictions that count nothing.
    spare = -len(places) % 64
    places, targets, weights = places + [0] * spare, targets + [0] * spare, weights + [0.0] * spare
    return ids, first, torch.tensor(places), torch.tensor(targets), torch.tensor(weights)


def draw(random: Random, generator: Generator, step: int) -> Example:
    """One example: copying exercises and short cases first, whole cases later."""
    young = max(0.0, 1 - step / 400)
    recall = 0.15 + 0.4 * young
    kinds = {"recall": recall, "label": 0.3, "enrich": 0.4, "case": 0.3, "part": 0.04, "combine": 0.1}
    kind = random.choices(list(kinds), list(kinds.values()))[0]
    if kind == "case":
        longest = 120 if young or random.random() < 0.45 else 400
        return generator.case(random.randint(30, longest))
    return getattr(generator, kind)()


def step_rows(seed: int, step: int, rank: int, batches: Batches, tokens: int) -> list[dict]:
    random = Random(f"{seed}-{step}-{rank}")
    generator = Generator(f"{seed}-{step}-{rank}-text", TRAIN, batches.pieces)
    examples, total = [], 0
    while total < tokens:
        example = draw(random, generator, step)
        examples.append(example)
        total += 45 + (len(example.user) + len(example.answer)) // 4
    return batches.rows(examples)


# ---------------------------------------------------------------- optimiser

class Optimiser:
    """Muon for the layers' matrices, AdamW for the embedding and the norms, over float32 masters.

    Muon: https://kellerjordan.github.io/posts/muon. Matrices of one shape are orthogonalised together.
    """

    def __init__(self, model: LlamaForCausalLM):
        self.parameters = dict(model.named_parameters())
        self.masters = {name: p.detach().float().clone() for name, p in self.parameters.items()}
        self.gradients = {name: torch.zeros_like(master) for name, master in self.masters.items()}
        self.first = {name: torch.zeros_like(master) for name, master in self.masters.items()}
        self.second = {name: torch.zeros_like(m) for name, m in self.masters.items() if not self._is_matrix(name)}
        self.shapes: dict[tuple, list[str]] = {}
        for name, master in self.masters.items():
            if self._is_matrix(name):
                self.shapes.setdefault(tuple(master.shape), []).append(name)

    @staticmethod
    def _is_matrix(name: str) -> bool:
        return "_proj" in name

    def collect(self) -> None:
        """Adds a micro-batch's bfloat16 gradients to the step's."""
        for name, parameter in self.parameters.items():
            self.gradients[name] += parameter.grad
            parameter.grad = None

    def average(self, total_weight: torch.Tensor) -> None:
        flat = torch.cat([g.view(-1) for g in self.gradients.values()] + [total_weight.view(1)])
        if distributed.get_world_size() > 1:
            distributed.all_reduce(flat)
        flat[:-1] /= flat[-1]
        pieces = flat[:-1].split([g.numel() for g in self.gradients.values()])
        for gradient, piece in zip(self.gradients.values(), pieces):
            gradient.copy_(piece.view_as(gradient))

    @torch.no_grad()
    def step(self, step: int, rate: float, muon_rate: float = 0.015, adam_rate: float = 1.5e-3) -> None:
        for names in self.shapes.values():
            self._muon(names, rate * muon_rate)
        for name in self.second:
            self._adam(name, step, rate * adam_rate)
        self._publish()
        for gradient in self.gradients.values():
            gradient.zero_()

    def _muon(self, names: list[str], rate: float, momentum: float = 0.95, decay: float = 0.02) -> None:
        for name in names:
            self.first[name].lerp_(self.gradients[name], 1 - momentum)
        updates = orthogonal(torch.stack([self.gradients[n].lerp(self.first[n], momentum) for n in names]))
        rows, columns = updates.shape[1:]
        scale = math.sqrt(max(1.0, rows / columns))
        for name, update in zip(names, updates):
            self.masters[name].mul_(1 - rate * decay).add_(update, alpha=-rate * scale)

    def _adam(self, name: str, step: int, rate: float, b1: float = 0.9, b2: float = 0.98) -> None:
        gradient = self.gradients[name]
        self.first[name].lerp_(gradient, 1 - b1)
        self.second[name].lerp_(gradient.square(), 1 - b2)
        mean = self.first[name] / (1 - b1 ** (step + 1))
        root = (self.second[name] / (1 - b2 ** (step + 1))).sqrt_().add_(1e-10)
        self.masters[name].addcdiv_(mean, root, value=-rate)

    def state(self) -> dict:
        return {"masters": self.masters, "first": self.first, "second": self.second}

    @torch.no_grad()
    def load(self, state: dict) -> None:
        for mine, saved in ((self.masters, state["masters"]), (self.first, state["first"]),
                            (self.second, state["second"])):
            for name, tensor in mine.items():
                tensor.copy_(saved[name])
        self._publish()

    @torch.no_grad()
    def begin_from(self, weights: dict[str, torch.Tensor]) -> None:
        for name, master in self.masters.items():
            master.copy_(weights[name])
        self._publish()

    def _publish(self) -> None:
        for name, parameter in self.parameters.items():
            parameter.copy_(self.masters[name])


def orthogonal(matrices: torch.Tensor) -> torch.Tensor:
    """The nearest orthogonal matrices, roughly: five Newton-Schulz steps in bfloat16."""
    x = matrices.bfloat16()
    tall = x.shape[1] > x.shape[2]
    x = x.mT if tall else x
    x = x / (x.norm(dim=(1, 2), keepdim=True) + 1e-7)
    for _ in range(5):
        square = x @ x.mT
        x = 3.4445 * x + (-4.7750 * square + 2.0315 * square @ square) @ x
    return (x.mT if tall else x).float()


# ---------------------------------------------------------------- the run

class Score:
    """How often every token of an answer is the likeliest one: what greedy decoding would get exactly right."""

    def __init__(self):
        self.right: dict[str, int] = {}
        self.seen: dict[str, int] = {}

    def add(self, rows: list[dict], hits: torch.Tensor) -> None:
        hits = hits.tolist()
        start = 0
        for row in rows:
            count = len(row["ids"]) - row["answer"]
            exact = all(hits[start : start + count])
            self.right[row["task"]] = self.right.get(row["task"], 0) + exact
            self.seen[row["task"]] = self.seen.get(row["task"], 0) + 1
            start += count

    def __str__(self) -> str:
        return " ".join(f"{task} {self.right[task] / self.seen[task]:.3f}" for task in sorted(self.seen))


def hidden_states(model: LlamaForCausalLM, ids: torch.Tensor, first: int) -> torch.Tensor:
    """What the model's body gives at the positions from `first` on; the last layer computes no others.

    Only answers are predicted, so of a prompt the last layer needs nothing but keys and values.
    """
    body = model.model
    x = body.embed_tokens(ids)  # [rows, length, width]
    cosine, sine = body.rotary_emb(x, torch.arange(ids.shape[1], device=ids.device).unsqueeze(0))
    *layers, last = body.layers
    for layer in layers:
        x = layer(x, position_embeddings=(cosine, sine))
    attention, normed = last.self_attn, last.input_layernorm(x)

    def heads(projected):
        return projected.view(*projected.shape[:2], -1, attention.head_dim).transpose(1, 2)

    cosine, sine = cosine.unsqueeze(1), sine.unsqueeze(1)
    # The clones have the strides a compiled piece already knows.
    query = rotated(heads(attention.q_proj(normed[:, first:])), cosine[:, :, first:].clone(), sine[:, :, first:].clone())
    key = rotated(heads(attention.k_proj(normed)), cosine, sine)
    value = heads(attention.v_proj(normed))
    mixed, _ = blocked_attention(attention, query, key, value, None, attention.scaling)
    x = x[:, first:] + attention.o_proj(mixed.flatten(2))
    return body.norm(x + last.mlp(last.post_attention_layernorm(x)))


def forward(model: LlamaForCausalLM, rows: list[dict], score: Score) -> tuple[torch.Tensor, torch.Tensor]:
    """The summed weighted loss of a micro-batch and its summed weight."""
    ids, first, places, targets, weights = (
        value.to(model.device) if isinstance(value, torch.Tensor) else value for value in tensors(rows))
    hidden = hidden_states(model, ids, first)
    logits = model.lm_head(hidden.view(-1, hidden.shape[-1])[places]).float()
    losses = functional.cross_entropy(logits, targets, reduction="none")
    score.add(rows, logits.detach().argmax(-1) == targets)
    return (losses * weights).sum(), weights.sum()


@torch.no_grad()
def heldout_score(model: LlamaForCausalLM, batches: Batches, per_task: int) -> Score:
    score = Score()
    for task in (LABEL, ENRICH, SUMMARISE):
        generator = Generator(f"check-{task}", HELDOUT)
        rows = batches.rows([generator.draw(task) for _ in range(per_task)])
        for micro in batches.micro_batches(rows):
            forward(model, micro, score)
    return score


class Schedule:
    """Warm-up, a plateau, then a straight way down to zero over the last `decay` of the steps.

    With `minutes`, for a machine whose speed nobody can foretell: from `rate` straight down to zero in that time.
    """

    def __init__(self, options: argparse.Namespace, device: torch.device):
        self.options = options
        self.device = device
        self.began = time.time()

    def rate(self, step: int) -> float:
        options = self.options
        if options.minutes:
            return options.rate * max(0.0, 1 - (time.time() - self.began) / (60 * options.minutes))
        return min(1.0, (step + 1) / options.warmup, (options.steps - step) / (options.decay * options.steps))

    def agreed_rate(self, step: int) -> float:
        """The first process's rate, since clocks differ and the processes' weights must not."""
        rate = torch.tensor(self.rate(step), device=self.device)
        if distributed.get_world_size() > 1:
            distributed.broadcast(rate, 0)
        return rate.item()


def trained_tokenizer(path: Path, seed: int, weights: Path | None) -> Tokenizer:
    """The state's tokenizer: at a start made from training texts, or taken from the exported model it starts from."""
    if not path.exists() and weights:
        path.write_bytes((weights / "tokenizer.json").read_bytes())
    if not path.exists():
        generator = Generator(f"{seed}-tokenizer", TRAIN)
        random = Random(f"{seed}-tokenizer-kinds")
        examples = (draw(random, generator, 1000) for _ in range(20_000))
        texts = (f"system\n\n{example.system}\nuser\n\n{example.user}\nassistant\n\n{example.answer}"
                 for example in examples)
        llama_tokenizer.train(texts, VOCABULARY).save(str(path))
    return Tokenizer.from_file(str(path))


def export(masters: dict[str, torch.Tensor], tokenizer: Tokenizer, directory: Path) -> None:
    directory.mkdir(parents=True, exist_ok=True)
    llama = config(tokenizer)
    llama.architectures = ["LlamaForCausalLM"]
    llama.save_pretrained(directory)
    GenerationConfig(bos_token_id=llama.bos_token_id, eos_token_id=llama.eos_token_id,
                     pad_token_id=llama.pad_token_id, do_sample=False).save_pretrained(directory)
    llama_tokenizer.save(tokenizer, directory, CONTEXT)
    weights = {name: tensor.bfloat16().cpu().contiguous() for name, tensor in masters.items()}
    temporary = directory / "model.safetensors.part"
    save_file(weights, temporary, metadata={"format": "pt"})
    temporary.chmod(0o644)
    temporary.replace(directory / "model.safetensors")


def run(rank: int, options: argparse.Namespace) -> None:
    torch.set_num_threads(1)
    torch.manual_seed(options.seed)
    on_gpu = options.device != "cpu"
    device = torch.device(options.device, rank) if on_gpu else torch.device("cpu")
    distributed.init_process_group("nccl" if on_gpu else "gloo", init_method=f"tcp://127.0.0.1:{options.port}", rank=rank,
                                   world_size=options.processes)
    tokenizer = Tokenizer.from_file(str(options.state / "tokenizer.json"))
    llama = config(tokenizer)
    llama._attn_implementation = "blocked"
    fuse()
    model = LlamaForCausalLM(llama).bfloat16().to(device)
    optimiser = Optimiser(model)
    step, seen = resume(options.state / "checkpoint.pt", optimiser, options.weights)
    batches = Batches(tokenizer, options.micro_batch)
    if rank == 0:
        print(f"{sum(p.numel() for p in model.parameters()):,} parameters, from step {step}", flush=True)

    schedule = Schedule(options, device)
    score, losses, weights, counted, began = Score(), 0.0, 0.0, 0, time.time()
    while step < options.steps and (rate := schedule.agreed_rate(step)) > 0:
        rows = step_rows(options.seed, step, rank, batches, options.batch)
        total = torch.zeros((), device=device)
        for micro in batches.micro_batches(rows):
            loss, weight = forward(model, micro, score)
            loss.backward()
            optimiser.collect()
            total += weight
            losses += loss.item()
        optimiser.average(total)
        optimiser.step(step, rate)
        weights += total.item()
        counted += sum(len(row["ids"]) for row in rows)
        step += 1
        if step % options.log_every == 0:
            if rank == 0:
                speed = counted * options.processes / (time.time() - began)
                seen += counted * options.processes
                print(f"{time.strftime('%H:%M:%S')} step {step} rate {rate:.3f} loss {losses / weights:.4f} "
                      f"{speed:.0f} tok/s {seen / 1e6:.2f}M | {score}", flush=True)
            score, losses, weights, counted, began = Score(), 0.0, 0.0, 0, time.time()
        if rank == 0 and step % options.save_every == 0:
            keep(optimiser, tokenizer, options, step, seen)
        if rank == 0 and step % options.check_every == 0:
            print(f"    held out: {heldout_score(model, batches, 40)}", flush=True)
            began = time.time()
    if rank == 0:
        keep(optimiser, tokenizer, options, step, seen)


def keep(optimiser: Optimiser, tokenizer: Tokenizer, options: argparse.Namespace, step: int, seen: int) -> None:
    save(options.state / "checkpoint.pt", optimiser, step, seen)
    export(optimiser.masters, tokenizer, options.export)


def resume(path: Path, optimiser: Optimiser, weights: Path | None = None) -> tuple[int, int]:
    """Loads the checkpoint or, where there is none, the weights of an exported model; gives the steps and tokens seen."""
    if not path.exists():
        if weights:
            optimiser.begin_from(load_file(weights / "model.safetensors"))
        return 0, 0
    checkpoint = torch.load(path, weights_only=True, map_location="cpu")
    optimiser.load(checkpoint["optimiser"])
    return checkpoint["step"], checkpoint["tokens"]


def save(path: Path, optimiser: Optimiser, step: int, tokens: int) -> None:
    part = path.with_suffix(".part")
    torch.save({"optimiser": optimiser.state(), "step": step, "tokens": tokens}, part)
    part.replace(path)


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    arguments.add_argument("--state", type=Path, required=True, help="where the checkpoint and the tokenizer live")
    arguments.add_argument("--export", type=Path, help="where the model is written (default: STATE/export)")
    arguments.add_argument("--export-only", action="store_true")
    arguments.add_argument("--from", dest="weights", type=Path,
                           help="an exported model's directory, to start from where STATE has no checkpoint")
    arguments.add_argument("--device", default="cpu", help="cpu or cuda (one process per GPU)")
    arguments.add_argument("--steps", type=int, default=4000)
    arguments.add_argument("--warmup", type=int, default=40)
    arguments.add_argument("--decay", type=float, default=0.25, help="the share of the steps in which the rate falls")
    arguments.add_argument("--minutes", type=float, help="train this long instead, the rate falling all the time")
    arguments.add_argument("--rate", type=float, default=0.3, help="the rate at the beginning of --minutes")
    arguments.add_argument("--batch", type=int, default=1500, help="tokens a step and process")
    arguments.add_argument("--micro-batch", type=int, default=3072, help="tokens a forward pass, padding included")
    arguments.add_argument("--processes", type=int, default=2)
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--port", type=int, default=29571)
    arguments.add_argument("--log-every", type=int, default=20)
    arguments.add_argument("--save-every", type=int, default=100)
    arguments.add_argument("--check-every", type=int, default=100, help="how often held-out examples are tried")
    options = arguments.parse_args()
    options.state.mkdir(parents=True, exist_ok=True)
    options.export = options.export or options.state / "export"
    tokenizer = trained_tokenizer(options.state / "tokenizer.json", options.seed, options.weights)
    if options.export_only:
        optimiser = torch.load(options.state / "checkpoint.pt", weights_only=True)["optimiser"]
        export(optimiser["masters"], tokenizer, options.export)
        return
    torch.multiprocessing.spawn(run, (options,), nprocs=options.processes)


if __name__ == "__main__":
    main()
