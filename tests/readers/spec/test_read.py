from __future__ import annotations

from fractions import Fraction
from typing import Any

import pytest

from flopcount.errors import UsageError
from flopcount.graph import Graph
from flopcount.readers.spec import read

SPEC = """
about: Default
source: Someone
params: {width: 1, depths: [1, 2], wide: false, twice: 2*width, act: "'relu'"}
let: {out: int(width*twice*8)}
variants:
  big: {width: 3, depths: [3], about: Big, source: Another, expect: {params: 5}}
  same: {}
input: [width*4]
layers:
  - linear: out
    each: {d: depths}
    repeat: d
  - relu: {when: wide}
expect: {params: 7}
"""


def load(**options: Any) -> Graph:
    return read(SPEC, "net.yaml", **options)


def outs(graph: Graph) -> list[int]:
    return [node.outputs[0].shape[-1] for node in graph.nodes]


def test_defaults() -> None:
    graph = load()
    assert outs(graph) == [16, 16, 16]
    assert graph.inputs[0].shape == (1, 4)
    assert (graph.name, graph.provenance.source) == ("net", "net.yaml")
    assert graph.provenance.expect == {"params": 7}
    assert graph.provenance.settings == {"width": 1, "depths": [1, 2], "wide": False, "twice": 2, "act": "relu"}


def test_a_variant() -> None:
    graph = load(variant="big")
    assert outs(graph) == [144, 144, 144]
    assert (graph.name, graph.provenance.source) == ("big", "net.yaml#big")
    assert (graph.provenance.about, graph.provenance.citation) == ("Big", "Another")
    assert graph.provenance.expect == {"params": 5}


def test_a_variant_that_sets_nothing_promises_what_the_default_does() -> None:
    graph = load(variant="same")
    assert graph.provenance.expect == {"params": 7}
    assert (graph.provenance.about, graph.provenance.citation) == ("Default", "Someone")


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"width": "2"}, [64, 64, 64]),
        ({"width": 2}, [64, 64, 64]),
        ({"width": "0.5"}, [4, 4, 4]),
        ({"width": 0.5}, [4, 4, 4]),
        ({"width": Fraction(1, 2)}, [4, 4, 4]),
        ({"width": "1/2"}, [4, 4, 4]),
        ({"twice": 1}, [8, 8, 8]),
        ({"depths": "[1]"}, [16]),
        ({"depths": [2]}, [16, 16]),
        ({"depths": (1, 1)}, [16, 16]),
        ({"depths": "[1] + [2]*2"}, [16] * 5),
        ({"wide": "true"}, [16] * 4),
        ({"wide": True}, [16] * 4),
        ({"act": "'gelu'"}, [16] * 3),
        ({}, [16] * 3),
    ],
)
def test_settings(settings: dict[str, Any], expected: list[int]) -> None:
    graph = load(settings=settings, inputs={"input": ((4,), None)})
    assert outs(graph) == expected
    assert graph.provenance.expect == {}


def test_a_decimal_from_python_is_exact() -> None:
    text = "{input: [4], params: {w: 1}, layers: [{linear: 30*w}]}"
    assert outs(read(text, "net.yaml", settings={"w": 0.1})) == [3]


def test_settings_on_top_of_a_variant() -> None:
    assert outs(load(variant="big", settings={"depths": "[1]"})) == [144]


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"variant": "bgi"}, "net.yaml has no variant 'bgi'\n  hint: did you mean 'big'?"),
        ({"settings": {"widht": 1}}, "net.yaml has no parameter 'widht'\n  hint: did you mean 'width' or 'wide'?"),
        ({"settings": {"width": "2*"}}, "cannot read the value of width: the expression ends too early"),
        ({"settings": {"width": "depths"}}, "cannot read the value of width: unknown parameter 'depths'"),
        ({"settings": {"width": ""}}, "cannot read the value of width: the expression is empty"),
        ({"settings": {"width": float("nan")}}, "cannot read the value of width: NaN is not a size"),
        ({"settings": {"width": float("-inf")}}, "cannot read the value of width: infinity is not a size"),
        ({"settings": {"width": 10**99}}, "cannot read the value of width: a number is larger than 2^128"),
        ({"settings": {"width": [object()]}}, "cannot read the value of width: object is no number, text or list"),
        ({"inputs": {"image": ((4,), None)}}, "net has no input 'image'\n  hint: its inputs: input (name=3x224x224)"),
        ({"inputs": {"": ((0,), None)}}, "the input 'input' cannot have the sizes [0]"),
        ({"inputs": {"input": ((2**41,), None)}}, "the input 'input' cannot have the sizes [2199023255552]"),
        ({"inputs": {"": ((4,), "flaot32")}}, "unknown dtype 'flaot32'\n"
                                              "  hint: did you mean 'float32' or 'float8' or 'float6'?"),
        ({"inputs": {"input": ((4, 4), None)}}, "the input 'input' cannot be 4×4: the spec declares 4\n"
                                                "  hint: other sizes are welcome, but as many of them"),
        ({"batch": 0}, "the batch size must be a positive integer, not 0"),
        ({"batch": 1.5}, "the batch size must be a positive integer, not 1.5"),
    ],
)  # fmt: skip
def test_what_does_not_exist(options: dict[str, Any], message: str) -> None:
    with pytest.raises(UsageError) as caught:
        load(**options)
    assert str(caught.value) == f"error: {message}"


@pytest.mark.parametrize("name", ["", "input"])
def test_another_input(name: str) -> None:
    graph = load(inputs={name: ((7,), "float64")}, batch=3)
    assert (graph.inputs[0].shape, graph.inputs[0].dtype) == ((3, 7), "float64")
    assert graph.provenance.expect == {}


def test_one_of_several_inputs() -> None:
    text = "{inputs: {a: [4], b: [5]}, layers: [{linear: {out: 2, from: b}}]}"
    assert [tensor.shape for tensor in read(text, "n.yaml", inputs={"b": ((7,), None)}).inputs] == [(1, 4), (1, 7)]
    with pytest.raises(UsageError, match="n has several inputs"):
        read(text, "n.yaml", inputs={"": ((7,), None)})


def test_without_a_batch() -> None:
    text = "{input: [4, 6], layers: [{linear: input.channels}, {linear: input.features}]}"
    graph = read(text, "net.yaml", batch=None)
    assert (graph.batch, [node.outputs[0].shape for node in graph.nodes]) == (None, [(4, 4), (4, 4)])
