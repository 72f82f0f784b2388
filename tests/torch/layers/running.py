"""Runs one op's torch module on given tensors."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor, nn

from flopcount.op import Op
from flopcount.torch.layers import module_of


def run(op: Op, *x: Tensor) -> Any:
    """What the op's module makes of its inputs, at test time; its shape is what the op infers."""
    y, _ = run_with(op, *x)
    return y


def run_with(op: Op, *x: Tensor) -> tuple[Any, nn.Module]:
    """The same, and the module."""
    shapes = [tuple(tensor.shape) for tensor in x]
    op.check(*shapes)
    module = module_of(op, *shapes).eval()
    with torch.no_grad():
        y = module(*x)
    made = [tuple(part.shape) for part in y] if isinstance(y, tuple) else tuple(y.shape)
    assert made == op.infer(*shapes)
    return y, module


def assert_close(a: Tensor, b: Tensor) -> None:
    """Floating-point results that agree but for rounding; those of eight bits agree."""
    tolerance = 0 if a.dtype.itemsize == 1 else 1e-5
    torch.testing.assert_close(a, b, rtol=tolerance, atol=tolerance)
