from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from flopcount.engine import count
from flopcount.errors import UsageError
from flopcount.footer import provenance
from flopcount.readers.onnx.dimensions import Dimensions, evaluate
from flopcount.readers.onnx.records import ValueRecord
from tests.readers.onnx.models import graph_of, held, model, node, value


def bound(*shapes: Any, batch: int = 1, inputs: Any = None, **settings: Any) -> dict[str, Any]:
    records = [ValueRecord(name, "float32", shape) for name, shape in zip("xyz", shapes, strict=False)]
    return Dimensions(batch, settings).bind(records, inputs or {})


def test_an_open_first_axis_is_the_batch() -> None:
    assert bound(("batch_size", 3, 224, 224), batch=8) == {"x": (8, 3, 224, 224)}
    assert bound((None, 3, 224, 224)) == {"x": (1, 3, 224, 224)}
    assert bound(("n0", 3, 224, 224), batch=4) == {"x": (4, 3, 224, 224)}


def test_a_batch_is_found_by_its_name_wherever_it_stands() -> None:
    assert bound(("steps", "batch", 64), ("batch",), batch=4, steps=20) == {"x": (20, 4, 64), "y": (4,)}


def test_sizes_by_name_hold_for_all_inputs() -> None:
    assert bound(("batch", "seq"), ("batch", "seq"), batch=2, seq=128) == {"x": (2, 128), "y": (2, 128)}
    assert bound(("batch", "seq"), ("batch", "past + seq"), seq="3", past="4") == {"x": (1, 3), "y": (1, 7)}


def test_shapes_with_and_without_the_batch() -> None:
    shape = ("batch", 3, "h", "w")
    assert bound(shape, batch=8, inputs={"x": ((3, 64, 64), None)}) == {"x": (8, 3, 64, 64)}
    assert bound(shape, batch=8, inputs={"": ((3, 64, 64), None)}) == {"x": (8, 3, 64, 64)}
    assert bound(shape, inputs={"": ((5, 3, 64, 64), None)}) == {"x": (5, 3, 64, 64)}
    assert bound(("batch", "seq"), ("batch", "seq"), inputs={"x": ((9,), None)}) == {"x": (1, 9), "y": (1, 9)}


def test_a_fixed_file_keeps_its_sizes_unless_told() -> None:
    assert bound((4, 3, 8, 8)) == {"x": (4, 3, 8, 8)}
    assert bound((4, 3, 8, 8), inputs={"": ((2, 3, 16, 16), None)}) == {"x": (2, 3, 16, 16)}


@pytest.mark.parametrize(
    ("shapes", "options", "what", "hint"),
    [
        (
            [("batch", "seq"), ("batch", "seq")],
            {},
            "the file leaves open 2 sizes: seq of x (batch×seq), seq of y (batch×seq)",
            "--set seq=128, or --input x=128",
        ),
        (
            [(1, 3, None, None)],
            {},
            "the file leaves open 2 sizes: axis 2 of x (1×3×?×?), axis 3 of x (1×3×?×?)",
            "--input x=3x128x128",
        ),
        (
            [("batch", 3)],
            {"inputs": {"x": ((1, 2, 3), None)}},
            "--input x: 1×2×3 has 3 axes, but the file declares batch×3",
            "give every axis, or every one but the first",
        ),
        ([("batch", 3)], {"inputs": {"q": ((1,), None)}}, "there is no input 'q'", "one of: x"),
        (
            [("b", 3), ("b", 4)],
            {"inputs": {"": ((1,), None)}},
            "--input 1 does not say which input it means",
            "write NAME=1; the inputs are x, y",
        ),
        (
            [(4, 3, 8)],
            {"batch": 2},
            "the file fixes the first axis of 'x' at 4, not 2",
            "give its whole shape to set it all the same: --input x=2x3x8",
        ),
        (
            [("b", "s"), ("b", "s")],
            {"inputs": {"x": ((3,), None), "y": ((4,), None)}},
            "the size 's' is 3 and 4",
            "inputs that share it need the same size",
        ),
        (
            [("b", "s")],
            {"batch": 8, "inputs": {"x": ((4, 3), None)}},
            "--input x=4x3 has a batch of 4, but --batch says 8",
            "leave out one of them",
        ),
        ([("b", "s")], {"s": "many"}, "--set s=many: a size is a non-negative integer", None),
        (
            [None],
            {},
            "the file does not declare the shape of its input 'x'",
            "give it whole, with the batch: --input x=1x3x224x224",
        ),
    ],
)
def test_refuses(shapes: Any, options: Any, what: str, hint: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        bound(*shapes, **options)
    assert (caught.value.what, caught.value.hint) == (what, hint)


@pytest.mark.parametrize(
    ("expression", "size"),
    [
        ("a", 3), ("a + b", 8), ("2*a - b", 1), ("a//2", 1), ("b % a", 2), ("c", None), ("a ** a", None),
        ("a - b", None), ("f(a)", None), ("a +", None), ("a // 0", None), ("(" * 100 + "a", None), ("a" * 201, None),
        ("__import__('os')", None), ("2**99*a", None),
    ],
)  # fmt: skip
def test_declared_arithmetic(expression: str, size: int | None) -> None:
    assert evaluate(expression, {"a": 3, "b": 5}) == size


def test_the_provenance_states_what_was_set(tmp_path: Path) -> None:
    made = model([node("MatMul", ["x", "w"])], [value("x", ["batch", "seq", 8])], held("w", (8, 4)))
    graph = graph_of(made, tmp_path, settings={"seq": "16"}, batch=2)
    assert provenance(count(graph))[:4] == ("input 2×16×8 float32", "batch 2", "eval", "seq = 16")


def test_a_name_that_the_file_does_not_have(tmp_path: Path) -> None:
    made = model([node("Relu", ["x"])], [value("x", ["batch", "seq"])])
    with pytest.raises(UsageError) as caught:
        graph_of(made, tmp_path, settings={"seq": 3, "sqe": 3})
    assert (caught.value.what, caught.value.hint) == ("there is no size 'sqe' to set", "did you mean 'seq'?")
