"""Activations."""

from __future__ import annotations

from typing import Any

from torch import Tensor, nn
from torch.nn import functional

from ...op import Shape
from ...ops.activation import Gated, PReLU
from ._apply import Apply


def swiglu(x: Tensor, dim: int) -> Tensor:
    """`a · σ(a) · b` of two halves."""
    a, b = x.chunk(2, dim)
    return functional.silu(a) * b


def geglu(x: Tensor, dim: int) -> Tensor:
    """`gelu(a) · b` of two halves."""
    a, b = x.chunk(2, dim)
    return functional.gelu(a) * b


def prelu(op: PReLU, x: Shape) -> nn.Module:
    """Torch's own."""
    return nn.PReLU(x[1] if op.per_channel else 1)


def _plain(kind: type[nn.Module]) -> Any:
    return lambda op, x: kind()


def _gated(function: Any) -> Any:
    def build(op: Gated, x: Shape) -> nn.Module:
        return Apply(function, dim=op.axis)

    return build


MODULES: dict[str, Any] = {
    "celu": lambda op, x: nn.CELU(op.alpha),
    "elu": lambda op, x: nn.ELU(op.alpha),
    "geglu": _gated(geglu),
    "gelu": lambda op, x: nn.GELU(op.approximate),
    "glu": lambda op, x: nn.GLU(op.axis),
    "hardsigmoid": _plain(nn.Hardsigmoid),
    "hardswish": _plain(nn.Hardswish),
    "hardtanh": lambda op, x: nn.Hardtanh(op.low, op.high),
    "leaky_relu": lambda op, x: nn.LeakyReLU(op.slope),
    "logsigmoid": _plain(nn.LogSigmoid),
    "mish": _plain(nn.Mish),
    "prelu": prelu,
    "relu": _plain(nn.ReLU),
    "relu6": _plain(nn.ReLU6),
    "selu": _plain(nn.SELU),
    "sigmoid": _plain(nn.Sigmoid),
    "silu": _plain(nn.SiLU),
    "softplus": _plain(nn.Softplus),
    "softsign": _plain(nn.Softsign),
    "swiglu": _gated(swiglu),
    "tanh": _plain(nn.Tanh),
}
