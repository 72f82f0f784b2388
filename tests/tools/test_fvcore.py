"""What fvcore and torch's own counter keep account of, against them."""

from __future__ import annotations

import logging
from typing import Any

import pytest
import torch
from fvcore.nn import FlopCountAnalysis  # type: ignore[import-untyped]
from hypothesis import HealthCheck, given, settings
from msgspec.structs import replace
from torch.utils.flop_counter import FlopCounterMode

from flopcount.conventions import CONVENTIONS, Convention
from flopcount.engine import count
from flopcount.graph import Graph
from flopcount.metrics import METRICS
from flopcount.op import Op, dot
from flopcount.ops import find_op
from flopcount.tools import Use
from flopcount.torch import build
from flopcount.torch.network import example_inputs
from tests.samples import Sample
from tests.torch.drawn import networks

FVCORE, TORCH = CONVENTIONS["fvcore"], CONVENTIONS["torch"]


def ours(graph: Graph, convention: Convention) -> int:
    total = METRICS["count"]
    return sum(total.measure(layer, convention) or 0 for layer in count(graph, convention).layers)


def by_fvcore(graph: Graph) -> Any:
    logging.disable(logging.WARNING)
    try:
        return FlopCountAnalysis(build(graph).eval(), example_inputs(graph, "cpu")).total()
    finally:
        logging.disable(logging.NOTSET)


def by_torch(graph: Graph) -> int:
    with torch.no_grad(), FlopCounterMode(display=False) as counter:
        build(graph, device="meta").eval()(*example_inputs(graph))
    return int(counter.get_total_flops())


def one(tag: str, *shapes: tuple[int, ...], **fields: Any) -> Graph:
    b = Sample("one", shapes[0][0])
    first, *others = (b.input(f"x{i}", shape) for i, shape in enumerate(shapes))
    return b.build([b.then(first, tag, "layer", *others, **fields)])


@settings(max_examples=150, suppress_health_check=list(HealthCheck))
@given(networks(tags=["einsum"], most=2))
def test_torchs_einsum(graph: Graph) -> None:
    assert ours(graph, TORCH) == by_torch(graph)


FVCORE_OPS = [
    "einsum", "matmul", "bn", "gn", "instance_norm", "ln", "rms_norm", "upsample", "adaptive_avgpool", "global_avgpool",
    "lstm", "gru", "rnn", "attention", "conv", "conv_transpose", "linear", "lrn",
]  # fmt: skip


@pytest.mark.filterwarnings("ignore")
@pytest.mark.parametrize("tag", FVCORE_OPS)
def test_fvcores_rules(tag: str) -> None:
    @settings(max_examples=150 if tag == "einsum" else 25, suppress_health_check=list(HealthCheck), database=None)
    @given(networks(tags=[tag], most=1))
    def equal(graph: Graph) -> None:
        if any(len(tensor.shape) > 5 for tensor in graph.inputs):
            return  # fvcore's norms have at most five axes
        assert ours(graph, FVCORE) == by_fvcore(graph)

    equal()


@pytest.mark.parametrize("shape", [(2, 37, 41, 43), (2, 61, 40, 40)])
def test_fvcore_reads_an_einsum_from_four_printed_digits(shape: tuple[int, ...]) -> None:
    n, i, j, k = shape
    graph = one("einsum", (n, 3, i, j), (n, 3, j, k), equation="nhij,nhjk->nhik")
    exact = n * 3 * i * j * k
    assert ours(graph, FVCORE) == by_fvcore(graph) != exact


def test_fvcore_underestimates_a_matmul_whose_second_input_has_more_batches() -> None:
    graph = one("matmul", (1, 3, 4), (8, 4, 5))
    assert ours(graph, FVCORE) == by_fvcore(graph) == 60
    assert ours(graph, CONVENTIONS["macs"]) == 480


def test_fvcore_in_training_counts_five_per_element_of_a_batch_norm_and_nothing_backward() -> None:
    graph = one("bn", (2, 3, 4, 4))
    op, shape = find_op("bn")().in_training(True), (2, 3, 4, 4)
    assert FVCORE.total(Use(op, op.work(shape, shape) or (), (shape,), (shape,))) == 5 * 96
    assert FVCORE.price(replace(dot(10, 5), phase="grad_input"), op) == 0
    logging.disable(logging.WARNING)
    network = build(graph).train()
    assert FlopCountAnalysis(network, example_inputs(graph, "cpu")).total() == 5 * 96
    logging.disable(logging.NOTSET)


def test_counting_an_op_goes_by_its_true_ledger() -> None:
    graph = one("bn", (2, 3, 4, 4))
    op: Op = find_op("bn")()
    shape = (2, 3, 4, 4)
    true = sum(entry.count for entry in op.work(shape, shape) or ())
    assert ours(graph, FVCORE.adjusted(count=["bn"])) == true != ours(graph, FVCORE)
    assert ours(graph, FVCORE.adjusted(ignore=["bn"])) == 0
