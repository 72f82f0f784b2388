"""Normalisation, in the ways that opsets have had."""

from __future__ import annotations

from math import prod
from pathlib import Path
from typing import Any

import pytest

from flopcount.engine import count
from tests.readers.onnx.models import graph_of, held, layers, model, node, value

SHAPE = (2, 6, 4, 4)
X = value("x", SHAPE)
SIX = [held(name, (6,)) for name in "abcd"]


def test_a_batch_norm_keeps_its_statistics_apart(tmp_path: Path) -> None:
    report = count(graph_of(model([node("BatchNormalization", ["x", *"abcd"], name="bn")], [X], *SIX), tmp_path))
    assert layers(report.graph) == [("bn", "bn", SHAPE)]
    assert (report.totals["params"].value, report.totals["buffers"].value) == (12, 12)


@pytest.mark.parametrize("axis", [-1, 1, 0])
def test_the_axes_of_a_layer_norm(axis: int, tmp_path: Path) -> None:
    each = node("LayerNormalization", ["x", "g", "b"], ["y", "mean"], name="ln", axis=axis)
    size = SHAPE[axis:]
    graph = graph_of(model([each], [X], held("g", size), held("b", size), outputs=["y", "mean"]), tmp_path)
    assert layers(graph) == [("ln", "ln", SHAPE)]
    assert graph.outputs[1].shape == (*SHAPE[: len(SHAPE) - len(size)], *(1,) * len(size))
    assert count(graph).totals["params"].value == 2 * prod(size)


@pytest.mark.parametrize(
    ("op_type", "inputs", "attributes", "kind"),
    [
        ("InstanceNormalization", ["x", "a", "b"], {}, "instance_norm"),
        ("LRN", ["x"], {"size": 5}, "lrn"),
        ("MeanVarianceNormalization", ["x"], {}, "bn"),
    ],
)
def test_others(op_type: str, inputs: Any, attributes: Any, kind: str, tmp_path: Path) -> None:
    graph = graph_of(model([node(op_type, inputs, name="n", **attributes)], [X], *SIX), tmp_path)
    assert layers(graph) == [("n", kind, SHAPE)]
    assert count(graph).uncounted == ()


def test_vectors_of_length_one(tmp_path: Path) -> None:
    graph = graph_of(model([node("LpNormalization", ["x"], name="n", axis=1)], [X]), tmp_path)
    assert layers(graph) == [("n.norm", "norm", (2, 1, 4, 4)), ("n", "div", SHAPE)]
