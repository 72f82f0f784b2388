"""Small networks run for real by torch, before and after a rewrite: the oracle that it computes the same."""

from __future__ import annotations

from typing import Any

import torch
import torch.nn.functional as functional

from flopcount.graph import Graph, Node
from flopcount.rewriting import Rewriting

Weights = dict[str, torch.Tensor]
EPSILON = 1e-5


def random_weights(graph: Graph) -> Weights:
    """A value for every weight and buffer; variances are positive."""
    weights = {}
    for node in graph.nodes:
        for weight in node.weights:
            value = torch.randn(weight.shape, dtype=torch.float64)
            weights[weight.name] = value.abs() + 0.5 if weight.name.endswith("running_var") else value
    return weights


def run(graph: Graph, weights: Weights, x: torch.Tensor) -> torch.Tensor:
    """The network's only output."""
    values = {graph.inputs[0].name: x}
    for node in graph.nodes:
        inputs = [values[tensor.name] for tensor in node.inputs]
        values[node.outputs[0].name] = _layer(node, inputs, weights)
    return values[graph.outputs[0].name]


def _layer(node: Node, inputs: list[torch.Tensor], weights: Weights) -> torch.Tensor:
    op: Any = node.op
    own = {weight.name.rpartition(".")[2]: weights[weight.name] for weight in node.weights}
    x = inputs[0]
    match op.tag:
        case "conv":
            return functional.conv2d(x, own["weight"], own.get("bias"), op.stride, op.padding, op.dilation, op.groups)
        case "conv_transpose":
            return functional.conv_transpose2d(
                x, own["weight"], own.get("bias"), op.stride, op.padding, op.output_padding, op.groups, op.dilation
            )
        case "linear":
            return functional.linear(x, own["weight"], own.get("bias"))
        case "bn":
            return functional.batch_norm(
                x, own["running_mean"], own["running_var"], own.get("weight"), own.get("bias"), eps=EPSILON
            )
        case "relu":
            return functional.relu(x)
        case "add":
            return inputs[0] + inputs[1]
    raise AssertionError(op.tag)


def folded_weights(graph: Graph, rewriting: Rewriting, weights: Weights) -> Weights:
    """The weights of the rewritten network: y = γ·(x − μ)/√(σ² + ε) + β taken into the layer before."""
    folded = dict(weights)
    makers = {node.outputs[0].name: node for node in graph.nodes}
    for node in graph.nodes:
        if rewriting.replaced.get(node.name, (node.name,)) == (node.name,):
            continue
        before = makers[node.inputs[0].name]
        mean, variance = weights[f"{node.name}.running_mean"], weights[f"{node.name}.running_var"]
        gamma = weights.get(f"{node.name}.weight", torch.ones_like(mean))
        beta = weights.get(f"{node.name}.bias", torch.zeros_like(mean))
        scale = gamma / torch.sqrt(variance + EPSILON)
        weight = weights[f"{before.name}.weight"]
        if before.op.tag == "conv_transpose":  # (D1, D2/g, F, F): the output channels lie group by group
            groups = getattr(before.op, "groups", 1)
            by_group = weight.reshape(groups, -1, *weight.shape[1:]) * scale.reshape(groups, 1, -1, 1, 1)
            folded[f"{before.name}.weight"] = by_group.reshape(weight.shape)
        else:
            folded[f"{before.name}.weight"] = weight * scale.reshape(-1, *[1] * (weight.dim() - 1))
        bias = weights.get(f"{before.name}.bias", torch.zeros_like(mean))
        folded[f"{before.name}.bias"] = (bias - mean) * scale + beta
    return folded
