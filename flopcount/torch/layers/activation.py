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


def softshrink(x: Tensor, lambd: float, bias: float) -> Tensor:
    """`x − bias` above λ, `x + bias` below −λ, 0 between; torch's own has one number for both."""
    return (x - bias) * (x > lambd) + (x + bias) * (x < -lambd)


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
    "softshrink": lambda op, x: Apply(softshrink, lambd=op.lambd, bias=op.bias),
    "softsign": _plain(nn.Softsign),
    "swiglu": _gated(swiglu),
    "tanh": _plain(nn.Tanh),
    "threshold": lambda op, x: nn.Threshold(op.threshold, op.value),
}
