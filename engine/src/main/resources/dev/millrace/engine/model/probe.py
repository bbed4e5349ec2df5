# What a device can do at most: how fast it reads memory and multiplies matrices, through the same
# operators as llama.py. ProbeWork calls `fill` or `pack` once, and then repeats `sum` or `multiply`.


class Probe(Module):
  __parameters__ = []
  __buffers__ = []
  training : bool
  device : str
  x : Tensor  # [rows, inputs], all ones, which are the same in tiles
  weights : Tensor  # [outputs, inputs], or [elements] to add up
  kernel : int  # for linear layers, our own; 0: PyTorch's

  def fill(self: __torch__.probe.Probe, elements: int) -> None:
    self.weights = torch.ones([elements], dtype=6, device=torch.device(self.device))

  # Copies the result to the host, so that the call lasts until it is there.
  def sum(self: __torch__.probe.Probe) -> Tensor:
    return torch.sum(self.weights).cpu()

  # A linear layer, packed as llama.py packs its own for that kernel.
  def pack(self: __torch__.probe.Probe, rows: int, outputs: int, inputs: int, dtype: int, kernel: int) -> None:
    device = torch.device(self.device)
    self.x = torch.ones([rows, inputs], dtype=dtype, device=device)
    weights = torch.ones([outputs, inputs], dtype=dtype, device=device)
    self.kernel = kernel
    packs = self.device == "cpu" and kernel == 0
    self.weights = ops.mkldnn._reorder_linear_weight(weights, rows) if packs else weights

  def multiply(self: __torch__.probe.Probe) -> Tensor:
    if self.kernel != 0:
      outputs, inputs = self.weights.size(0), self.weights.size(1)
      y = torch.empty([self.x.size(0), outputs], dtype=self.x.dtype)
      ops.millrace.run(self.kernel, y, self.x, self.weights, y, y, y.size(0), inputs, outputs // 32, 0)
    elif self.device == "cpu":
      y = ops.mkldnn._linear_pointwise(self.x, self.weights, None, "none", annotate(List[Optional[number]], []), None)
    else:
      y = torch.linear(self.x, self.weights)
    return y.select(0, 0).select(0, 0).cpu()
