"""What a name stands for: learned, constant, computed beforehand, or unknown."""

from __future__ import annotations

import pytest

from flopcount.readers.onnx.arrays import vector
from flopcount.readers.onnx.records import TensorRecord
from flopcount.readers.onnx.values import UnsizedError, computed, constant, initializer, is_table, unknown


@pytest.mark.parametrize(
    ("dtype", "shape", "kind"),
    [
        ("float32", (8, 4), "parameter"), ("bfloat16", (8,), "parameter"), ("float32", (), "constant"),
        ("float32", (1,), "constant"), ("int64", (8,), "constant"), ("bool", (3, 3), "constant"),
    ],
)  # fmt: skip
def test_what_a_file_holds_is_learned_where_it_is_real_numbers(dtype: str, shape: tuple[int, ...], kind: str) -> None:
    value = initializer(TensorRecord("t", shape, dtype), None)
    assert (value.held, value.known.kind, value.known.trainable) == (True, kind, kind == "parameter")
    assert [source.name for source in value.sources] == (["t"] if kind == "parameter" else [])


def test_the_same_numbers_in_another_shape_keep_their_name() -> None:
    source = initializer(TensorRecord("w", (8, 4), "float32"), None).known
    turned = constant("wt", (4, 8), "float32", (source,))
    assert (turned.known.name, turned.known.kind, turned.shape) == ("w", "parameter", (4, 8))
    part = constant("half", (4, 4), "float32", (source,))
    assert (part.known.name, part.known.kind, part.sources) == ("half", "constant", (source,))


def test_numbers_that_are_known() -> None:
    value = computed("shape", vector([1, 3]))
    assert (value.held, value.shape, value.data) == (True, (2,), vector([1, 3]))


def test_a_shape_that_nobody_knows() -> None:
    with pytest.raises(UnsizedError, match="the shape of 'y' is not known"):
        _ = unknown("y").shape


def test_the_matrix_of_an_embedding_is_known_by_its_name() -> None:
    assert is_table(initializer(TensorRecord("wpe.weight", (16, 8), "float32"), None))
    for name, shape, dtype in (
        ("table", (16, 8), "float32"),
        ("a.weight", (16,), "float32"),
        ("a.weight", (2, 2), "int8"),
    ):
        assert not is_table(initializer(TensorRecord(name, shape, dtype), None))
    assert not is_table(unknown("a.weight"))
