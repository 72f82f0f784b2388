"""What a rule of the operators asks of its node: inputs, attributes, weights that must fit."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from onnx import TensorProto

from flopcount.engine import count
from flopcount.errors import FlopcountError
from tests.readers.onnx.models import graph_of, held, layers, model, node, value

IMAGE = value("x", [1, 3, 8, 8])


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (
            lambda: model([node("Conv", ["x", "w"], name="stem")], [IMAGE], held("w", (6, 4, 3, 3))),
            "stem (Conv)\n  the file holds 6×4×3×3 as its weight, not the 6×3×3×3 that it would need for 1×3×8×8",
        ),
        (
            lambda: model([node("BatchNormalization", ["x", *"abcd"], name="bn")], [IMAGE], *map(held4, "abcd")),
            "bn (BatchNormalization)\n  the file holds 4 as its weight, not the 3 that it would need for 1×3×8×8",
        ),
        (
            lambda: model([node("Conv", ["x", "w", "b"], name="c")], [IMAGE], held("w", (6, 3, 3, 3)), held("b", (5,))),
            "c (Conv)\n  the file holds 5 as its bias, not the 6 that it would need for 1×3×8×8",
        ),
    ],
)
def test_a_weight_that_does_not_fit_the_input_is_refused(made: Any, message: str, tmp_path: Path) -> None:
    with pytest.raises(FlopcountError) as caught:
        graph_of(made(), tmp_path)
    assert message in str(caught.value)


def held4(name: str) -> Any:
    return held(name, (4,))


def test_an_input_of_other_channels_than_the_weights_is_refused(tmp_path: Path) -> None:
    made = model([node("Conv", ["x", "w"], name="stem")], [IMAGE], held("w", (6, 3, 3, 3)))
    assert graph_of(made, tmp_path, inputs={"": ((3, 16, 16), None)}).outputs[0].shape == (1, 6, 14, 14)
    with pytest.raises(FlopcountError, match="the file holds 6×3×3×3 as its weight, not the 6×4×3×3"):
        graph_of(made, tmp_path, inputs={"": ((4, 16, 16), None)})


def test_a_group_norms_scale_had_one_number_a_group_at_first(tmp_path: Path) -> None:
    x = value("x", [1, 6, 8, 8])
    for opset, size in ((18, 2), (21, 6)):
        each = node("GroupNormalization", ["x", "w", "b"], name="gn", num_groups=2)
        graph = graph_of(model([each], [x], held("w", (size,)), held("b", (size,)), opset=opset), tmp_path)
        assert layers(graph) == [("gn", "gn", (1, 6, 8, 8))]
        assert count(graph).totals["params"].value == 2 * size


def test_a_matrix_that_is_kept_transposed_or_flat_still_fits(tmp_path: Path) -> None:
    made = model([node("Conv", ["x", "r"], name="c")], [IMAGE], held("r", (6, 3, 1, 1), np.float16))
    report = count(graph_of(made, tmp_path))
    assert report.totals["params"].value == 18


def test_integers_on_a_layers_weight_are_none_that_it_learns(tmp_path: Path) -> None:
    made = model([node("Gather", ["t", "i"], name="e")], [value("i", [1, 5], TensorProto.INT64)], held("t", (9, 4)))
    assert layers(graph_of(made, tmp_path)) == [("e", "embedding", (1, 5, 4))]
    whole = model(
        [node("Gather", ["t", "i"], name="e")], [value("i", [1, 5], TensorProto.INT64)], held("t", (9, 4), np.int64)
    )
    assert count(graph_of(whole, tmp_path)).totals["params"].value == 0
