"""Models as people write them, each odd in its own way; sources name them `tests.readers.torch.odd:Twice`."""

from __future__ import annotations

import dataclasses
import os
import sys
from typing import Any

import torch
from torch import Tensor, nn
from torch.nn import functional as F
from torch.nn.utils import parametrizations
from torch.utils.checkpoint import checkpoint


class Twice(nn.Module):
    """A module that is called twice."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Any:
        return self.a(self.a(x))


class Tied(nn.Module):
    """Two modules with one weight."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 8)
        self.out = nn.Linear(8, 50, bias=False)
        self.out.weight = self.words.weight

    def forward(self, x: Tensor) -> Any:
        return self.out(self.words(x))


class Functional(nn.Module):
    """Parameters used directly, `@` and einsum."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(16, 3, 3, 3))
        self.l = nn.Parameter(torch.randn(10, 16))

    def forward(self, x: Tensor) -> Any:
        x = F.relu(F.conv2d(x, self.w, padding=1)).mean((2, 3))
        return x @ self.l.T + torch.einsum("bi,oi->bo", x, self.l)


class Attention(nn.Module):
    """Torch's own attention, for which it has a fast path."""

    def __init__(self, weights: bool = True) -> None:
        super().__init__()
        self.m = nn.MultiheadAttention(16, 4, batch_first=True)
        self.weights = weights

    def forward(self, x: Tensor) -> Any:
        return self.m(x, x, x, need_weights=self.weights)


class Masked(nn.Module):
    """Torch's own encoder with padding, which its fast path leaves out in a nested tensor."""

    def __init__(self, **options: Any) -> None:
        super().__init__()
        layer = nn.TransformerEncoderLayer(16, 4, 32, batch_first=True, **options)
        self.e = nn.TransformerEncoder(layer, 2, enable_nested_tensor=not options)

    def forward(self, x: Tensor) -> Any:
        mask = torch.zeros(x.shape[:2], dtype=torch.bool)
        mask[:, -2:] = True
        return self.e(x, src_key_padding_mask=mask)


class Both(nn.Module):
    """Encoder and decoder."""

    def __init__(self) -> None:
        super().__init__()
        self.t = nn.Transformer(16, 4, 1, 1, 32, batch_first=True)

    def forward(self, source: Tensor, target: Tensor) -> Any:
        mask = nn.Transformer.generate_square_subsequent_mask(target.shape[1])
        return self.t(source, target, tgt_mask=mask)


class InPlace(nn.Module):
    """Views written in place."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Any:
        y = self.a(x)
        y[:, :4] = 0
        y[:, 4:] += 1
        y.mul_(2).view(-1)[0] = 3
        y[y < 0] = 0
        return y.relu_()


class Normed(nn.Module):
    """A weight that is computed from others."""

    def __init__(self, kind: str = "weight_norm") -> None:
        super().__init__()
        module = nn.utils if kind.startswith("old_") else parametrizations
        self.a = getattr(module, kind.removeprefix("old_"))(nn.Linear(8, 8))
        self.b = nn.Linear(8, 2)

    def forward(self, x: Tensor) -> Any:
        return self.b(self.a(x))


class _Square(torch.autograd.Function):
    @staticmethod
    def forward(ctx: Any, x: Tensor, w: Tensor) -> Tensor:
        return (x * x) @ w

    @staticmethod
    def backward(ctx: Any, gradient: Tensor) -> Any:
        return gradient, None


class Custom(nn.Module):
    """A function with a gradient of its own."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(8, 8))

    def forward(self, x: Tensor) -> Any:
        return _Square.apply(x, self.w)  # type: ignore[no-untyped-call]


class Checkpointed(nn.Module):
    """Activations that are not kept."""

    def __init__(self, reentrant: bool = False) -> None:
        super().__init__()
        self.a = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
        self.reentrant = reentrant

    def forward(self, x: Tensor) -> Any:
        return checkpoint(self.a, x, use_reentrant=self.reentrant)


class Listed(nn.Module):
    """Modules in lists and dictionaries, results in a dictionary."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.ModuleList(nn.Linear(8, 8) for _ in range(3))
        self.heads = nn.ModuleDict({"one": nn.Linear(8, 1)})

    def forward(self, x: Tensor) -> dict[str, Any]:
        for layer in self.layers:
            x = F.gelu(layer(x))
        return {"one": self.heads["one"](x), "states": (x, [x])}


@dataclasses.dataclass
class Plain:
    """A result."""

    y: Tensor
    number: int = 3


@dataclasses.dataclass(slots=True)
class Slotted:
    """A result without a dictionary."""

    y: Tensor
    number: int = 3


class Wrapped(nn.Module):
    """Results in a class of the user's."""

    def __init__(self, slots: bool = False) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)
        self.slots = slots

    def forward(self, x: Tensor) -> Any:
        return (Slotted if self.slots else Plain)(self.a(x))


class ByName(nn.Module):
    """Arguments by name alone."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)

    def forward(self, *, x: Tensor, scale: float | None = None) -> Any:
        return self.a(x) + (scale or 0)


class Stateful(nn.Module):
    """Python state that grows with every call."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)
        self.calls = 0
        self.seen: list[Tensor] = []

    def forward(self, x: Tensor) -> Any:
        self.calls += 1
        self.seen.append(x)
        return self.a(x) * self.calls


class Noisy(nn.Module):
    """It writes to standard output in every way there is."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)
        print("print")
        os.write(1, b"descriptor\n")
        if sys.__stdout__ is not None:
            sys.__stdout__.write("original\n")

    def forward(self, x: Tensor) -> Any:
        os.write(1, b"forward\n")
        return self.a(x)


class Recurrent(nn.Module):
    """A recurrent network whose first state is given."""

    def __init__(self, kind: str = "LSTM", layers: int = 1, both: bool = False, proj: int = 0) -> None:
        super().__init__()
        more = {"proj_size": proj} if proj else {}
        self.r = getattr(nn, kind)(8, 6, layers, bidirectional=both, batch_first=True, **more)
        self.sizes = (layers * (1 + both), proj or 6)
        self.kind = kind

    def forward(self, x: Tensor) -> Any:
        number, size = self.sizes
        h, c = torch.zeros(number, x.shape[0], size), torch.zeros(number, x.shape[0], 6)
        return self.r(x, (h, c) if self.kind == "LSTM" else h)


class Decoder(nn.Module):
    """A recurrent network that begins where another has ended, and one whose first state is learned."""

    def __init__(self, kind: str = "LSTM") -> None:
        super().__init__()
        self.encoder, self.decoder, self.last = (getattr(nn, kind)(6, 6) for _ in range(3))
        self.first = nn.Parameter(torch.zeros(1, 1, 6))
        self.kind = kind

    def forward(self, source: Tensor, target: Tensor) -> Any:
        source, target = source.transpose(0, 1), target.transpose(0, 1)
        _, state = self.encoder(source)
        y, _ = self.decoder(target, state)
        first = self.first.expand(1, target.shape[1], 6)
        return self.last(y, (first, first) if self.kind == "LSTM" else first)


class Routed(nn.Module):
    """Experts that see the tokens which a gate sends them, some none."""

    def __init__(self) -> None:
        super().__init__()
        self.gate = nn.Linear(8, 16)
        self.experts = nn.ModuleList(nn.Linear(8, 8) for _ in range(16))

    def forward(self, x: Tensor) -> Any:
        weights, chosen = self.gate(x).softmax(-1).topk(2, -1)
        y = torch.zeros_like(x)
        for number, expert in enumerate(self.experts):
            token, place = torch.where(chosen == number)
            y[token] += expert(x[token]) * weights[token, place, None]
        return y


class Constant(nn.Module):
    """A parameter is all that it gives."""

    def __init__(self) -> None:
        super().__init__()
        self.p = nn.Parameter(torch.ones(3))

    def forward(self, x: Tensor) -> Any:
        return self.p


class Growing(nn.Module):
    """A tensor that begins with nothing in it."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Any:
        past = x.new_zeros(x.shape[0], 0, 8)
        for step in x.split(1, 1):
            past = torch.cat([past, self.a(step)], 1)
        return past


class Cells(nn.Module):
    """A cell called step by step."""

    def __init__(self, kind: str = "LSTMCell") -> None:
        super().__init__()
        self.c = getattr(nn, kind)(8, 6)
        self.kind = kind

    def forward(self, x: Tensor) -> Any:
        state, outputs = None, []
        for step in x.unbind(1):
            state = self.c(step, state)
            outputs.append(state[0] if self.kind == "LSTMCell" else state)
        return torch.stack(outputs, 1)


class Packed(nn.Module):
    """A packed sequence."""

    def __init__(self, kind: str = "LSTM") -> None:
        super().__init__()
        self.r = getattr(nn, kind)(8, 6, batch_first=True)

    def forward(self, x: Tensor) -> Any:
        lengths = torch.tensor([x.shape[1]] * x.shape[0])
        packed = nn.utils.rnn.pack_padded_sequence(x, lengths, batch_first=True)
        return nn.utils.rnn.pad_packed_sequence(self.r(packed)[0], batch_first=True)[0]


class FixedMask(nn.Module):
    """A look-up by a mask that is the same for every input."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(4, 8)
        self.mask: Tensor
        self.register_buffer("mask", torch.tensor([True, False] * 4))

    def forward(self, x: Tensor) -> Any:
        return self.a(x[:, self.mask])


class OpenMask(nn.Module):
    """A look-up by a mask that depends on the input."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Any:
        x = self.a(x)
        return x[x > 0]


class Branching(nn.Module):
    """Python that depends on the input."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Any:
        if x.sum() > 0:
            x = self.a(x)
        return self.a(x)


class Chosen(nn.Module):
    """Two ways within one operator."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)
        self.b = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Any:
        x = self.a(x)
        return torch.cond(x.sum() > 0, lambda y: self.b(y), lambda y: y + 1, (x,))


class Scaled(nn.Module):
    """Too large to be run, and it asks for a number, by which it may decide."""

    def __init__(self, decide: bool = False) -> None:
        super().__init__()
        self.a = nn.Linear(2**15, 2**15)
        self.b = nn.Linear(2**15, 2**15)
        self.tied = nn.Linear(2**15, 2**15, bias=False)
        self.tied.weight = self.a.weight
        self.b.weight.requires_grad_(False)
        self.decide = decide

    def forward(self, x: Tensor) -> Any:
        largest = x.max().item()
        if self.decide and largest > 1:
            x = x + 1
        return self.tied(self.b(self.a(x) * largest))


class Contexts(nn.Module):
    """Modes of torch around its calls."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Any:
        with torch.no_grad():
            x = self.a(x)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            return self.a(x).cpu().float()


class Differentiated(nn.Module):
    """A gradient within the forward pass, as of an energy by positions."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Any:
        with torch.enable_grad():
            x = x.requires_grad_(True)
            return torch.autograd.grad(self.a(x).sum(), x)[0]


class Mapped(nn.Module):
    """A module over a batch by vmap."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 1)

    def forward(self, x: Tensor) -> Any:
        return torch.vmap(self.a)(x)


class Numpy(nn.Module):
    """It goes through numpy."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)

    def forward(self, x: Tensor) -> Any:
        return self.a(torch.from_numpy(x.numpy() * 2))


class Nested(nn.Module):
    """An argument with tensors inside."""

    def __init__(self) -> None:
        super().__init__()
        self.a = nn.Linear(8, 8)

    def forward(self, batch: dict[str, Any]) -> Any:
        return self.a(batch["x"]) + batch["y"][0]


class Complex(nn.Module):
    """Complex numbers."""

    def __init__(self) -> None:
        super().__init__()
        self.w = nn.Parameter(torch.randn(8, 8, dtype=torch.cfloat))

    def forward(self, x: Tensor) -> Any:
        return (x.to(torch.cfloat) @ self.w).abs()


class Scored(nn.Module):
    """Attention as torch has it, in every way."""

    def __init__(self, grouped: bool = False, masked: bool = False) -> None:
        super().__init__()
        self.grouped, self.masked = grouped, masked

    def forward(self, q: Tensor, k: Tensor, v: Tensor) -> Any:
        mask = torch.ones(q.shape[-2], k.shape[-2], dtype=torch.bool).tril() if self.masked else None
        return F.scaled_dot_product_attention(q, k, v, attn_mask=mask, enable_gqa=self.grouped)


class Quitting(nn.Module):
    """It ends the process."""

    def __init__(self) -> None:
        super().__init__()
        sys.exit(3)


class Empty(nn.Module):
    """It cannot be called."""


def nested() -> Any:
    """What `Nested` is called with."""
    return ({"x": torch.zeros(2, 8), "y": [torch.zeros(2, 8)]},), {}


def half() -> nn.Module:
    """Short numbers."""
    return nn.Sequential(nn.Conv2d(3, 8, 3), nn.BatchNorm2d(8), nn.ReLU()).half()


def lazy() -> nn.Module:
    """Sizes that the first call decides."""
    return nn.Sequential(nn.LazyConv2d(8, 3), nn.LazyBatchNorm2d(), nn.Flatten(), nn.LazyLinear(5))


def compiled() -> Any:
    """What torch.compile wraps."""
    return torch.compile(nn.Sequential(nn.Linear(8, 8), nn.ReLU()))


def scripted() -> Any:
    """No Python any more."""
    return torch.jit.trace(nn.Sequential(nn.Linear(8, 8), nn.ReLU()), torch.zeros(1, 8))


def parallel() -> nn.Module:
    """A model for several devices."""
    return nn.DataParallel(nn.Sequential(nn.Linear(8, 8), nn.ReLU()))


def quantized() -> Any:
    """Weights that are no tensors of torch's."""
    return torch.ao.quantization.quantize_dynamic(nn.Sequential(nn.Linear(8, 8), nn.ReLU()), {nn.Linear})


def sparse() -> nn.Module:
    """Sparse gradients."""
    return nn.Sequential(nn.Embedding(100, 8, sparse=True), nn.Linear(8, 2))


def bag() -> nn.Module:
    """Rows looked up and added."""
    return nn.EmbeddingBag(100, 8, mode="sum")


def hooked() -> nn.Module:
    """A hook of the user's that looks on."""
    model = nn.Sequential(nn.Linear(8, 8), nn.ReLU())
    model[0].register_forward_hook(lambda module, args, result: None)
    return model
