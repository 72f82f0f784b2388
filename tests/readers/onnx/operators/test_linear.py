"""Matrix products: layers where the file holds one side, products of activations elsewhere."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flopcount.engine import count
from tests.readers.onnx.models import dots, graph_of, held, layers, model, node, value

X = value("x", [4, 8])


@pytest.mark.parametrize(
    ("attributes", "shape", "kind"),
    [
        ({}, (8, 5), "linear"),
        ({"transB": 1}, (5, 8), "linear"),
        ({"transB": 1, "alpha": 0.5}, (5, 8), "gemm"),
    ],
)
def test_gemm_is_a_layer_where_it_is_one(attributes: Any, shape: Any, kind: str, tmp_path: Path) -> None:
    made = model([node("Gemm", ["x", "w"], name="fc", **attributes)], [X], held("w", shape))
    graph = graph_of(made, tmp_path)
    assert layers(graph)[-1] == ("fc", kind, (4, 5))
    assert dots(graph) == 4 * 8 * 5
    assert count(graph).totals["params"].value == 40


def test_products_of_activations_broadcast(tmp_path: Path) -> None:
    inputs = [value("q", [2, 1, 6, 8]), value("k", [3, 8, 5])]
    graph = graph_of(model([node("MatMul", ["q", "k"], name="scores")], inputs), tmp_path)
    assert layers(graph) == [("scores", "matmul", (2, 3, 6, 5))]
    assert dots(graph) == 2 * 3 * 6 * 8 * 5


def test_einsum_is_numpys(tmp_path: Path) -> None:
    inputs = [value("q", [2, 6, 4, 8]), value("k", [2, 5, 4, 8])]
    graph = graph_of(model([node("Einsum", ["q", "k"], equation="bqhd,bkhd->bhqk")], inputs), tmp_path)
    expected = np.einsum("bqhd,bkhd->bhqk", np.zeros((2, 6, 4, 8)), np.zeros((2, 5, 4, 8)))
    assert graph.outputs[0].shape == expected.shape
    assert dots(graph) == expected.size * 8
