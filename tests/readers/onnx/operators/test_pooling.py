"""Pooling beyond the largest and the mean: lengths, windows added into an image, counted by doing."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch

from flopcount.engine import count
from flopcount.readers.onnx.operators.pooling import AddedWindows, LengthPool
from tests.counting import Number, indices, ledger, performed, tallied, total
from tests.readers.onnx.models import graph_of, layers, model, node, numbers, value, work_of


def length(numbers: list[Number], p: int) -> Number:
    """(Σ |x|^p)^(1/p), with |x| = max(x, 0 − x)."""
    if p == 2:
        return total([x * x for x in numbers]).special()
    sizes = [(0 - x).maximum() for x in numbers]
    return total(sizes) if p == 1 else total([size.special() for size in sizes]).special()


@pytest.mark.parametrize("p", [1, 2, 3])
def test_the_length_of_a_window(p: int) -> None:
    op = LengthPool(kernel=(2, 3), stride=2, padding=1, p=p)
    x = (2, 3, 5, 7)
    with tallied() as done:
        for _ in indices(op.infer(x)):
            length([Number() for _ in range(2 * 3)], p)
    assert ledger(op, x) == done


@pytest.mark.parametrize(
    ("attributes", "shape"),
    [
        ({"kernel_shape": [3, 3], "p": 2}, (1, 2, 6, 6)),
        ({"kernel_shape": [2, 2], "strides": [2, 2], "auto_pad": "SAME_UPPER", "p": 1}, (1, 2, 4, 4)),
        ({"kernel_shape": [2, 2], "dilations": [3, 3], "p": 3}, (1, 2, 5, 5)),
    ],
)
def test_lp_pool_of_a_file(attributes: Any, shape: Any, tmp_path: Path) -> None:
    graph = graph_of(model([node("LpPool", ["x"], name="l", **attributes)], [value("x", [1, 2, 8, 8])]), tmp_path)
    assert layers(graph) == [("l", "lp_pool", shape)]
    assert count(graph).uncounted == ()


def test_the_length_of_a_channel(tmp_path: Path) -> None:
    for p in (1, 2):
        with tallied() as done:
            for _ in range(2):
                length([Number() for _ in range(64)], p)
        graph = graph_of(model([node("GlobalLpPool", ["x"], name="l", p=p)], [value("x", [1, 2, 8, 8])]), tmp_path)
        assert layers(graph) == [("l", "norm", (1, 2, 1, 1))]
        assert performed(work_of(graph)) == done
    other = graph_of(model([node("GlobalLpPool", ["x"], name="l", p=3)], [value("x", [1, 2, 8, 8])]), tmp_path)
    assert other.outputs[0].shape == (1, 2, 1, 1)
    assert len(count(other).uncounted) == 1


def test_windows_that_are_added_into_an_image_as_torch_folds_them(tmp_path: Path) -> None:
    x = (2, 3 * 2 * 3, 12)
    made = model(
        [node("Col2Im", ["x", "image", "block"], name="fold", pads=[0, 1, 0, 1], strides=[2, 1])],
        [value("x", list(x))], numbers("image", [6, 4]), numbers("block", [2, 3]),
    )  # fmt: skip
    folded = torch.nn.functional.fold(torch.zeros(x), (6, 4), (2, 3), padding=(0, 1), stride=(2, 1))
    graph = graph_of(made, tmp_path)
    assert layers(graph) == [("fold", "col2im", tuple(folded.shape))]
    assert performed(work_of(graph)) == {"add": folded.new_zeros(x).numel()}
    assert AddedWindows(channels=3, image=(6, 4)).infer(x) == tuple(folded.shape)


def test_regions_of_a_size_that_the_data_decide_have_a_shape_but_no_price(tmp_path: Path) -> None:
    inputs = [value("x", [1, 8, 32, 32]), value("rois", [5, 5])]
    made = model([node("MaxRoiPool", ["x", "rois"], name="l", pooled_shape=[7, 7])], inputs)
    graph = graph_of(made, tmp_path)
    assert graph.outputs[0].shape == (5, 8, 7, 7)
    assert [layer.node.name for layer in count(graph).uncounted] == ["l"]
