from __future__ import annotations

from collections.abc import Callable
from random import Random
from typing import Any

import jsonschema
import pytest
import yaml
from hypothesis import given, settings
from msgspec.structs import replace

from flopcount import library
from flopcount.engine import count
from flopcount.errors import SpecError
from flopcount.fields import fields_of
from flopcount.graph import Graph, GraphBuilder, Provenance, Tensor
from flopcount.op import Op
from flopcount.ops import OPS
from flopcount.ops.elementwise import Clamp, Scale
from flopcount.ops.linear import Linear
from flopcount.ops.pointwise import Pointwise
from flopcount.readers.spec import parse_spec, read
from flopcount.readers.spec.schema import spec_schema
from flopcount.readers.spec.write import spec_text
from tests.graphs import FITTING, graphs, random_graph
from tests.readers.spec.networks import network
from tests.samples import Sample, small

SHIPPED = [
    (path, variant)
    for path in library.files()
    for variant in [None, *parse_spec(path.read_text(encoding="utf-8"), str(path)).variants]
]
SCHEMA = jsonschema.Draft202012Validator(spec_schema())


def essence(graph: Graph) -> Any:
    """All of a graph but where it was written and what it promises."""
    nodes = [
        (node.name, node.op, node.inputs, node.outputs, node.weights, node.trainable, kinds_of(node.op))
        for node in graph.nodes
    ]
    texts = (graph.name, graph.provenance.about, graph.provenance.citation)
    return nodes, graph.inputs, graph.outputs, graph.batch, graph.dtype, texts


def kinds_of(op: Op) -> list[type]:
    """To tell true from 1, which Python takes for equal; of a number, 1.0 may become 1."""
    return [
        type(getattr(op, name))
        for name, field in fields_of(type(op)).items()
        if field.type.noun.removesuffix(", or null") != "a number"
    ]


def returned(graph: Graph) -> str:
    """The text of a graph, which reads back to an equal one, counted alike."""
    text = spec_text(graph)
    again = read(text, "elsewhere.yaml", batch=graph.batch)
    assert essence(again) == essence(graph)
    for mode in ("eval", "train"):
        assert [layer.work for layer in count(again, mode=mode).layers] == [
            layer.work for layer in count(graph, mode=mode).layers
        ]
        assert count(again, mode=mode).totals == count(graph, mode=mode).totals
    return text


def refused(graph: Graph) -> str:
    with pytest.raises(SpecError) as caught:
        spec_text(graph)
    return str(caught.value)


@pytest.mark.parametrize(("path", "variant"), SHIPPED, ids=[f"{path.stem}#{variant}" for path, variant in SHIPPED])
def test_every_shipped_spec_returns(path: Any, variant: str | None) -> None:
    graph = read(path.read_text(encoding="utf-8"), str(path), variant=variant, batch=2)
    text = returned(graph)
    assert max(map(len, text.splitlines())) <= 120
    assert "expect" not in text
    SCHEMA.validate(yaml.safe_load(text))


@given(graphs())
@settings(max_examples=200)
def test_every_network_returns(graph: Graph) -> None:
    text = returned(graph)
    SCHEMA.validate(yaml.safe_load(text))


def test_that_the_networks_above_have_every_op_and_much_else() -> None:
    """What the generator never makes is not tested by it."""
    texts = []
    tags: set[str] = set()
    for seed in range(500):
        graph = random_graph(Random(seed))
        tags.update(node.op.tag for node in graph.nodes)
        texts.append(spec_text(graph))
    assert tags == {*OPS}
    everything = "\n".join(texts)
    for said in ("weight: {", "outputs: [", "outputs: []", "trainable: false", "dtype: ", "inputs:", "from: [", ": []"):
        assert everything.count(said) > 5, said
    assert all(name in OPS[tag].__struct_fields__ for tag, name in FITTING)


def test_a_small_network_by_its_text() -> None:
    b = Sample("small")
    x = b.input("image", (1, 4, 8, 8))
    x = b.then(x, "conv", "stem.conv", out=8, kernel=3, padding=((0, 1), (1, 0)), bias=False)
    x = stem = b.then(x, "relu", "relu1")
    left, right = b.add(OPS["split"](parts=2), [x], name="main.0.split")
    x = b.then(right, "gelu", "main.0.gelu", approximate="tanh")
    x = b.then(x, "concat", "main.0.join", left, left, left)
    x = b.then(x, "add", "main.0.add", b.then(stem, "conv", "main.0.skip", out=16, kernel=1))
    x = b.then(x, "global_avgpool", "global_avgpool1", keepdim=False)
    a = b.then(x, "linear", "head.a", out=16)
    (c,) = b.add(Linear(out=16), [x], name="head.b", tied={"bias": b.nodes[-1].weights[1]}, trainable=False)
    about = "It forks: " + ", ".join(f"{'long-' * 5}{i}" for i in range(5))
    assert returned(b.build([a, c], Provenance(about=about, citation="Someone 2020"))) == (
        "name: small\n"
        "about: 'It forks: long-long-long-long-long-0, long-long-long-long-long-1, long-long-long-long-long-2,\n"
        "  long-long-long-long-long-3, long-long-long-long-long-4'\n"
        "source: Someone 2020\n"
        "inputs:\n"
        "  image: [4, 8, 8]\n"
        "layers:\n"
        "  - conv: {name: stem.conv, out: 8, kernel: 3, padding: [[0, 1], [1, 0]], bias: false}\n"
        "  - relu: {name: relu1}\n"
        "\n"
        "  - split: {name: main.0.split, parts: 2, outputs: [main_0_split_0, main_0_split_1]}\n"
        "  - gelu: {name: main.0.gelu, approximate: tanh, from: main_0_split_1}\n"
        "  - concat: {name: main.0.join, from: [main.0.gelu, main_0_split_0, main_0_split_0, main_0_split_0]}\n"
        "  - conv: {name: main.0.skip, out: 16, kernel: 1, from: relu1}\n"
        "  - add: {name: main.0.add, from: [main.0.join, main.0.skip]}\n"
        "\n"
        "  - global_avgpool: {name: global_avgpool1, keepdim: false}\n"
        "  - linear: {name: head.a, out: 16}\n"
        "  - linear: {name: head.b, out: 16, from: global_avgpool1, weight: {bias: head.a.bias}, trainable: false}\n"
        "outputs: [head.a, head.b]\n"
    )


def test_what_the_source_declares_is_no_part_of_a_spec() -> None:
    graph = small()
    declared = replace(graph.nodes[0].outputs[0], declared=(1, 8, 8, 8))
    node = replace(graph.nodes[0], outputs=(declared,), where="onnx node 0", origin="functional")
    assert spec_text(replace(graph, nodes=(node, *graph.nodes[1:]))) == spec_text(graph)


def test_a_network_without_layers() -> None:
    graph = network("{input: [3], layers: []}")
    assert returned(graph) == "name: net\ninput: [3]\nlayers: []\n"
    assert returned(replace(graph, outputs=())).endswith("layers: []\noutputs: []\n")
    two = network("{inputs: {a: [3], b: [4]}, layers: [], outputs: [b, a]}")
    assert returned(two).endswith("inputs:\n  a: [3]\n  b: [4]\nlayers: []\noutputs: [b, a]\n")


def test_types_and_a_batch_that_is_not_there() -> None:
    b = GraphBuilder("net", None, "bfloat16")
    x = b.input("input", (5, 3), "float32")
    graph = b.build(b.add(Linear(out=2), [x], name="linear1"))
    text = returned(graph)
    assert text == "name: net\ndtype: bfloat16\ninput: {shape: [5, 3], dtype: float32}\nlayers:\n  - linear: 2\n"


NAMES = ("{a}", "a: b", "a}, {b", "'", '"', "a\nlayers:", "[x]", "a,b", "/conv", "a..b", "a.", "", " a", "é", "a b")


@pytest.mark.parametrize("name", NAMES)
def test_a_layer_name_that_the_language_has_not(name: str) -> None:
    b = Sample("net")
    x = b.then(b.input("image", (1, 3)), "relu", name)
    assert "is not a layer name of the spec language" in refused(b.build([x]))


@pytest.mark.parametrize("name", ["{a}", "a: b", "a}, {b", "'", '"', "a\nlayers:", "é", "a b", "<<", "null", "1 + 1"])
def test_any_name_of_an_input_or_network_is_only_a_name(name: str) -> None:
    b = Sample(name)
    x = b.input(name, (1, 3))
    assert [*yaml.safe_load(returned(b.build([b.then(x, "relu", "relu")])))["inputs"]] == [name]


def a_number(value: float) -> Graph:
    b = Sample("net")
    return b.build([b.then(b.input("x", (1, 3)), "scale", "huge", by=value)])


def test_numbers_that_the_language_has_not() -> None:
    assert refused(a_number(float("inf"))) == (
        "error: net.yaml:0  huge (scale)\n"
        "  a spec has no number like this one\n"
        "  hint: its numbers are finite, and go from 2^-128 to 2^128"
    )
    assert "by: -340282346638528859811704183484516925440" in returned(a_number(-3.4028234663852886e38))


def of_another_batch() -> Graph:
    b = GraphBuilder("net", 2)
    return b.build(b.add(Scale(by=2), [b.input("x", (3, 4))], name="scale"))


def without_inputs() -> Graph:
    return replace(small(), inputs=())


def with_an_unnamed_input() -> Graph:
    b = Sample("net")
    x = b.input("x:0", (1, 3))
    return b.build([b.then(x, "add", "add", x)])


def with_values_that_no_reader_gives() -> Graph:
    graph = small()
    first, *others = graph.nodes
    return replace(graph, nodes=(replace(first, op=replace(first.op, stride=(1, 1.5))), *others))


def of_a_foreign_op() -> Graph:
    class Foreign(Pointwise, frozen=True, kw_only=True):
        tag = "foreign"

    op: Op = Foreign()
    b = Sample("net")
    return b.build(b.add(op, [b.input("x", (1, 3))], name="f"))


def with_outputs_of_another_shape() -> Graph:
    graph = small()
    odd = replace(graph.nodes[-1].outputs[0], shape=(1, 11))
    return replace(graph, nodes=(*graph.nodes[:-1], replace(graph.nodes[-1], outputs=(odd,))), outputs=(odd,))


def with_a_tensor_from_nowhere() -> Graph:
    return replace(small(), outputs=(Tensor("nowhere", (1, 3)),))


def too_long_a_name() -> Graph:
    b = Sample("net")
    return b.build([b.then(b.input("x", (1, 3)), "relu", "a" * 1001)])


@pytest.mark.parametrize(
    ("graph", "message"),
    [
        (of_another_batch, "the input 'x' is 3×4, which does not begin with the batch of 2"),
        (without_inputs, "'small' has no input, and a spec has at least one"),
        (with_an_unnamed_input, "add (add)\n  the input 'x:0' cannot be named in `from` or `outputs`"),
        (with_values_that_no_reader_gives, "'small' cannot be written as a spec: stride must be a positive integer"),
        (of_a_foreign_op, "f (foreign)\n  the spec language has no op 'foreign'"),
        (with_outputs_of_another_shape, "linear (linear)\n  cannot be written as a spec: its outputs would read back"),
        (with_a_tensor_from_nowhere, "there is no layer that makes 'nowhere'"),
        (too_long_a_name, "a layer's name has at most 1000 characters in a spec, not 1001"),
    ],
)
def test_what_the_language_cannot_say_is_never_written(graph: Callable[[], Graph], message: str) -> None:
    assert message in refused(graph())


def test_a_value_that_is_null_where_the_default_is_not() -> None:
    b = Sample("net")
    x = b.input("x", (1, 3))
    x = b.then(x, "clamp", "clamp", min=None, max=6)
    assert "- clamp: {name: clamp, max: 6}" in returned(b.build([x]))
    assert Clamp().min is None
