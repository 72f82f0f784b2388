from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops import OPS
from flopcount.ops.elementwise import (
    Abs,
    Ceil,
    Clamp,
    Cos,
    Elementwise,
    Exp,
    Expm1,
    Floor,
    Log,
    Log1p,
    Neg,
    Pow,
    Reciprocal,
    Round,
    Rsqrt,
    Scale,
    Shift,
    Sign,
    Sin,
    Sqrt,
    Square,
    Trunc,
)
from tests.counting import Number, backward_ledger, indices, ledger, tallied
from tests.ops.definitions import gradient, kept, special

TRANSCENDENTAL = (
    *("exp2", "log2", "log10", "erf", "tan", "asin", "acos", "atan"),
    *("sinh", "cosh", "asinh", "acosh", "atanh"),
)
DEFINITIONS: list[tuple[Any, Callable[[Number], Number]]] = [
    (Exp(), lambda x: x.special()),
    (Log(), lambda x: x.special()),
    (Sqrt(), lambda x: x.special()),
    (Rsqrt(), lambda x: 1 / x.special()),
    (Sin(), lambda x: x.special()),
    (Cos(), lambda x: x.special()),
    (Pow(exponent=1.5), lambda x: x.special(1.5)),
    *((OPS[tag](), lambda x: x.special()) for tag in TRANSCENDENTAL),
    (Expm1(), lambda x: x.special() - 1),
    (Log1p(), lambda x: (1 + x).special()),
    (Sign(), lambda x: x.maximum(0) - x.minimum(0)),
    *((op, lambda x: x.maximum()) for op in (Floor(), Ceil(), Round(), Trunc())),
    (Square(), lambda x: x * x),
    (Reciprocal(), lambda x: 1 / x),
    (Neg(), lambda x: 0 - x),
    (Abs(), lambda x: x.maximum(0 - x)),
    (Scale(by=0.125), lambda x: x * 0.125),
    (Shift(by=1), lambda x: x + 1),
    (Clamp(min=0), lambda x: x.maximum(0)),
    (Clamp(max=6), lambda x: x.minimum(6)),
    (Clamp(min=0, max=6), lambda x: x.maximum(0).minimum(6)),
]


@pytest.mark.parametrize(("op", "definition"), DEFINITIONS, ids=lambda value: getattr(value, "tag", ""))
@given(st.lists(st.integers(1, 4), max_size=4).map(tuple))
def test_keeps_the_shape_and_performs_its_definition(
    op: Any, definition: Callable[[Number], Number], shape: tuple[int, ...]
) -> None:
    assert op.infer(shape) == shape
    with tallied() as done:
        for _ in indices(shape):
            definition(Number())
    assert ledger(op, shape) == done


def test_every_function_is_defined_above() -> None:
    ours = {
        tag for tag, kind in OPS.items() if issubclass(kind, Elementwise) and kind.__module__ == Elementwise.__module__
    }
    assert ours == {op.tag for op, _ in DEFINITIONS}


@pytest.mark.parametrize(
    ("op", "message"),
    [(Clamp(), "needs min, max or both"), (Clamp(min=1, max=0), "min 1 is greater than max 0")],
)
def test_refuses(op: Any, message: str) -> None:
    with pytest.raises(OpError) as caught:
        op.check((1, 64))
    assert caught.value.what == message


STEPS = ("sign", "floor", "ceil", "round", "trunc")
BOUNDED = ("asin", "acos", "atanh")
GRADIENTS: list[tuple[Any, Callable[[Any], Any], Callable[[Any, Any, Any], Any]]] = [
    (Exp(), torch.exp, lambda x, y, dy: dy * y),
    (Log(), torch.log, lambda x, y, dy: dy / x),
    (Sqrt(), torch.sqrt, lambda x, y, dy: 0.5 * dy / y),
    (Rsqrt(), torch.rsqrt, lambda x, y, dy: -0.5 * dy * y / x),
    (Sin(), torch.sin, lambda x, y, dy: dy * special(torch.cos, x)),
    (Cos(), torch.cos, lambda x, y, dy: 0 - dy * special(torch.sin, x)),
    (Pow(exponent=1.5), lambda x: x**1.5, lambda x, y, dy: dy * 1.5 * special(lambda x: x**0.5, x)),
    (OPS["exp2"](), torch.exp2, lambda x, y, dy: math.log(2) * dy * y),
    (Expm1(), torch.expm1, lambda x, y, dy: dy * (y + 1)),
    (OPS["log2"](), torch.log2, lambda x, y, dy: dy / math.log(2) / x),
    (OPS["log10"](), torch.log10, lambda x, y, dy: dy / math.log(10) / x),
    (Log1p(), torch.log1p, lambda x, y, dy: dy / (1 + x)),
    (OPS["erf"](), torch.erf, lambda x, y, dy: 2 / math.sqrt(math.pi) * dy * special(torch.exp, 0 - x * x)),
    (OPS["tan"](), torch.tan, lambda x, y, dy: dy * (1 + y * y)),
    (OPS["asin"](), torch.asin, lambda x, y, dy: dy / special(torch.sqrt, 1 - x * x)),
    (OPS["acos"](), torch.acos, lambda x, y, dy: 0 - dy / special(torch.sqrt, 1 - x * x)),
    (OPS["atan"](), torch.atan, lambda x, y, dy: dy / (1 + x * x)),
    (OPS["sinh"](), torch.sinh, lambda x, y, dy: dy * special(torch.cosh, x)),
    (OPS["cosh"](), torch.cosh, lambda x, y, dy: dy * special(torch.sinh, x)),
    (OPS["asinh"](), torch.asinh, lambda x, y, dy: dy / special(torch.sqrt, x * x + 1)),
    (OPS["acosh"](), torch.acosh, lambda x, y, dy: dy / special(torch.sqrt, x * x - 1)),
    (OPS["atanh"](), torch.atanh, lambda x, y, dy: dy / (1 - x * x)),
    *((OPS[name](), getattr(torch, name), lambda x, y, dy: kept(torch.zeros_like, dy)) for name in STEPS),
    (Square(), torch.square, lambda x, y, dy: 2 * dy * x),
    (Reciprocal(), torch.reciprocal, lambda x, y, dy: 0 - dy * y * y),
    (Neg(), torch.neg, lambda x, y, dy: 0 - dy),
    (Abs(), torch.abs, lambda x, y, dy: dy * kept(torch.sign, x)),
    (Scale(by=0.125), lambda x: x * 0.125, lambda x, y, dy: dy * 0.125),
    (Shift(by=1), lambda x: x + 1, lambda x, y, dy: dy),
    (Clamp(min=1), lambda x: x.clamp(1), lambda x, y, dy: dy * kept(lambda x: (x > 1).to(x.dtype), x)),
]


@pytest.mark.parametrize(("op", "torchs", "by_definition"), GRADIENTS, ids=lambda value: getattr(value, "tag", ""))
def test_gradient_is_that_of_a_definition_that_computes_what_torch_does(
    op: Any, torchs: Callable[[Any], Any], by_definition: Callable[[Any, Any, Any], Any]
) -> None:
    least = {"acosh": 1.5}.get(op.tag, 0 if op.tag in BOUNDED else 0.5)
    x, dy = (torch.rand(3, 4, dtype=torch.float64) + least for _ in range(2))
    (expected,) = gradient(torchs, x, dy=dy)
    torch.testing.assert_close(by_definition(x, torchs(x), dy), expected)
    with tallied() as done:
        for _ in range(12):
            by_definition(Number(), Number(), Number())
    assert backward_ledger(op, (3, 4)) == done


def test_every_functions_gradient_is_defined_above() -> None:
    assert {op.tag for op, _, _ in GRADIENTS} == {op.tag for op, _ in DEFINITIONS}
