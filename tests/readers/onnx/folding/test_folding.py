"""What leads nowhere, and that nothing is left out."""

from __future__ import annotations

from typing import Any

import pytest

from flopcount.readers.onnx.arrays import Array, scalar, vector
from flopcount.readers.onnx.folding import FOLDS, fold
from flopcount.readers.onnx.tensors import MAX_ELEMENTS


@pytest.mark.parametrize(
    ("op_type", "arrays", "attributes"),
    [
        ("Conv", [vector([1])], {}),
        ("Div", [vector([1]), vector([0])], {}),
        ("Gather", [vector([1]), scalar(1)], {}),
        ("Gather", [vector([1]), scalar(0)], {"axis": 3}),
        ("Add", [vector([1, 2]), vector([1, 2, 3])], {}),
        ("Reshape", [vector([1, 2]), vector([-1, -1])], {}),
        ("Reshape", [vector([1, 2]), vector([0, 0, 3])], {}),
        ("ConstantOfShape", [vector([MAX_ELEMENTS + 1])], {}),
        ("ConstantOfShape", [vector([2**40, 2**40])], {}),
        ("ConstantOfShape", [vector([-1])], {}),
        ("Expand", [scalar(1), vector([2**40])], {}),
        ("Tile", [vector([1]), vector([2**40])], {}),
        ("Range", [scalar(0), scalar(2**40), scalar(1)], {}),
        ("Range", [scalar(0), scalar(9), scalar(0)], {}),
        ("Mul", [scalar(2**62), scalar(4)], {}),
        ("Pow", [scalar(9), scalar(10**9)], {}),
        ("Split", [vector([1, 2])], {"#outputs": 5}),
        ("Slice", [vector([1, 2]), vector([0]), vector([1]), vector([0]), vector([0])], {}),
        ("Squeeze", [vector([1, 2]), vector([0])], {}),
        ("Log", [scalar(0.0, "float32")], {}),
        ("ArgMax", [Array((0,), ())], {}),
        ("ScatterND", [vector([1]), Array((1, 1), (5,)), vector([2])], {}),
    ],
)
def test_what_leads_nowhere_is_just_not_known(op_type: str, arrays: list[Array], attributes: Any) -> None:
    assert fold(op_type, arrays, attributes, 21) is None


def test_every_rule_is_tested() -> None:
    from pathlib import Path

    source = "".join(path.read_text() for path in Path(__file__).parent.glob("test_*.py"))
    assert [name for name in FOLDS if f'"{name}"' not in source] == []
