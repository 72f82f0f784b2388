"""Losses, against torch's own."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import torch
from onnx import TensorProto

from flopcount.engine import count
from tests.readers.onnx.models import graph_of, held, layers, model, node, value

X, TARGET = [4, 10, 6], [4, 6]


def loss(op_type: str, weighted: bool, **attributes: Any) -> Any:
    given = ["x", "t", *(["w"] if weighted else [])]
    return model(
        [node(op_type, given, name="loss", **attributes)],
        [value("x", X), value("t", TARGET, TensorProto.INT64)],
        *([held("w", (10,))] if weighted else []),
    )


@pytest.mark.parametrize("reduction", ["mean", "sum", "none"])
@pytest.mark.parametrize("weighted", [False, True])
def test_the_shapes_of_torch(reduction: str, weighted: bool, tmp_path: Path) -> None:
    weight = torch.ones(10) if weighted else None
    for op_type, function in (
        ("NegativeLogLikelihoodLoss", torch.nn.functional.nll_loss),
        ("SoftmaxCrossEntropyLoss", torch.nn.functional.cross_entropy),
    ):
        expected = function(torch.zeros(X), torch.zeros(TARGET, dtype=torch.long), weight, reduction=reduction)
        graph = graph_of(loss(op_type, weighted, reduction=reduction), tmp_path)
        assert graph.outputs[0].shape == tuple(expected.shape)
        assert count(graph).uncounted == ()


def test_a_loss_is_the_layers_of_its_definition(tmp_path: Path) -> None:
    graph = graph_of(loss("SoftmaxCrossEntropyLoss", True, ignore_index=3), tmp_path)
    assert [kind for _, kind, _ in layers(graph)] == [
        "log_softmax", "unsqueeze", "gather_elements", "squeeze", "neg", "parameter", "gather", "eq", "where", "mul",
        "sum", "sum", "div",
    ]  # fmt: skip
    assert [name for name, _, _ in layers(graph)][-1] == "loss"


def test_the_primitives_of_a_mean_loss(tmp_path: Path) -> None:
    graph = graph_of(loss("NegativeLogLikelihoodLoss", False), tmp_path)
    work = [entry for layer in count(graph).layers for entry in layer.work or ()]
    # A sign for each of 24 targets, then their mean.
    assert sum(entry.count for entry in work if entry.kind == "add") == 24 + 23
    assert sum(entry.count for entry in work if entry.kind == "div") == 1
