"""Arithmetic of shapes against the reference evaluator of the onnx package."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import strategies as st
from onnx import helper, numpy_helper
from onnx.reference import ReferenceEvaluator

from flopcount.readers.onnx.arrays import Array
from flopcount.readers.onnx.folding import fold
from tests.readers.onnx.models import model, node, value

SIZES = st.lists(st.integers(1, 3), max_size=3)


def to_numpy(array: Array) -> Any:
    return np.array(array.items, dtype=array.dtype).reshape(array.shape)


def to_array(found: Any) -> Array:
    return Array(found.shape, tuple(found.reshape(-1).tolist()), str(found.dtype))


def check(op_type: str, arrays: list[Array | None], outputs: int = 1, **attributes: Any) -> None:
    """Ours and the reference's, of these inputs."""
    names = [f"x{place}" if array is not None else "" for place, array in enumerate(arrays)]
    given = {name: to_numpy(array) for name, array in zip(names, arrays, strict=True) if array is not None}
    inputs = [
        value(name, None, helper.np_dtype_to_tensor_dtype(array.dtype)) for name, array in given.items()
    ]  # fmt: skip
    made = [f"y{place}" for place in range(outputs)]
    plain = {key: numpy_helper.from_array(to_numpy(held), key) if isinstance(held, Array) else held
             for key, held in attributes.items()}  # fmt: skip
    reference = ReferenceEvaluator(model([node(op_type, names, made, **plain)], inputs, outputs=made))
    expected = [to_array(np.asarray(each)) for each in reference.run(None, given)]
    found = fold(op_type, arrays, {**attributes, "#outputs": outputs}, 21)
    assert found == expected


def integers(shape: list[int] | None = None) -> st.SearchStrategy[Array]:
    shapes = SIZES if shape is None else st.just(shape)
    return shapes.flatmap(
        lambda sizes: st.lists(st.integers(-9, 9), min_size=int(np.prod(sizes)), max_size=int(np.prod(sizes))).map(
            lambda items: Array(tuple(sizes), tuple(items))
        )
    )


@st.composite
def broadcasting(draw: st.DrawFn, nonzero: bool = False) -> list[Array]:
    full = draw(SIZES)
    made = []
    for _ in range(2):
        sizes = [draw(st.sampled_from((size, 1))) for size in full[draw(st.integers(0, len(full))) :]]
        array = draw(integers(sizes))
        made.append(Array(array.shape, tuple(item or 1 for item in array.items)) if nonzero else array)
    return made
