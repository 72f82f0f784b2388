from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flopcount.engine import count
from flopcount.graph import Graph, Tensor
from flopcount.ops import find_op
from flopcount.ops.linear import Linear
from flopcount.readers.spec import read
from flopcount.readers.spec.blocks import in_blocks
from flopcount.readers.spec.write import spec_text
from tests.graphs import graphs
from tests.readers.spec.test_write import essence
from tests.samples import Sample, resnet50


def returned(graph: Graph) -> str:
    text = spec_text(graph, in_modules=True)
    again = read(text, "elsewhere.yaml", batch=graph.batch)
    assert essence(again) == essence(graph)
    assert count(again).totals == count(graph).totals
    assert max(map(len, text.splitlines())) <= 120
    return text


def module(b: Sample, x: Tensor, name: str, width: int, *, act: str = "relu", **fields: Any) -> Tensor:
    """A residual module of two layers, what it reads, and their sum."""
    y = b.then(x, "linear", f"{name}.fc1", out=width, **fields)
    y = b.then(y, act, f"{name}.act")
    y = b.then(y, "linear", f"{name}.fc2", out=8)
    return b.then(y, "add", f"{name}.sum", x)


def network(names: Sequence[str], widths: Sequence[int], **fields: Any) -> Graph:
    b = Sample("net")
    x = b.input("x", (1, 8))
    for name, width in zip(names, widths, strict=True):
        x = module(b, x, name, width, **fields)
    return b.build([b.then(x, "linear", "head", out=3)])


def layers(text: str) -> list[str]:
    return [line.strip() for line in text.partition("\nlayers:\n")[2].splitlines() if line.strip()]


def test_modules_that_are_alike_share_a_block() -> None:
    text = returned(network(["body.0", "body.1", "body.2", "tail.0"], [16, 16, 32, 32]))
    assert text == (
        "name: net\n"
        "inputs:\n"
        "  x: [8]\n"
        "blocks:\n"
        "  body:\n"
        "    args: {out: required}\n"
        "    layers:\n"
        "      - linear: {name: fc1, out: out}\n"
        "      - relu: {name: act}\n"
        "      - linear: {name: fc2, out: 8}\n"
        "      - add: {name: sum, from: [fc2, input]}\n"
        "layers:\n"
        "  - body: {name: body, out: 16, repeat: 2}\n"
        "  - body: {name: body.2, out: 32}\n"
        "  - body: {name: tail.0, out: 32}\n"
        "  - linear: {name: head, out: 3}\n"
    )


def test_modules_that_are_the_same_need_no_arguments() -> None:
    text = returned(network(["layers.layer_1", "layers.layer_2", "layers.layer_3"], [16, 16, 16]))
    assert "  layer:\n    - linear: {name: fc1, out: 16}\n" in text
    assert layers(text)[0] == "- layer: {name: 'layers.layer_{i + 1}', repeat: 3 as i}"


def test_what_is_usual_is_the_default_of_an_argument() -> None:
    b = Sample("net")
    x = b.input("x", (1, 4, 32, 32))
    for i, stride in enumerate((1, 2, 1, 1, 2, 1)):
        x = b.then(x, "conv", f"stage.{i}.conv", out=4, kernel=3, stride=stride)
        x = b.then(b.then(x, "bn", f"stage.{i}.bn"), "relu", f"stage.{i}.relu")
    text = returned(b.build([x]))
    assert "    args: {stride: 1}\n" in text
    assert layers(text)[:3] == [
        "- stage: {name: stage.0}", "- stage: {name: stage.1, stride: 2}",
        "- stage: {name: 'stage.{i + 2}', repeat: 2 as i}",
    ]  # fmt: skip


def test_a_residual_network_is_short() -> None:
    text = returned(resnet50())
    assert len(text.splitlines()) <= 50
    assert "- layer2: {name: 'layer3.{i + 1}', out: 256, out2: 1024, repeat: 5 as i}" in text


@pytest.mark.parametrize(
    "names",
    [["a", "b", "c"], ["body.x", "body.y", "body.z"], ["body.0"]],
    ids=["top", "without numbers", "alone"],
)
def test_what_is_no_repeated_module_stays_flat(names: list[str]) -> None:
    graph = network(names, [16] * len(names))
    assert returned(graph) == spec_text(graph)


def test_modules_of_other_ops_have_other_blocks() -> None:
    b = Sample("net")
    x = b.input("x", (1, 8))
    for i in range(6):
        x = module(b, x, f"body.{i}", 16, act="relu" if i < 3 else "gelu")
    text = returned(b.build([x]))
    assert layers(text) == ["- body: {name: body, repeat: 3}", "- body2: {name: 'body.{i + 3}', repeat: 3 as i}"]


def test_a_module_of_which_more_than_the_last_result_is_read_stays_flat() -> None:
    b = Sample("net")
    x = b.input("x", (1, 8))
    taps = []
    for i in range(3):
        x = module(b, x, f"body.{i}", 16)
        taps.append(b.nodes[-2].outputs[0])
    graph = b.build([x, *taps])
    assert returned(graph) == spec_text(graph)


def test_weights_that_modules_share_are_said_layer_by_layer() -> None:
    b = Sample("net")
    x = b.input("x", (1, 8))
    for i in range(3):
        tied = {"weight": b.nodes[0].weights[0]} if i else {}
        (x,) = b.add(Linear(out=8), [x], name=f"body.{i}.fc", tied=tied)
        x = b.then(x, "relu", f"body.{i}.act")
    graph = b.build([x])
    assert returned(graph) == spec_text(graph)


def test_a_head_may_share_what_a_module_has() -> None:
    b = Sample("net")
    x = b.input("x", (1, 8))
    for i in range(4):
        x = module(b, x, f"body.{i}", 8)
    (x,) = b.add(Linear(out=8), [x], name="head", tied={"weight": b.nodes[4].weights[0]})
    assert "weight: body.1.fc1.weight}" in returned(b.build([x]))


def test_several_results_inside_and_out() -> None:
    b = Sample("net")
    x = b.input("x", (1, 8))
    for i in range(4):
        left, right = b.add(find_op("split")(parts=2), [x], name=f"body.{i}.split")
        x = b.then(b.then(right, "mul", f"body.{i}.mul", left), "linear", f"body.{i}.fc", out=8)
    assert "outputs: [split_0, split_1]" in returned(b.build([x]))


def test_modules_of_several_inputs() -> None:
    b = Sample("net")
    x, mask, positions = b.input("x", (1, 8)), b.input("mask", (1, 8)), b.input("positions", (1, 8))
    for i in range(4):
        y = b.then(x, "add", f"body.{i}.placed", positions)
        y = b.then(b.then(y, "linear", f"body.{i}.fc", out=8), "mul", f"body.{i}.masked", mask)
        x = b.then(y, "add", f"body.{i}.sum", x)
    text = returned(b.build([x]))
    assert (
        "  body:\n"
        "    inputs: [input1, input2, input3]\n"
        "    layers:\n"
        "      - add: {name: placed, from: [input1, input2]}\n"
        "      - linear: {name: fc, out: 8}\n"
        "      - mul: {name: masked, from: [fc, input3]}\n"
        "      - add: {name: sum, from: [masked, input1]}\n"
    ) in text
    assert layers(text)[1] == "- body: {name: body.1, from: [body.0, positions, mask]}"


def test_modules_are_found_as_large_or_as_small_as_they_come() -> None:
    b = Sample("net")
    x = b.input("x", (1, 8))
    for i in range(2):
        for j in range(2):
            x = module(b, x, f"stage.{i}.block.{j}", 16)
    graph = b.build([x])
    for outermost, names in (
        (True, ["stage.0", "stage.1"]),
        (False, [f"stage.{i}.block.{j}" for i in (0, 1) for j in (0, 1)]),
    ):
        written, blocks = in_blocks(graph, outermost)
        assert [node.name for node in written.nodes] == names
        assert len(blocks) == 1
    returned(graph)


@given(graphs())
@settings(max_examples=100)
def test_any_network_returns(graph: Graph) -> None:
    returned(graph)


@given(st.lists(st.tuples(st.sampled_from(["a.0", "a.1", "a.2", "b.7", "c"]), st.integers(1, 2)), max_size=9))
def test_any_sequence_of_modules_returns(parts: list[tuple[str, int]]) -> None:
    b = Sample("net")
    x = b.input("x", (1, 8))
    for i, (name, width) in enumerate(parts):
        x = module(b, x, f"{name}.{i}" if i % 2 else f"{name}.m{i}", 8 * width)
    returned(b.build([x]))
