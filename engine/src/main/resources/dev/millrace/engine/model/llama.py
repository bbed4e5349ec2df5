# Llama as one TorchScript program: weights, KV cache, forward pass and sampling.
#
# TorchScriptArchive packs this text and DJL compiles it; no Python runs. Java calls the methods of
# Llama at the end of the file: open, place, pack_layer, pack_head, keep_embedding and allocate once,
# maybe try_attention and attend_by, then step or prefill; between steps also adapt_layer and drop_adapter.
#
# Letters in shapes
#   T  tokens of the step, all sequences one after the other
#   H  query heads      K  key/value heads      G  query heads per key/value head (H / K)
#   D  head dimension   C  tokens of one sequence in the cache, its context
#   R  rows whose next token is sampled         S  those of them that are not greedy
#   V  vocabulary       E  experts of a layer   M  width inside an MLP or expert
# Dtypes are numbers here: 1 int8, 3 int32, 4 int64, 5 float16, 6 float32, 7 float64, 15 bfloat16.


# ---------------------------------------------------------------------------------- layers


def rms_normalise(x: Tensor, eps: float) -> Tensor:
  length = torch.linalg_vector_norm(x, 2, [-1], True, dtype=6)  # [T, 1]
  scale = torch.rsqrt(length * length / x.size(-1) + eps)
  return (x * scale).to(x.dtype)


def rms_norm(x: Tensor, weight: Tensor, eps: float) -> Tensor:
  return __torch__.llama.rms_normalise(x, eps) * weight


# Rotates each head of x [T, n, D] by its token's angles: neighbours (2 i, 2 i + 1) are a complex
# number, and turns [T, 1, D / 2] what it is multiplied with.
def rotate(x: Tensor, turns: Tensor) -> Tensor:
  pairs = x.to(6).unflatten(-1, [-1, 2])  # [T, n, D / 2, 2]
  return torch.view_as_real(torch.view_as_complex(pairs) * turns).flatten(-2).to(x.dtype)


# What token i of a piece that starts at `start` may not see is minus infinity: what comes after it
# and, with a window, what is that far before it. [count, C].
def attention_mask(start: int, count: int, window: int, dtype: int, device: Device) -> Tensor:
  mask = torch.full([count, start + count], -inf, dtype=dtype, device=device)
  after = torch.triu(mask, start + 1)
  if window == 0:
    return after
  return after + torch.tril(mask, start - window)


# Pieces of one token each, g of them, whose ranges are copied side by side, padded to C tokens, and
# attended to by one kernel.
class Group(NamedTuple):
  rows : Tensor  # [g], of the step's tokens
  vectors : Tensor  # [g * K * C], of the cache as [slots * K, D]
  mask : Optional[Tensor]  # [g, 1, 1, C], if their ranges differ in length


# What a step's tokens attend to in the layers of one kind. The step's tokens are cut into pieces,
# each of one sequence; a piece attends to a range of slots that ends with its own.
class Spans(NamedTuple):
  starts : List[int]  # each piece's first token, counted from the range's first slot
  counts : List[int]  # its tokens
  pools : List[int]  # its range's first slot
  masks : List[Optional[Tensor]]  # [count, C], or None: plain causal attention
  window : int  # the last tokens that a token sees; 0: all
  groups : List[__torch__.llama.Group]  # on the CPU: the pieces of one token that are attended together
  rest : List[Tuple[int, int]]  # pieces in none of them, nor in `tokens` or `prompts`; each with its first row
  # Where there are kernels of our own:
  tokens : Tensor  # [n, 3], pieces of one token: row, first slot, context
  prompts : Tensor  # [n, 4], others without a mask: first row, first slot, start, count
  # The same for the kernel that takes all pieces at once, in int32.
  offsets : Tensor  # of the pieces in the step's tokens, and their end
  ranges : Tensor  # of the ranges in the cache
  contexts : Tensor  # tokens in each range


# The step's tokens, counts[i] of a sequence from position starts[i] with slots from pools[i], as
# pieces. Where attention is chunked, into `chunk` tokens counted from a sequence's first, a piece
# stays within its chunk and sees the cache from there: chunked attention is causal attention of
# shorter sequences. Where it slides, a range begins with the first token that the piece's first sees.
def spans(starts: List[int], counts: List[int], pools: List[int], window: int, chunk: int, flash: bool,
    token_kernel: bool, prompt_kernel: bool, kv_heads: int, head_dim: int, dtype: int,
    device: Device) -> __torch__.llama.Spans:
  piece_starts = annotate(List[int], [])
  piece_counts = annotate(List[int], [])
  piece_pools = annotate(List[int], [])
  masks = annotate(List[Optional[Tensor]], [])
  offsets = annotate(List[int], [0])
  contexts = annotate(List[int], [])
  for i in range(len(counts)):
    start = starts[i]
    end = starts[i] + counts[i]
    while start < end:
      begin = 0
      count = end - start
      if chunk > 0:
        begin = start - start % chunk
        count = min(count, begin + chunk - start)
      if window > 0:
        begin = max(0, start - window + 1)
      inside = window == 0 or start + count - begin <= window
      if flash or count == 1 or (inside and (prompt_kernel or start == begin)):
        masks.append(None)
      else:
        masks.append(__torch__.llama.attention_mask(start - begin, count, window, dtype, device))
      piece_starts.append(start - begin)
      piece_counts.append(count)
      piece_pools.append(pools[i] + begin)
      offsets.append(offsets[-1] + count)
      contexts.append(start - begin + count)
      start = start + count
  groups = annotate(List[__torch__.llama.Group], [])
  single = annotate(List[bool], [])
  tokens = annotate(List[int], [])
  prompts = annotate(List[int], [])
  if device.type == "cpu" and not token_kernel:
    # Padding changes the order of sums: in float32 a text must not depend on its neighbours.
    most = 0 if dtype == 6 else 262144 // (kv_heads * head_dim)
    groups, single = __torch__.llama.groups(piece_starts, piece_counts, piece_pools, most, kv_heads, dtype)
  else:
    single = [True for _ in piece_counts]
  rest = annotate(List[Tuple[int, int]], [])
  row = 0
  for i in range(len(single)):
    if token_kernel and piece_counts[i] == 1:
      tokens.extend([row, piece_pools[i], piece_starts[i] + 1])
    elif prompt_kernel and piece_counts[i] > 1 and masks[i] is None:
      prompts.extend([row, piece_pools[i], piece_starts[i], piece_counts[i]])
    elif single[i]:
      rest.append((i, row))
    row = row + piece_counts[i]
  return __torch__.llama.Spans(piece_starts, piece_counts, piece_pools, masks, window, groups, rest,
      torch.tensor(tokens, dtype=4).view([-1, 3]), torch.tensor(prompts, dtype=4).view([-1, 4]),
      torch.tensor(offsets, dtype=3, device=device), torch.tensor(piece_pools + [0], dtype=3, device=device),
      torch.tensor(contexts, dtype=3, device=device))


def group(rows: List[int], pools: List[int], contexts: List[int], kv_heads: int, dtype: int) -> __torch__.llama.Group:
  context = torch.tensor(contexts).unsqueeze(1)  # [g, 1]
  token = torch.arange(max(contexts)).unsqueeze(0)  # [1, C]
  slots = torch.tensor(pools).unsqueeze(1) + torch.minimum(token, context - 1)  # [g, C]
  vectors = slots.unsqueeze(1) * kv_heads + torch.arange(kv_heads).view([1, -1, 1])  # [g, K, C]
  mask = annotate(Optional[Tensor], None)
  if min(contexts) < max(contexts):
    unseen = torch.full([len(rows), 1, 1, max(contexts)], -inf, dtype=dtype)
    mask = torch.masked_fill(unseen, (token < context).view(unseen.size()), 0)
  return __torch__.llama.Group(torch.tensor(rows), vectors.view([-1]), mask)


# Pieces of one token in groups of ranges of about the same length, `most` tokens in all with the
# padding: so many that a group's keys and values stay in the processor's cache. What would be alone
# in its group is not copied but attended to where it lies.
def groups(starts: List[int], counts: List[int], pools: List[int], most: int, kv_heads: int,
    dtype: int) -> Tuple[List[__torch__.llama.Group], List[bool]]:
  found = annotate(List[__torch__.llama.Group], [])
  single = annotate(List[bool], [])
  order = annotate(List[Tuple[int, int, int]], [])  # context, piece, row
  row = 0
  for i in range(len(counts)):
    single.append(True)
    if counts[i] == 1:
      order.append((starts[i] + 1, i, row))
    row = row + counts[i]
  order.sort()
  while len(order) > 1:
    longest, _, _ = order[-1]
    rows = annotate(List[int], [])
    ranges = annotate(List[int], [])
    contexts = annotate(List[int], [])
    size = min(len(order), max(1, most // longest))
    for _ in range(size):
      context, piece, row = order.pop()
      rows.append(row)
      ranges.append(pools[piece])
      contexts.append(context)
      single[piece] = size == 1
    if size > 1:
      found.append(__torch__.llama.group(rows, ranges, contexts, kv_heads, dtype))
  return (found, single)


# One piece. q [count, H, D], keys and values [C, K, D] -> [count, H, D].
# The G query heads of a group share their key/value head through views, never through copies.
def attend(q: Tensor, keys: Tensor, values: Tensor, mask: Optional[Tensor]) -> Tensor:
  count, heads, dim = q.size(0), q.size(1), q.size(2)
  kv_heads = keys.size(1)
  group = heads // kv_heads
  k = keys.transpose(0, 1)  # [K, C, D]
  v = values.transpose(0, 1)
  if count == 1:
    # One token sees everything, so its group can stand in for the query length and needs no mask.
    grouped = q.view([1, kv_heads, group, dim])
    out = torch.scaled_dot_product_attention(grouped, k.unsqueeze(0), v.unsqueeze(0))
    return out.reshape([1, heads, dim])
  # Key/value heads become the batch, the group the heads.
  grouped = q.view([count, kv_heads, group, dim]).permute([1, 2, 0, 3])  # [K, G, count, D]
  k = k.unsqueeze(1).expand([-1, group, -1, -1])  # [K, G, C, D]
  v = v.unsqueeze(1).expand([-1, group, -1, -1])
  first = mask is None  # the range's first tokens: plain causal attention, no mask to build
  out = torch.scaled_dot_product_attention(grouped, k, v, mask, 0., first)
  return out.permute([2, 0, 1, 3]).reshape([count, heads, dim])


# A group. q [g, H, D], keys and values [slots, K, D] -> [g, H, D].
def attend_group(q: Tensor, keys: Tensor, values: Tensor, group: __torch__.llama.Group) -> Tensor:
  count, heads, dim = q.size(0), q.size(1), q.size(2)
  kv_heads = keys.size(1)
  k = keys.view([-1, dim]).index_select(0, group.vectors).view([count, kv_heads, -1, dim])  # [g, K, C, D]
  v = values.view([-1, dim]).index_select(0, group.vectors).view([count, kv_heads, -1, dim])
  grouped = q.view([count, kv_heads, heads // kv_heads, dim])
  mask = group.mask
  if mask is not None:
    mask = mask.expand([-1, -1, heads // kv_heads, -1])
  return torch.scaled_dot_product_attention(grouped, k, v, mask).reshape([count, heads, dim])


# Room for weights [outputs, inputs] for our own kernel: of each 32 outputs and 32 inputs two tiles of 16
# outputs, in which the inputs are in pairs.
def panels(outputs: int, inputs: int) -> Tensor:
  return torch.empty([outputs // 32, inputs // 32, 2, 16, 16, 2], dtype=15)


# Fills some of them. A panel's tiles are of 16 outputs of `first` and of `second`, those of the next
# panel are `step` outputs on.
def fill(kernel: int, panels: Tensor, first: Tensor, second: Tensor, step: int) -> None:
  ops.millrace.run(kernel, panels, first, second, second, second, step, first.size(1), panels.size(0), 0)


# Room for what our own kernels for linear layers take: several rows of a multiple of 1024 are cut into
# tiles of 16 rows and 32 elements, [rows / 16 rounded up, width / 32, 16, 32].
def activations(rows: int, width: int) -> Tensor:
  if rows > 1 and width % 1024 == 0:
    return torch.empty([(rows + 15) // 16, width // 32, 16, 32], dtype=15)
  return torch.empty([rows, width], dtype=15)


# Runs one of our own kernels for linear layers. x [rows, inputs] or in tiles, weight in panels, out
# [rows, ...] or in tiles.
def run_linear(kernel: int, tiling: int, x: Tensor, rows: int, weight: Tensor, added: Tensor, out: Tensor) -> Tensor:
  inputs = 32 * weight.size(1)
  given = x
  if x.dim() == 2:
    plain = x.contiguous()
    given = __torch__.llama.activations(rows, inputs)
    if given.dim() == 2:
      given = plain
    else:
      pieces = given.size(0) * (inputs // 1024)
      ops.millrace.run(tiling, given, plain, plain, plain, plain, rows, inputs, pieces, 0)
  ops.millrace.run(kernel, out, given, weight, added, added, rows, inputs, weight.size(0), 1 if out.dim() == 4 else 0)
  return out


# A linear layer whose weight [outputs, inputs] is not packed, of few rows x [n, inputs]: the weight is
# the left operand and streams through the processor once -> [n, outputs].
def product(weight: Tensor, x: Tensor) -> Tensor:
  if x.size(0) == 1:
    return torch.mv(weight, x.select(0, 0)).unsqueeze(0)
  return torch.mm(weight, x.t()).t().contiguous()


# ---------------------------------------------------------------------------------- sampling


# penalised [3, P]: row, token, times generated. penalties [3, R]: repetition, presence, frequency.
def penalise(logits: Tensor, penalised: Tensor, penalties: Tensor) -> Tensor:
  rows, tokens, generated = penalised[0], penalised[1], penalised[2]
  repetition, presence, frequency = penalties[0], penalties[1], penalties[2]
  x = torch.index(logits, [rows, tokens])  # [P]
  factor = torch.index(repetition, [rows])
  x = torch.where(x < 0, x * factor, x / factor)
  x = x - torch.index(presence, [rows]) * (generated > 0)
  x = x - torch.index(frequency, [rows]) * generated
  return torch.index_put(logits, [rows, tokens], x)


# Logits below the k-th largest of their row become minus infinity; k = 0 keeps the row.
def keep_top_k(logits: Tensor, k: Tensor, largest_k: int) -> Tensor:
  best, _ = torch.topk(logits, largest_k)  # [S, largest_k], descending
  kth = torch.gather(best, 1, torch.clamp(k - 1, 0).unsqueeze(1))  # [S, 1]
  return torch.masked_fill(logits, torch.logical_and(logits < kth, (k > 0).unsqueeze(1)), -inf)


# Zeroes what is outside each row's nucleus: the smallest set of most likely tokens that reaches p.
def keep_top_p(probs: Tensor, p: Tensor) -> Tensor:
  # The nucleus of a trained model is nearly always among the first thousand tokens, and sorting
  # the vocabulary costs ten times as much as finding those. Sort only where they do not reach p.
  vocabulary = probs.size(-1)
  width = min(1024, vocabulary)
  best, _ = torch.topk(probs, width)  # [S, width], descending
  before = torch.cumsum(best, -1, dtype=7) - best  # the probability of all likelier tokens
  kept = torch.logical_and(before < p, p < 1)
  if width < vocabulary and bool(torch.any(kept.select(1, width - 1))):
    best, _ = torch.topk(probs, vocabulary)
    before = torch.cumsum(best, -1, dtype=7) - best
    kept = torch.logical_and(before < p, p < 1)
  last = torch.clamp(torch.sum(kept, [-1], True) - 1, 0)  # [S, 1]
  threshold = torch.where(p < 1, torch.gather(best, 1, last), 0)
  return torch.masked_fill(probs, probs < threshold, 0)


# Packed masks [N, V / 64 rounded up], a bit per token, as the tokens that are not allowed [N, V].
def unpack_masks(packed: Tensor, vocabulary: int) -> Tensor:
  bits = torch.arange(64, dtype=4, device=packed.device)
  allowed = torch.bitwise_and(torch.bitwise_right_shift(packed.unsqueeze(-1), bits), 1)  # [N, words, 64]
  return torch.logical_not(allowed.view([packed.size(0), -1]).narrow(1, 0, vocabulary))


# Samples each row of logits [S, V] at its own temperature and filters. The draw inverts the
# cumulative distribution in vocabulary order at the row's own uniform number, so that a token
# depends on nothing but its row. filters [4, S]: temperature, top-p, min-p, uniform, in float64.
def draw(logits: Tensor, top_k: Tensor, filters: Tensor, device: Device) -> Tensor:
  largest_k = min(int(torch.max(top_k)), logits.size(-1))
  nucleus = bool(torch.any(filters[1] < 1))
  floor = bool(torch.any(filters[2] > 0))
  k = torch.clamp(top_k, 0, logits.size(-1)).to(device)
  f = filters.to(device).unsqueeze(-1)  # [4, S, 1]
  temperature, top_p, min_p, uniform = f[0].to(6), f[1], f[2].to(6), f[3]

  x = (logits - torch.amax(logits, [-1], True)) / temperature  # from the maximum, so no overflow
  if largest_k > 0:
    x = __torch__.llama.keep_top_k(x, k, largest_k)
  probs = torch.softmax(x, -1)  # [S, V]
  if nucleus:
    probs = __torch__.llama.keep_top_p(probs, top_p)
  if floor:
    probs = torch.masked_fill(probs, probs < min_p * torch.amax(probs, [-1], True), 0)
  cumulative = torch.cumsum(probs, -1, dtype=7)
  target = uniform * cumulative.narrow(1, logits.size(-1) - 1, 1)  # [S, 1]
  token = torch.searchsorted(cumulative, target, right=True).squeeze(-1)
  return torch.clamp(token, 0, logits.size(-1) - 1)


# ---------------------------------------------------------------------------------- the model


class Llama(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  device : str
  dtype : int  # of the weights, the activations and the cache
  prefix : str  # of the language model's tensors
  rotary : List[bool]  # per layer: rotates queries and keys
  local : List[bool]  # per layer: attends to the window or the chunk, not to everything
  mixed : bool  # whether some layers are local and some are not
  sparse : List[bool]  # per layer: mixture of experts
  window : int  # tokens a local layer sees; 0: no window
  chunk : int  # tokens in a chunk of a local layer; 0: no chunks
  experts : int
  experts_per_token : int
  llama4 : bool
  qk_norm : bool
  temperature_scale : float  # of queries that are not rotated; 0: constant
  temperature_floor : float
  heads : int
  kv_heads : int
  head_dim : int
  eps : float
  tied : bool  # whether the LM head is the embedding
  threads : int  # of PyTorch's pool
  paneling : int  # addresses of our own kernels, what Kernels.java calls them; 0: PyTorch's are used
  tiling : int
  plain : int
  added : int
  gating : int
  wide : int
  choosing : int
  chaining : int
  norming : int
  rotating : int
  attending : int
  attending_prompts : int
  files : Dict[str, Tensor]  # memory-mapped checkpoint files, until the weights are packed
  mapped : Dict[str, Tensor]  # the checkpoint's tensors by name, until the weights are packed
  layers : List[Dict[str, Tensor]]
  adapted : Dict[str, Tensor]  # of the step, by adapter: the rows of its tokens that go through it
  embedding : Tensor  # [V, hidden], in the checkpoint's dtype
  norm : Tensor  # [hidden]
  head : Tensor  # [V, hidden]
  turns : Tensor  # [positions, 1, D / 2], complex: the rotations
  keys : List[Tensor]  # per layer [slots, K, D]: the cache
  values : List[Tensor]
  chained : bool  # whether our own kernels take a step through all layers in one call
  plans : List[Dict[str, Tensor]]  # what that takes, for steps of one token and for others
  masks : Tensor  # [rows, V]: tokens that are not allowed, of the masks in use; row 0 allows all

  # ---- weights

  # Maps a file as `elements` numbers of one dtype. Nothing is read until it is used.
  def open(self: __torch__.llama.Llama, file: str, path: str, elements: int, dtype: int) -> None:
    self.files[file] = torch.from_file(path, False, elements, dtype=dtype)

  # Names the tensor that starts at element `offset` of an open file.
  def place(self: __torch__.llama.Llama, name: str, file: str, offset: int, shape: List[int]) -> None:
    elements = 1
    for size in shape:
      elements = elements * size
    self.mapped[name] = self.files[file].narrow(0, offset, elements).view(shape)

  # The same for a tensor that cannot be mapped, because it does not start at a multiple of its
  # element size.
  def place_copy(self: __torch__.llama.Llama, name: str, tensor: Tensor) -> None:
    self.mapped[name] = tensor.clone()

  def take(self: __torch__.llama.Llama, name: str) -> Tensor:
    tensor = self.mapped.pop(name).to(self.dtype, copy=True)
    return tensor.to(torch.device(self.device))

  # Weights [outputs, inputs] of linear layers of one input as one, in the layout `linear` wants.
  def pack(self: __torch__.llama.Llama, weights: List[Tensor]) -> Tensor:
    parts = annotate(List[Tensor], [])
    outputs, inputs, whole = 0, weights[0].size(1), True
    for weight in weights:
      parts.append(weight.to(self.dtype).to(torch.device(self.device)).contiguous())
      outputs, whole = outputs + weight.size(0), whole and weight.size(0) % 32 == 0
    if self.plain != 0 and outputs % 32 == 0 and inputs % 32 == 0:
      out = __torch__.llama.panels(outputs, inputs)
      panel = 0
      for part in parts if whole else [torch.cat(parts)]:
        count = part.size(0) // 32
        __torch__.llama.fill(self.paneling, out.narrow(0, panel, count), part, part.narrow(0, 16, 16), 32)
        panel += count
      return out
    fused = torch.cat(parts) if len(parts) > 1 else parts[0]  # [sum of outputs, inputs]
    if self.device == "cpu":
      return ops.mkldnn._reorder_linear_weight(fused, 512)  # a layout that suits up to so many rows
    return fused

  # Linear layers called `name`, and their biases where the checkpoint has them, into the layer.
  def pack_linear(self: __torch__.llama.Llama, layer: Dict[str, Tensor], name: str, parts: List[str]) -> None:
    weights = annotate(List[Tensor], [])
    biases = annotate(List[Tensor], [])
    for part in parts:
      weights.append(self.mapped.pop(part + ".weight"))
      if part + ".bias" in self.mapped:
        biases.append(self.take(part + ".bias"))
    layer[name] = self.pack(weights)
    if len(biases) > 0:
      layer[name + ".bias"] = torch.cat(biases)

  # Others than Llama 4 rotate (i, i + D / 2) in a head. With the outputs in another order, the same
  # for queries and keys, these are neighbours, which is what `rotate` rotates. weight [n * D, ...].
  def pair(self: __torch__.llama.Llama, name: str) -> None:
    if name in self.mapped:
      weight = self.mapped[name]
      halves = weight.view([-1, 2, self.head_dim // 2, weight.numel() // weight.size(0)])
      self.mapped[name] = halves.transpose(1, 2).reshape(weight.size())

  # The experts of one layer, each as an MLP called `expert.<number>`, and the router over them.
  def pack_experts(self: __torch__.llama.Llama, layer: Dict[str, Tensor], mlp: str) -> None:
    self.pack_linear(layer, "router", [mlp + ("router" if self.llama4 else "gate")])
    for i in range(self.experts):
      name = "expert." + str(i)
      if self.llama4:  # [E, hidden, 2 M] and [E, M, hidden]
        gate, up = torch.chunk(self.mapped[mlp + "experts.gate_up_proj"].select(0, i).t(), 2)
        layer[name + ".gate"] = self.pack([gate])
        layer[name + ".up"] = self.pack([up])
        layer[name + ".down"] = self.pack([self.mapped[mlp + "experts.down_proj"].select(0, i).t()])
      else:
        expert = mlp + "experts." + str(i) + "."
        self.pack_linear(layer, name + ".gate", [expert + "w1"])
        self.pack_linear(layer, name + ".up", [expert + "w3"])
        self.pack_linear(layer, name + ".down", [expert + "w2"])

  def pack_mlp(self: __torch__.llama.Llama, layer: Dict[str, Tensor], name: str, mlp: str) -> None:
    gate, up = mlp + "gate_proj", mlp + "up_proj"
    width, inputs = self.mapped[gate + ".weight"].size(0), self.mapped[gate + ".weight"].size(1)
    if self.gating != 0 and width % 16 == 0 and inputs % 32 == 0 and gate + ".bias" not in self.mapped:
      gates, ups = self.mapped.pop(gate + ".weight"), self.mapped.pop(up + ".weight")
      panels = __torch__.llama.panels(2 * width, inputs)
      __torch__.llama.fill(self.paneling, panels, gates.to(self.dtype), ups.to(self.dtype), 16)
      layer[name + ".gate_up"] = panels
    else:
      self.pack_linear(layer, name + ".gate", [gate])
      self.pack_linear(layer, name + ".up", [up])
    self.pack_linear(layer, name + ".down", [mlp + "down_proj"])

  def pack_layer(self: __torch__.llama.Llama, index: int) -> None:
    prefix = self.prefix + "model.layers." + str(index) + "."
    attention = prefix + "self_attn."
    layer = annotate(Dict[str, Tensor], {})
    if not self.llama4:
      for name in ["q_proj.weight", "q_proj.bias", "k_proj.weight", "k_proj.bias"]:
        self.pair(attention + name)
    layer["attention_norm"] = self.take(prefix + "input_layernorm.weight")
    self.pack_linear(layer, "qkv", [attention + "q_proj", attention + "k_proj", attention + "v_proj"])
    self.pack_linear(layer, "o", [attention + "o_proj"])
    layer["mlp_norm"] = self.take(prefix + "post_attention_layernorm.weight")
    if not self.sparse[index]:
      self.pack_mlp(layer, "mlp", prefix + ("feed_forward." if self.llama4 else "mlp."))
    elif self.llama4:
      self.pack_experts(layer, prefix + "feed_forward.")
      self.pack_mlp(layer, "mlp", prefix + "feed_forward.shared_expert.")
    else:
      self.pack_experts(layer, prefix + "block_sparse_moe.")
    self.layers.append(layer)
    self.unmap()

  # Whether the LM head is packed like the layers' weights: for our own kernel, and in float32, where
  # it must be: a sum of the packed product does not depend on how many rows there are beside its own.
  def packs_head(self: __torch__.llama.Llama) -> bool:
    return self.plain != 0 or (self.device == "cpu" and self.dtype == 6)

  # The final norm and the LM head.
  def pack_head(self: __torch__.llama.Llama) -> None:
    self.norm = self.take(self.prefix + "model.norm.weight")
    name = self.prefix + ("model.embed_tokens.weight" if self.tied else "lm_head.weight")
    self.head = self.pack([self.mapped.pop(name)]) if self.packs_head() else self.take(name)
    self.unmap()

  # The LM head, if it is the same; else on the CPU it stays mapped: a step reads a few rows of it.
  def keep_embedding(self: __torch__.llama.Llama) -> None:
    name = self.prefix + "model.embed_tokens.weight"
    if self.tied and not self.packs_head():
      self.embedding = self.head
    elif self.device == "cpu":
      self.embedding = self.mapped[name]
    else:
      self.embedding = self.take(name)
    self.unmap()

  # ---- adapters

  # The low-rank updates B A of linear layers of one input as one, where there are any: the layers'
  # A one above the other, their B along the diagonal, so that row i of the fused output is updated by
  # its own layer alone. outputs[i] is the width of parts[i].
  def adapt_linear(self: __torch__.llama.Llama, layer: Dict[str, Tensor], name: str, adapter: str, scale: float,
      parts: List[str], outputs: List[int]) -> None:
    downs = annotate(List[Tensor], [])
    ups = annotate(List[Tensor], [])
    for i in range(len(parts)):
      if parts[i] + ".lora_A.weight" in self.mapped:
        downs.append(self.take(parts[i] + ".lora_A.weight"))  # [r, inputs]
        up = self.mapped.pop(parts[i] + ".lora_B.weight").to(6) * scale  # [outputs, r]
        ups.append(up.to(self.dtype).to(torch.device(self.device)))
      else:
        ups.append(torch.empty([outputs[i], 0], dtype=self.dtype, device=torch.device(self.device)))
    if len(downs) > 0:
      layer[name + adapter + ".down"] = torch.cat(downs)  # [sum of r, inputs]
      layer[name + adapter + ".up"] = torch.block_diag(ups)  # [sum of outputs, sum of r]

  # Takes what is mapped of an adapter for one layer.
  def adapt_layer(self: __torch__.llama.Llama, index: int, adapter: str, scale: float) -> None:
    prefix = self.prefix + "model.layers." + str(index) + "."
    q, k, v = prefix + "self_attn.q_proj", prefix + "self_attn.k_proj", prefix + "self_attn.v_proj"
    if not self.llama4:
      self.pair(q + ".lora_B.weight")
      self.pair(k + ".lora_B.weight")
    layer = self.layers[index]
    kv_width = self.kv_heads * self.head_dim
    self.adapt_linear(layer, "qkv", adapter, scale, [q, k, v], [self.heads * self.head_dim, kv_width, kv_width])
    self.adapt_linear(layer, "o", adapter, scale, [prefix + "self_attn.o_proj"], [0])
    for name in ["mlp.", "feed_forward.", "feed_forward.shared_expert."]:
      mlp = prefix + name
      self.adapt_linear(layer, "mlp.gate", adapter, scale, [mlp + "gate_proj"], [0])
      self.adapt_linear(layer, "mlp.up", adapter, scale, [mlp + "up_proj"], [0])
      self.adapt_linear(layer, "mlp.down", adapter, scale, [mlp + "down_proj"], [0])

  # The end of all mappings: what was read of a file stays resident until then.
  def unmap(self: __torch__.llama.Llama) -> None:
    self.mapped.clear()
    self.files.clear()

  def drop_adapter(self: __torch__.llama.Llama, adapter: str) -> None:
    for layer in self.layers:
      for name in layer.keys():
        if name.endswith(adapter + ".down") or name.endswith(adapter + ".up"):
          _ = layer.pop(name)

  # Which rows of the step go through which adapter.
  def find_adapted(self: __torch__.llama.Llama, batch: Dict[str, Tensor]) -> None:
    self.adapted.clear()
    for name, rows in batch.items():
      if name.startswith(".lora."):
        self.adapted[name] = rows.to(torch.device(self.device))

  # Adds to a linear layer's output what the step's adapters make of their rows of its input.
  def adapt(self: __torch__.llama.Llama, out: Tensor, x: Tensor, layer: Dict[str, Tensor], name: str) -> None:
    for adapter, rows in self.adapted.items():
      if name + adapter + ".down" in layer:
        low = torch.linear(x.index_select(0, rows), layer[name + adapter + ".down"])  # [n, sum of r]
        _ = out.index_add_(0, rows, torch.linear(low, layer[name + adapter + ".up"]))

  # ---- cache

  # The KV cache, `slots` tokens, and the rotation table, cos and sin [positions, D / 2].
  def allocate(self: __torch__.llama.Llama, slots: int, cos: Tensor, sin: Tensor) -> None:
    device = torch.device(self.device)
    self.turns = torch.complex(cos, sin).unsqueeze(1).to(device)
    for _ in range(len(self.layers)):
      self.keys.append(torch.empty([slots, self.kv_heads, self.head_dim], dtype=self.dtype, device=device))
      self.values.append(torch.empty([slots, self.kv_heads, self.head_dim], dtype=self.dtype, device=device))
    self.plans = [annotate(Dict[str, Tensor], {}), annotate(Dict[str, Tensor], {})]

  def allocate_masks(self: __torch__.llama.Llama, rows: int, vocabulary: int) -> None:
    self.masks = torch.zeros([rows, vocabulary], dtype=11, device=torch.device(self.device))

  # ---- forward pass

  # RMS norm, x [n, hidden], for a linear layer of that weight: in tiles where its kernel takes them.
  def normed(self: __torch__.llama.Llama, x: Tensor, norm: Tensor, weight: Tensor) -> Tensor:
    rows, width = x.size(0), x.size(1)
    if self.norming == 0 or width % 16 != 0:
      return __torch__.llama.rms_norm(x, norm, self.eps)
    if weight.dim() == 6 and len(self.adapted) == 0:
      out = __torch__.llama.activations(rows, width)
    else:
      out = torch.empty_like(x)
    ops.millrace.run(self.norming, out, x, norm, norm, norm, rows, width, 0, 1 if out.dim() == 4 else 0)
    return out

  # A linear layer of `rows` rows x.
  def linear(self: __torch__.llama.Llama, x: Tensor, rows: int, layer: Dict[str, Tensor], name: str) -> Tensor:
    bias = layer.get(name + ".bias")
    weight = layer[name]
    if weight.dim() == 6:
      out = torch.empty([rows, 32 * weight.size(0)], dtype=x.dtype)
      out = __torch__.llama.run_linear(self.plain, self.tiling, x, rows, weight, x, out)
      if bias is not None:
        out = out + bias
    elif self.device == "cpu":
      out = ops.mkldnn._linear_pointwise(x, weight, bias, "none", annotate(List[Optional[number]], []), None)
    else:
      out = torch.linear(x, weight, bias)
    if len(self.adapted) > 0:
      self.adapt(out, x, layer, name)
    return out

  # The MLP called `name`, x [n, hidden] -> [n, hidden].
  def mlp(self: __torch__.llama.Llama, x: Tensor, layer: Dict[str, Tensor], name: str) -> Tensor:
    return self.linear(self.gated(x, x.size(0), layer, name), x.size(0), layer, name + ".down")

  # The inside of the MLP called `name`: silu(gate) * up of x, `rows` rows of M. On the CPU both are
  # applied to a linear layer's result as it is written, unless an adapter adds to that result first.
  def gated(self: __torch__.llama.Llama, x: Tensor, rows: int, layer: Dict[str, Tensor], name: str) -> Tensor:
    adapted = len(self.adapted) > 0
    if name + ".gate_up" in layer:
      weight = layer[name + ".gate_up"]
      if not adapted:
        width = 16 * weight.size(0)
        if layer[name + ".down"].dim() == 6:
          out = __torch__.llama.activations(rows, width)
        else:
          out = torch.empty([rows, width], dtype=x.dtype)
        return __torch__.llama.run_linear(self.gating, self.tiling, x, rows, weight, x, out)
      both = self.linear(x, rows, layer, name + ".gate_up").view([rows, -1, 2, 16])
      gate = both.select(2, 0).reshape([rows, -1])
      up = both.select(2, 1).reshape([rows, -1])
      self.adapt(gate, x, layer, name + ".gate")
      self.adapt(up, x, layer, name + ".up")
      return torch.silu(gate) * up
    if self.device != "cpu" or adapted or layer[name + ".gate"].dim() == 6:
      return torch.silu(self.linear(x, rows, layer, name + ".gate")) * self.linear(x, rows, layer, name + ".up")
    gate = ops.mkldnn._linear_pointwise(x, layer[name + ".gate"], layer.get(name + ".gate.bias"), "swish",
        annotate(List[Optional[number]], []), None)
    return ops.mkldnn._linear_pointwise(x, gate, layer[name + ".up"], layer.get(name + ".up.bias"), "mul")

  # residual + the linear layer called `name` of x; on the CPU as its result is written.
  def add_linear(self: __torch__.llama.Llama, residual: Tensor, x: Tensor, layer: Dict[str, Tensor], name: str) -> Tensor:
    weight = layer[name]
    if self.device != "cpu" or len(self.adapted) > 0 or (weight.dim() == 6 and name + ".bias" in layer):
      return residual + self.linear(x, residual.size(0), layer, name)
    if weight.dim() == 6:
      out = torch.empty_like(residual)
      return __torch__.llama.run_linear(self.added, self.tiling, x, residual.size(0), weight, residual, out)
    return ops.mkldnn._linear_pointwise(x, residual, weight, layer.get(name + ".bias"), "add")

  # Each token's best experts and what they count: x [T, hidden] -> weights and numbers, [T, experts
  # per token]. Llama 4 has a gate for each expert, Mixtral shares 1 out among the chosen: a softmax
  # over all that is then made to add up to 1 for the chosen is a softmax over the chosen.
  def route(self: __torch__.llama.Llama, x: Tensor, layer: Dict[str, Tensor]) -> Tuple[Tensor, Tensor]:
    scores = self.linear(x, x.size(0), layer, "router").to(6)  # [T, E]
    best, chosen = torch.topk(scores, self.experts_per_token)
    if self.llama4:
      return (torch.sigmoid(best).to(x.dtype), chosen)
    return (torch.softmax(best, -1).to(x.dtype), chosen)

  # Llama 4 weighs what goes into an expert, Mixtral what comes out.
  def mixture(self: __torch__.llama.Llama, x: Tensor, layer: Dict[str, Tensor]) -> Tensor:
    weights, chosen = self.route(x, layer)
    out = self.mlp(x, layer, "mlp") if self.llama4 else torch.zeros_like(x)
    for i in range(self.experts):
      where = torch.nonzero(chosen == i)  # [n, 2]: token, rank
      if where.size(0) > 0:
        token = where.select(1, 0)
        weight = torch.index(weights, [token, where.select(1, 1)]).unsqueeze(1)  # [n, 1]
        given = x.index_select(0, token)
        name = "expert." + str(i)
        if self.llama4:
          _ = out.index_add_(0, token, self.mlp(given * weight, layer, name))
        else:
          _ = out.index_add_(0, token, self.mlp(given, layer, name) * weight)
    return out

  # The key/value heads in a piece of work of our own kernel: all of a token's if there are several
  # tokens for each thread.
  def heads_at_a_time(self: __torch__.llama.Llama, tokens: int) -> int:
    return self.kv_heads if tokens >= 4 * self.threads else 1

  # One kernel for all sequences; it exists on CUDA, for 16-bit types.
  def flash(self: __torch__.llama.Llama) -> bool:
    return self.device != "cpu" and self.dtype != 6

  def spans(self: __torch__.llama.Llama, starts: List[int], counts: List[int], pools: List[int], window: int,
      chunk: int) -> __torch__.llama.Spans:
    return __torch__.llama.spans(starts, counts, pools, window, chunk, self.flash(), self.attending != 0,
        self.attending_prompts != 0, self.kv_heads, self.head_dim, self.dtype, torch.device(self.device))

  # Which kernels attend: addresses, 0: PyTorch's.
  def attend_by(self: __torch__.llama.Llama, attending: int, attending_prompts: int) -> None:
    self.attending = attending
    self.attending_prompts = attending_prompts
    self.chained = self.can_be_chained()

  # Attends to the pieces in the first layer, so many times, for how long it takes. What the cache held is lost.
  def try_attention(self: __torch__.llama.Llama, starts: List[int], counts: List[int], pools: List[int],
      times: int) -> None:
    keys = self.keys[0].narrow(0, 0, pools[-1] + starts[-1] + counts[-1]).zero_()
    values = self.values[0].narrow(0, 0, keys.size(0)).zero_()
    spans = self.spans(starts, counts, pools, 0, 0)
    q = torch.zeros([sum(counts), self.heads, self.head_dim], dtype=self.dtype)
    for _ in range(times):
      _ = self.attention(q, keys, values, spans)

  # Attends each piece's queries q [T, H, D] to its range of one layer's cache -> [T, H * D].
  def attention(self: __torch__.llama.Llama, q: Tensor, keys: Tensor, values: Tensor, spans: __torch__.llama.Spans) -> Tensor:
    out = torch.empty([q.size(0), self.heads, self.head_dim], dtype=q.dtype, device=q.device)
    if spans.tokens.size(0) > 0:
      tokens = spans.tokens.size(0)
      ops.millrace.run(self.attending, out, q, keys, values, spans.tokens, tokens, 2 * q.stride(0),
          self.heads_at_a_time(tokens), 0)
    if spans.prompts.size(0) > 0:
      ops.millrace.run(self.attending_prompts, out, q, keys, values, spans.prompts, spans.prompts.size(0),
          2 * q.stride(0), 0, 0)
    for i, row in spans.rest:
      count = spans.counts[i]
      context = spans.starts[i] + count
      attended = __torch__.llama.attend(q.narrow(0, row, count), keys.narrow(0, spans.pools[i], context),
          values.narrow(0, spans.pools[i], context), spans.masks[i])
      _ = out.narrow(0, row, count).copy_(attended)
    for group in spans.groups:
      attended = __torch__.llama.attend_group(q.index_select(0, group.rows), keys, values, group)
      _ = out.index_copy_(0, group.rows, attended)
    return out.view([q.size(0), -1])

  # The same in one kernel.
  def flash_attention(self: __torch__.llama.Llama, q: Tensor, keys: Tensor, values: Tensor, spans: __torch__.llama.Spans) -> Tensor:
    longest_context = 0
    for i in range(len(spans.counts)):
      longest_context = max(longest_context, spans.starts[i] + spans.counts[i])
    out, _, _, _, _ = torch._flash_attention_forward(q, keys, values, spans.offsets, spans.ranges, max(spans.counts),
        longest_context, 0., True, False, window_size_left=spans.window - 1, seqused_k=spans.contexts)
    return out.view([q.size(0), -1])

  # ---- forward pass in one call

  # Whether our own kernels are all that the layers are made of.
  def can_be_chained(self: __torch__.llama.Llama) -> bool:
    if self.chaining == 0 or self.attending == 0 or self.attending_prompts == 0:
      return False
    if self.qk_norm or self.mixed or self.chunk > 0:
      return False
    for i in range(len(self.layers)):
      layer = self.layers[i]
      if self.sparse[i] or not self.rotary[i] or "mlp.gate_up" not in layer:
        return False
      for name, weight in layer.items():
        if name.endswith(".bias") or (weight.dim() != 6 and not name.endswith("_norm")):
          return False
    return True

  # Room for a step of so many tokens or more, and the calls that take it through all layers: `calls`
  # [layers, 10, 16], what ChainKernel runs. What differs from step to step is set before each.
  def plan(self: __torch__.llama.Llama, rows: int) -> Dict[str, Tensor]:
    plan = self.plans[0 if rows == 1 else 1]
    if "x" in plan and plan["x"].size(0) >= rows:
      return plan
    most = 1
    while most < rows:
      most = 2 * max(most, 16)
    hidden, width = self.norm.size(0), self.heads * self.head_dim
    inputs = 16 * self.layers[0]["mlp.gate_up"].size(0)
    x = torch.empty([most, hidden], dtype=15)
    h = __torch__.llama.activations(most, hidden)
    qkv = torch.empty([most, self.heads + 2 * self.kv_heads, self.head_dim], dtype=15)
    attended = torch.empty([most, width], dtype=15)
    given = __torch__.llama.activations(most, width)  # to the layer `o`
    if given.dim() == 2:
      given = attended
    inside = __torch__.llama.activations(most, inputs)
    turns = torch.empty([most, 1, self.head_dim // 2], dtype=9)
    slots = torch.empty([most], dtype=4)
    tokens = torch.empty([most, 3], dtype=4)
    prompts = torch.empty([most, 4], dtype=4)
    calls = torch.zeros([len(self.layers), 10, 16], dtype=4)
    for i in range(len(self.layers)):
      layer, keys, values = self.layers[i], self.keys[i], self.values[i]
      norm, mlp_norm, o = layer["attention_norm"], layer["mlp_norm"], layer["o"]
      gate_up, down, fused = layer["mlp.gate_up"], layer["mlp.down"], layer["qkv"]
      at = 10 * i
      stride = 2 * qkv.stride(0)
      ops.millrace.record(calls, at, 0, self.norming, h, x, norm, x, x, 0, hidden, 0, 1 if h.dim() == 4 else 0)
      ops.millrace.record(calls, at + 1, 0, self.plain, qkv, h, fused, x, x, 0, hidden, fused.size(0), 0)
      ops.millrace.record(calls, at + 2, 0, self.rotating, qkv, keys, values, turns, slots, 0, 0, 0, 0)
      ops.millrace.record(calls, at + 3, 0, self.attending, attended, qkv, keys, values, tokens, 0, stride, 0, 0)
      ops.millrace.record(calls, at + 4, at + 6, self.attending_prompts, attended, qkv, keys, values, prompts, 0, stride, 0, 0)
      ops.millrace.record(calls, at + 5, 0, self.tiling, given, attended, x, x, x, 0, width, 0, 0)
      ops.millrace.record(calls, at + 6, at + 8, self.added, x, given, o, x, x, 0, width, o.size(0), 0)
      ops.millrace.record(calls, at + 7, 0, self.norming, h, x, mlp_norm, x, x, 0, hidden, 0, 1 if h.dim() == 4 else 0)
      ops.millrace.record(calls, at + 8, at + 9, self.gating, inside, h, gate_up, x, x, 0, hidden, gate_up.size(0), 1 if inside.dim() == 4 else 0)
      ops.millrace.record(calls, at + 9, at + 11 if i + 1 < len(self.layers) else 0, self.added, x, inside, down, x, x, 0, inputs, down.size(0), 0)
    plan = {"x": x, "turns": turns, "slots": slots, "tokens": tokens, "prompts": prompts, "calls": calls,
        "h": h, "qkv": qkv, "attended": attended, "given": given, "inside": inside}
    self.plans[0 if rows == 1 else 1] = plan
    return plan

  # tokens [T], their rotations [T, 1, D / 2] and slots [T] -> the hidden states after the last layer
  # [T, hidden], until the next step.
  def chained_hidden(self: __torch__.llama.Llama, tokens: Tensor, turns: Tensor, slots: Tensor,
      spans: __torch__.llama.Spans) -> Tensor:
    rows, singles, prompts = tokens.size(0), spans.tokens.size(0), spans.prompts.size(0)
    plan = self.plan(rows)
    x = plan["x"].narrow(0, 0, rows)
    _ = x.copy_(torch.embedding(self.embedding, tokens))
    _ = plan["turns"].narrow(0, 0, rows).copy_(turns)
    _ = plan["slots"].narrow(0, 0, rows).copy_(slots)
    _ = plan["tokens"].narrow(0, 0, singles).copy_(spans.tokens)
    _ = plan["prompts"].narrow(0, 0, prompts).copy_(spans.prompts)
    calls = plan["calls"]
    _ = calls.narrow(2, 9, 2).zero_()  # no piece of work is taken, no thread is done
    _ = calls.select(2, 5).fill_(rows)
    attending, attending_prompts, tiling = calls.select(1, 3), calls.select(1, 4), calls.select(1, 5)
    _ = attending.select(1, 5).fill_(singles)
    _ = attending.select(1, 7).fill_(self.heads_at_a_time(singles))
    _ = attending_prompts.select(1, 5).fill_(prompts)
    given = plan["given"]
    _ = tiling.select(1, 7).fill_((rows + 15) // 16 * (given.size(1) // 32) if given.dim() == 4 else 0)
    ops.millrace.run(self.chaining, x, calls, x, x, x, 10 * len(self.layers), 0, 0, 0)
    return x

  # tokens, positions and slots [T] -> the hidden states after the last layer [T, hidden]. Chunk i of
  # the step has counts[i] tokens from position starts[i], and its sequence's slots begin at pools[i].
  def hidden(self: __torch__.llama.Llama, tokens: Tensor, positions: Tensor, slots: Tensor, starts: List[int],
      counts: List[int], pools: List[int]) -> Tensor:
    device = torch.device(self.device)
    nearby = self.spans(starts, counts, pools, self.window, self.chunk)
    everything = nearby
    if self.mixed:
      everything = self.spans(starts, counts, pools, 0, 0)

    where = positions.to(device)
    into = slots.to(device)
    turns = torch.index_select(self.turns, 0, where)  # [T, 1, D / 2]
    if self.chained and len(self.adapted) == 0 and len(nearby.rest) == 0:
      return self.chained_hidden(tokens, turns, into, nearby)
    sharpness = torch.log1p(torch.floor((where.to(6) + 1.) / self.temperature_floor)) * self.temperature_scale + 1.
    x = torch.embedding(self.embedding, tokens.to(device)).to(self.dtype)  # [T, hidden]
    rotated = self.heads + self.kv_heads
    for i in range(len(self.layers)):
      layer = self.layers[i]
      keys = self.keys[i]
      values = self.values[i]
      h = self.normed(x, layer["attention_norm"], layer["qkv"])
      qkv = self.linear(h, x.size(0), layer, "qkv").view([-1, rotated + self.kv_heads, self.head_dim])
      if self.rotating != 0 and self.rotary[i] and not self.qk_norm:
        ops.millrace.run(self.rotating, qkv, keys, values, turns, into, qkv.size(0), 0, 0, 0)
        q = qkv.narrow(1, 0, self.heads)
      else:
        qk = qkv.narrow(1, 0, rotated)
        if self.rotary[i]:
          qk = __torch__.llama.rotate(qk, turns)
          if self.qk_norm:
            qk = __torch__.llama.rms_normalise(qk, self.eps)
        q = qk.narrow(1, 0, self.heads)
        if self.temperature_scale != 0. and not self.rotary[i]:
          q = (q * sharpness.view([-1, 1, 1])).to(self.dtype)
        _ = keys.index_copy_(0, into, qk.narrow(1, self.heads, self.kv_heads))
        _ = values.index_copy_(0, into, qkv.narrow(1, rotated, self.kv_heads))
      spans = nearby if self.local[i] else everything
      if self.flash():
        h = self.flash_attention(q, keys, values, spans)
      else:
        h = self.attention(q, keys, values, spans)
      x = self.add_linear(x, h, layer, "o")
      if self.sparse[i]:
        x = x + self.mixture(self.normed(x, layer["mlp_norm"], x), layer)
      else:
        h = self.normed(x, layer["mlp_norm"], layer["mlp.gate_up" if "mlp.gate_up" in layer else "mlp.gate"])
        x = self.add_linear(x, self.gated(h, x.size(0), layer, "mlp"), layer, "mlp.down")
    return x

  # Gives counts[i] slots from targets[i] the keys and values that are in the slots from sources[i].
  def copy(self: __torch__.llama.Llama, sources: List[int], targets: List[int], counts: List[int]) -> None:
    for cache in [self.keys, self.values]:
      for layer in cache:
        for i in range(len(counts)):
          source = layer.narrow(0, sources[i], counts[i])
          _ = layer.narrow(0, targets[i], counts[i]).copy_(source)

  # Fills the cache with a batch of which no row is sampled.
  def prefill(self: __torch__.llama.Llama, batch: Dict[str, Tensor], starts: List[int], counts: List[int],
      pools: List[int]) -> None:
    self.find_adapted(batch)
    _ = self.hidden(batch["tokens"], batch["positions"], batch["slots"], starts, counts, pools)

  # The raw logits of the given rows of the step's tokens: [R, V] in float32.
  def logits(self: __torch__.llama.Llama, batch: Dict[str, Tensor], starts: List[int], counts: List[int],
      pools: List[int]) -> Tensor:
    self.find_adapted(batch)
    x = self.hidden(batch["tokens"], batch["positions"], batch["slots"], starts, counts, pools)
    x = torch.index_select(x, 0, batch["rows"].to(x.device))  # [R, hidden]
    rows = x.size(0)
    x = self.normed(x, self.norm, self.head)
    if self.head.dim() == 6:
      out = torch.empty([rows, 32 * self.head.size(0)], dtype=6)
      return __torch__.llama.run_linear(self.wide, self.tiling, x, rows, self.head, x, out)
    if self.packs_head():
      return ops.mkldnn._linear_pointwise(x, self.head, None, "none", annotate(List[Optional[number]], []), None).to(6)
    if self.device == "cpu":
      return __torch__.llama.product(self.head, x).to(6)
    return torch.linear(x, self.head).to(6)

  # Takes what a row's mask does not allow out of its logits, in place.
  def mask(self: __torch__.llama.Llama, logits: Tensor, sampling: Dict[str, Tensor]) -> None:
    if "new_masks" in sampling:
      fresh = __torch__.llama.unpack_masks(sampling["new_masks"].to(logits.device), logits.size(-1))
      _ = self.masks.index_copy_(0, sampling["new_mask_rows"].to(logits.device), fresh)
    forbidden = self.masks.index_select(0, sampling["masks"].to(logits.device))  # [R, V]
    _ = logits.masked_fill_(forbidden, -inf)

  # Whether the logits of each row [R, V] are all finite; and its most likely token, the first among
  # equals, which our own kernel finds on the way.
  def inspect(self: __torch__.llama.Llama, logits: Tensor) -> Tuple[Tensor, Optional[Tensor]]:
    if self.choosing == 0:
      return (torch.isfinite(torch.sum(logits, [-1])), None)  # a sum is finite only if all its terms are
    rows, vocabulary = logits.size(0), logits.size(1)
    out = torch.empty([2, rows], dtype=4)
    x = logits.contiguous()
    ops.millrace.run(self.choosing, out, x, x, x, x, rows, vocabulary, 0, 0)
    return (out[1] > 0, out[0])

  # The next token of every row, or -1 where the row's logits are not all finite. Where rows are
  # scored: also their tokens' logprobs [L], and the `top` best tokens and logprobs [L, top]. Where
  # there are candidates [2, N], rows and tokens: also their logits [N]. Logits are raw in all of these.
  def sample(self: __torch__.llama.Llama, raw: Tensor, sampling: Dict[str, Tensor], top: int) -> List[Tensor]:
    device = raw.device
    finite, tokens = self.inspect(raw)
    scored = annotate(Optional[Tensor], None)
    if "scored" in sampling:
      scored = raw.index_select(0, sampling["scored"].to(device))  # [L, V]
    candidates = annotate(Optional[Tensor], None)
    if "candidates" in sampling:
      wanted = sampling["candidates"].to(device)
      candidates = torch.index(raw, [wanted[0], wanted[1]])
    logits = raw
    if "penalised" in sampling:
      logits = __torch__.llama.penalise(raw, sampling["penalised"].to(device), sampling["penalties"].to(device).to(6))
    if "masks" in sampling:
      self.mask(logits, sampling)
    if self.choosing != 0 and ("penalised" in sampling or "masks" in sampling):
      _, tokens = self.inspect(logits)
    if tokens is None:
      tokens = torch.argmax(logits, -1)  # [R]
    if "sampled" in sampling:
      sampled = sampling["sampled"].to(device)
      chosen = logits.index_select(0, sampled)
      tokens.index_copy_(0, sampled, __torch__.llama.draw(chosen, sampling["top_k"], sampling["filters"], device))
    results = [torch.where(finite, tokens, -1).cpu()]
    if scored is not None:
      total = torch.logsumexp(scored, [-1], True)
      chosen = torch.gather(scored, 1, tokens.index_select(0, sampling["scored"].to(device)).unsqueeze(1))
      best, ids = torch.topk(scored, top)
      results.append((chosen - total).squeeze(1).cpu())
      results.append(ids.cpu())
      results.append((best - total).cpu())
    if candidates is not None:
      results.append(candidates.cpu())
    return results

  def step(self: __torch__.llama.Llama, batch: Dict[str, Tensor], starts: List[int], counts: List[int],
      pools: List[int], sampling: Dict[str, Tensor], top: int) -> List[Tensor]:
    return self.sample(self.logits(batch, starts, counts, pools), sampling, top)
