from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flopcount.errors import OpError
from flopcount.ops import FAMILIES
from flopcount.ops.quantization import Dequantize, FakeQuantize, Quantize
from tests.counting import Number, indices, ledger, tallied

SCALE = ZERO = Number()


def quantized(x: Number) -> Number:
    return ((x / SCALE).maximum() + ZERO).maximum(-128).minimum(127)


def dequantized(q: Number) -> Number:
    return SCALE * (q - ZERO)


DEFINITIONS: list[tuple[Any, Callable[[Number], Number], str]] = [
    (Quantize(), quantized, "int8"),
    (Dequantize(), dequantized, "float32"),
    (FakeQuantize(), lambda x: dequantized(quantized(x)), "float16"),
]


@pytest.mark.parametrize(("op", "definition", "dtype"), DEFINITIONS, ids=lambda value: getattr(value, "tag", ""))
def test_performs_its_definition(op: Any, definition: Callable[[Number], Number], dtype: str) -> None:
    assert op.infer((2, 3)) == (2, 3)
    assert op.dtype("float16") == dtype
    with tallied() as done:
        for _ in indices((2, 3)):
            definition(Number())
    assert ledger(op, (2, 3)) == done


def test_every_op_of_the_family_is_defined_above() -> None:
    assert {*FAMILIES["quantization"].split()} == {op.tag for op, _, _ in DEFINITIONS}


def test_refuses_a_type_that_nobody_knows() -> None:
    with pytest.raises(OpError, match="unknown dtype 'int5'"):
        Quantize(to="int5").check((2, 3))
