from __future__ import annotations

import pytest

from flopcount.errors import SpecError
from flopcount.fields import fields_of
from flopcount.graph import Graph, Tensor
from flopcount.ops import OPS, find_op
from flopcount.ops.linear import Linear
from flopcount.readers.spec import read
from flopcount.readers.spec.modifiers import MODIFIERS
from flopcount.readers.spec.wiring import Wiring
from flopcount.readers.spec.write import spec_text
from tests.readers.spec.networks import network
from tests.samples import Sample


def lines(graph: Graph) -> list[str]:
    """The layers as they are written, once they have been read back."""
    text = spec_text(graph)
    assert read(text, "net.yaml", batch=graph.batch).outputs == graph.outputs
    return [line[4:] for line in text.partition("layers:\n")[2].splitlines() if line.startswith("  - ")]


def test_a_layer_says_what_it_reads_where_it_is_not_the_one_before() -> None:
    graph = network("""
        input: [4]
        layers: [relu, {tanh: {name: a}}, {add: {from: [relu1, a]}}, {mul: {from: [input, input]}}, {silu: {from: a}}]
    """)
    assert lines(graph) == [
        "relu: {name: relu1}", "tanh: {name: a}", "add: {from: [relu1, a]}", "mul: {from: [input, input]}",
        "silu: {from: a}",
    ]  # fmt: skip


def test_a_name_that_the_language_gives_is_left_out_where_nothing_refers_to_it() -> None:
    b = Sample("net")
    x = b.input("relu2", (1, 4))
    for name in ("relu1", "relu3", "relu4", "relu6", "relu5", "act", "relu7"):
        x = b.then(x, "relu", name)
    # relu2 is the input's name; relu6 stands before relu5, which is then the next that is free
    assert lines(b.build([x])) == ["relu", "relu", "relu", "relu: {name: relu6}", "relu", "relu: {name: act}", "relu"]


def test_results_are_named_only_where_some_are_read_apart() -> None:
    graph = network(
        """
        input: [6, 4]
        layers:
          - split: {parts: 3, name: s}
          - add
          - split: {parts: 2, name: "1.t", outputs: [b, c], from: input}
          - add: {from: [c, b, b, c]}
          - concat: {from: ["1.t", s, c]}
    """
    )
    assert lines(graph) == [
        "split: {name: s, parts: 3}",
        "add",
        "split: {name: '1.t', parts: 2, from: input, outputs: [_1_t_0, _1_t_1]}",
        "add: {from: [_1_t_1, _1_t_0, '1.t']}",
        "concat: {from: ['1.t', s, _1_t_1]}",
    ]


def test_names_of_results_keep_clear_of_every_other_name() -> None:
    b = Sample("net")
    x = b.input("a_b_0", (1, 4))
    for name in ("a.b", "a-b", "a_b"):
        first, second = b.add(find_op("split")(parts=2), [x], name=name)
        b.then(second, "relu", f"{name}.r")
    b.then(x, "relu", "a_b_1")
    b.then(x, "relu", "a_b_0_1")
    said = [line.partition("outputs: ")[2] for line in lines(b.build([first])) if "outputs" in line]
    names = [name for each in said for name in each.strip("[]}").split(", ")]
    assert len({*names}) == 6
    assert not {*names} & {"a_b_0", "a_b_1", "a_b_0_1"}


def test_an_output_of_the_network_may_be_one_result_of_several() -> None:
    graph = network("{input: [4], layers: [{split: {parts: 2, outputs: [a, b]}}], outputs: [b]}")
    text = spec_text(graph)
    assert text.endswith("  - split: {parts: 2, outputs: [split1_0, split1_1]}\noutputs: [split1_1]\n")
    assert lines(graph)


def test_shared_weights_by_their_names() -> None:
    b = Sample("net")
    x = b.input("x", (1, 4))
    x = b.then(x, "linear", "a", out=4)
    weight, bias = b.nodes[0].weights
    for name, tied in (("b", {"weight": weight}), ("c", {"bias": bias}), ("d", {"weight": weight, "bias": bias})):
        (x,) = b.add(Linear(out=4), [x], name=name, tied=tied)
    assert lines(b.build([x])) == [
        "linear: {name: a, out: 4}",
        "linear: {name: b, out: 4, weight: a.weight}",
        "linear: {name: c, out: 4, weight: {bias: a.bias}}",
        "linear: {name: d, out: 4, weight: {weight: a.weight, bias: a.bias}}",
    ]


def test_a_shared_weight_whose_name_means_another_further_in() -> None:
    b = Sample("net")
    x = b.input("x", (1, 4))
    x = b.then(x, "linear", "a", out=4)
    weight = b.nodes[0].weights[0]
    x = b.then(x, "linear", "main.a", out=4)
    (x,) = b.add(Linear(out=4), [x], name="main.b", tied={"weight": weight})
    assert lines(b.build([x]))[-1] == "linear: {name: main.b, out: 4, weight: '.a.weight'}"


def test_a_weight_that_has_the_name_it_would_have_is_its_own() -> None:
    b = Sample("net")
    x = b.input("x", (1, 4))
    x = b.then(x, "linear", "a", out=4)
    for name, kind, trainable in (("a", "parameter", True), ("b", "parameter", False)):
        weight = Tensor(f"{name}.q.weight", (4, 4), kind=kind, trainable=trainable)
        b.add(Linear(out=4), [x], name=f"{name}.q", tied={"weight": weight})
        if name == "b":
            with pytest.raises(SpecError, match="its weight is frozen, and the layer is not"):
                spec_text(b.build([x]))
        else:
            assert lines(b.build([x])) == ["linear: {name: a, out: 4}", "linear: {name: a.q, out: 4}"]


def test_no_field_of_an_op_has_the_name_of_a_modifier() -> None:
    """Inside the braces a field would take precedence."""
    for op in OPS.values():
        assert not fields_of(op).keys() & MODIFIERS


def test_names_that_look_alike_take_no_longer_to_tell_apart() -> None:
    b = Sample("net")
    x = b.input("x", (1, 4))
    for i in range(2**13):
        name = "s" + "".join("-_"[i >> bit & 1] for bit in range(13))  # each result would be called s______________1
        _, last = b.add(find_op("split")(parts=2), [x], name=name)
        b.then(last, "relu", f"r{i}")
    wiring = Wiring(b.build([last]))
    assert len({*map(str, (said.get("from") for said in wiring.said()))}) == 2**13 + 2
