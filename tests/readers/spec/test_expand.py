from __future__ import annotations

import pytest

from flopcount.engine import count
from flopcount.errors import SpecError

from .networks import alike, layers, names, network, parameters, shapes, wiring


def test_each_layer_reads_the_one_before() -> None:
    graph = layers("[{conv: {out: 4, kernel: 3}}, bn, relu, flatten, {linear: 10}]")
    assert names(graph) == ["conv1", "bn1", "relu1", "flatten1", "linear1"]
    assert [*wiring(graph).values()] == [["input"], ["conv1"], ["bn1"], ["relu1"], ["flatten1"]]
    assert shapes(graph) == {"conv1": (4, 6, 6), "bn1": (4, 6, 6), "relu1": (4, 6, 6), "flatten1": (144,),
                             "linear1": (10,)}  # fmt: skip
    assert [tensor.name for tensor in graph.outputs] == ["linear1"]


def test_from_wires_otherwise() -> None:
    graph = layers("""
        - relu: {name: a}
        - bn
        - sigmoid: {from: a}
        - add: {from: [bn1, sigmoid1, input]}
        - tanh
    """)
    assert wiring(graph) == {"a": ["input"], "bn1": ["a"], "sigmoid1": ["a"], "add1": ["bn1", "sigmoid1", "input"],
                             "tanh1": ["add1"]}  # fmt: skip


def test_from_may_be_an_expression() -> None:
    graph = layers("""
        - relu: {repeat: 3 as i, name: "r{i}"}
        - add: {from: ["r{2*k}", r0], each: {k: [0, 1]}}
    """)
    assert wiring(graph)["add2"] == ["r2", "r0"]


@pytest.mark.parametrize(
    ("join", "shape"),
    [("add", (4, 8, 8)), ("mul", (4, 8, 8)), ("concat", (8, 8, 8)), ("{concat: {axis: 2}}", (4, 16, 8)),
     ("{concat: {axis: -1}}", (4, 8, 16))],
)  # fmt: skip
def test_branches_are_fed_alike_and_joined(join: str, shape: tuple[int, ...]) -> None:
    graph = layers(f"""
        - conv: {{out: 4, kernel: 1}}
        - branches:
            - [{{conv: {{out: 4, kernel: 1}}}}, relu]
            - []
          join: {join}
    """)
    *_, joined = graph.nodes
    assert wiring(graph)["conv2"] == ["conv1"]
    assert wiring(graph)[joined.name] == ["relu1", "conv1"]
    assert joined.outputs[0].shape == (1, *shape)


def test_named_branches_are_scopes() -> None:
    graph = layers("""
        - branches:
            main: [{conv: {out: 3, kernel: 1}}, relu]
            skip: {layers: [relu]}
          join: {add: {name: sum}}
        - bn: {from: main}
        - bn: {from: skip.relu1}
    """)
    assert wiring(graph) == {"main.conv1": ["input"], "main.relu1": ["main.conv1"], "skip.relu1": ["input"],
                             "sum": ["main.relu1", "skip.relu1"], "bn1": ["main.relu1"],
                             "bn2": ["skip.relu1"]}  # fmt: skip


def test_named_branches_go_on_numbering() -> None:
    branches = "- branches: {main: [relu], skip: []}\n  join: add"
    assert names(layers(f"{branches}\n{branches}")) == ["main.relu1", "add1", "main.relu2", "add2"]


def test_a_name_of_branches_holds_them_all() -> None:
    graph = layers("- branches: {main: [relu], skip: []}\n  join: add\n  name: res\n- bn: {from: [res]}")
    assert wiring(graph) == {"res.main.relu1": ["input"], "res.add1": ["res.main.relu1", "input"],
                             "bn1": ["res.add1"]}  # fmt: skip


def test_without_a_join_all_results_go_on() -> None:
    graph = layers("- branches: [[relu], [bn], []]\n- concat\n- relu")
    assert wiring(graph)["concat1"] == ["relu1", "bn1", "input"]


def test_branches_may_nest() -> None:
    graph = layers("""
        - branches:
            - branches: [[relu], [bn]]
              join: add
            - [sigmoid]
          join: concat
    """)
    assert wiring(graph)["concat1"] == ["add1", "sigmoid1"]
    assert shapes(graph)["concat1"] == (6, 8, 8)


def test_groups() -> None:
    graph = layers("""
        - layers: [relu, {bn: {name: norm}}]
        - layers: [relu, {relu: {from: norm}}]
          name: g
        - layers:
            - linear: n
          let: {n: input.features//2}
        - add: {from: [g, g.relu1]}
    """)
    assert names(graph) == ["relu1", "norm", "g.relu1", "g.relu2", "linear1", "add1"]
    assert wiring(graph)["g.relu2"] == ["norm"]
    assert wiring(graph)["add1"] == ["g.relu2", "g.relu1"]
    assert shapes(graph)["linear1"] == (3, 8, 4)


@pytest.mark.parametrize(
    ("condition", "stands"),
    [("1 < 2", True), ("1 > 2", False), ("input.channels == 3", True), ("input.height != 8", False),
     ("wide and input.rank == 3", True), ("not wide", False)],
)  # fmt: skip
def test_when(condition: str, stands: bool) -> None:
    graph = layers(f"- relu: {{when: {condition}}}\n- bn", "input: [3, 8, 8]\nparams: {wide: true}")
    assert names(graph) == (["relu1", "bn1"] if stands else ["bn1"])
    assert wiring(graph)["bn1"] == ["relu1" if stands else "input"]


def test_what_does_not_stand_need_not_find_what_it_reads() -> None:
    graph = layers("- relu: {name: skip, when: deep}\n- add: {from: [skip, input], when: deep}\n- bn",
                   "input: [3, 8, 8]\nparams: {deep: false}")  # fmt: skip
    assert names(graph) == ["bn1"]


def test_names_are_local_to_their_block() -> None:
    graph = network("""
        input: [3]
        blocks: {unit: [{linear: {out: 3, name: fc}}, {add: {from: [fc, input]}}]}
        layers: [{linear: {out: 3, name: fc}}, unit, {unit: {name: last}}]
    """)
    assert wiring(graph) == {"fc": ["input"], "unit1.fc": ["fc"], "unit1.add1": ["unit1.fc", "fc"],
                             "last.fc": ["unit1.add1"], "last.add1": ["last.fc", "unit1.add1"]}  # fmt: skip


def test_arguments_defaults_and_derived_values() -> None:
    graph = network("""
        input: [6]
        params: {width: 2}
        let: {base: 10*width}
        blocks:
          unit:
            args: {out: required, mid: 2*out, tail: input.features + mid}
            let: {all: mid + tail + base, more: all + 1}
            layers: [{linear: mid}, {linear: tail}, {linear: all}, {linear: more}, {linear: input.features - 1}]
          plain: {args: [out], layers: [{linear: out}]}
        layers: [{unit: 1}, {unit: {out: base, tail: 5}}, {plain: {out: input.features*2}}]
    """)
    assert [shape[0] for shape in shapes(graph).values()] == [2, 8, 30, 31, 30, 40, 5, 65, 66, 65, 130]


def test_a_block_does_not_see_its_callers_variables() -> None:
    head = "input: [3]\nblocks: {unit: [{linear: i + 1}]}"
    with pytest.raises(Exception, match="unknown parameter 'i'"):
        layers("- unit: {repeat: 2 as i}", head)


def test_blocks_with_several_inputs_and_outputs() -> None:
    graph = network("""
        inputs: {tokens: {shape: [5], dtype: int64}, image: [3, 8, 8]}
        blocks:
          cross:
            inputs: [a, b]
            outputs: [left, right]
            layers: [{relu: {name: left, from: a}}, {bn: {name: right, from: b}}]
        layers:
          - conv: {out: 4, kernel: 1, from: image}
          - cross: {from: [conv1, image], outputs: [l, r]}
          - concat
          - add: {from: [r, image]}
          - sigmoid: {from: l}
          - relu: {from: tokens}
        outputs: [concat1, sigmoid1]
    """)
    assert wiring(graph) == {"conv1": ["image"], "cross1.left": ["conv1"], "cross1.right": ["image"],
                             "concat1": ["cross1.left", "cross1.right"], "add1": ["cross1.right", "image"],
                             "sigmoid1": ["cross1.left"], "relu1": ["tokens"]}  # fmt: skip
    assert [tensor.name for tensor in graph.outputs] == ["concat1", "sigmoid1"]
    assert [(tensor.name, tensor.dtype) for tensor in graph.inputs] == [("tokens", "int64"), ("image", "float32")]


def test_outputs_name_the_results_of_a_split() -> None:
    graph = layers("""
        - split: {sizes: [1, 2], axis: 1}
          outputs: [q, k]
        - relu: {from: k}
        - bn: {from: q}
    """)
    assert wiring(graph) == {"split1": ["input"], "relu1": ["split1:1"], "bn1": ["split1:0"]}
    assert shapes(graph)["relu1"] == (2, 8, 8)


def test_a_tied_weight_is_counted_once() -> None:
    graph = network("""
        input: {shape: [5], dtype: int64}
        layers: [{embedding: {vocab: 10, dim: 4, name: embed}}, relu,
                 {linear: {out: 10, bias: false, weight: embed.weight}}]
    """)
    assert parameters(graph) == [40, 0, 0]
    assert graph.nodes[2].weights == graph.nodes[0].weights


def test_a_weight_is_sought_from_the_inside_out() -> None:
    graph = network("""
        input: [4]
        blocks: {unit: [{linear: {out: 4, name: a}}, {linear: {out: 4, weight: a.weight}},
                        {linear: {out: 4, weight: b.weight}}]}
        layers: [{linear: {out: 4, name: b}}, {linear: {out: 4, name: a}}, unit]
    """)
    assert [node.weights[0].name for node in graph.nodes[3:]] == ["unit1.a.weight", "b.weight"]
    assert parameters(graph) == [20, 20, 20, 4, 4]


def test_several_weights_are_tied_by_their_names() -> None:
    graph = network("""
        inputs: {x: [4], rows: [3, 4]}
        layers:
          - linear: {out: 4, name: a, from: x}
          - linear: {out: 4, name: both, weight: {weight: a.weight, bias: a.bias}}
          - linear: {out: 4, name: one, weight: {bias: a.bias}}
          - attention: {heads: 2, name: attn, from: rows, weight: {q.weight: a.weight, out.bias: a.bias}}
    """)
    a, both, one, attn = graph.nodes
    assert both.weights == a.weights
    assert [weight.name for weight in one.weights] == ["one.weight", "a.bias"]
    assert [weight.name for weight in (attn.weights[0], attn.weights[-1])] == ["a.weight", "a.bias"]
    assert parameters(graph) == [20, 0, 16, 80 - 20]


def test_a_weight_by_its_full_name() -> None:
    graph = network("""
        input: [4]
        blocks: {unit: [{linear: {out: 4, name: a}}, {linear: {out: 4, weight: a.weight}},
                        {linear: {out: 4, weight: .a.weight}}, {linear: {out: 4, weight: {bias: .unit1.a.bias}}}]}
        layers: [{linear: {out: 4, name: a}}, unit]
    """)
    assert [node.weights[0].name for node in graph.nodes[2:4]] == ["unit1.a.weight", "a.weight"]
    assert graph.nodes[4].weights[1].name == "unit1.a.bias"


def test_what_is_frozen() -> None:
    graph = network("""
        input: [4]
        blocks: {unit: [{linear: 4}]}
        layers: [{unit: {trainable: false}}, unit, {layers: [unit, {linear: 4}], trainable: false}, {linear: 4},
                 {linear: {out: 4, trainable: false}}]
    """)
    assert [layer.trainable_params for layer in count(graph).layers] == [0, 20, 0, 0, 20, 0]
    assert parameters(graph) == [20] * 6


def test_what_runs_in_a_loop() -> None:
    graph = network("""
        input: [4]
        params: {steps: 3}
        blocks: {unit: [{linear: {out: 4, trips: steps + 1}}]}
        layers: [{unit: {trips: 2}}, unit, {layers: [unit, {linear: 4}], trips: 5}, {linear: 4}]
    """)
    assert [node.trips for node in graph.nodes] == [8, 4, 20, 5, 1]
    report = count(graph)
    assert report.totals["macs"].value == (8 + 4 + 20 + 5 + 1) * 16
    assert report.totals["params"].value == 5 * 20


@pytest.mark.parametrize(
    ("layers", "message"),
    [
        ("[{relu: {trips: -1}}]", "net.yaml:1:38\n  trips must be a non-negative integer, not -1"),
        ("[{relu: {trips: 1/2}}]", "trips must be a non-negative integer, not 0.5"),
        ("[{layers: [{relu: {trips: 2**30}}], trips: 2**30}]", "loops within one another run more than 2^40"),
        ("[{branches: [[], []], join: {add: {trips: 2}}}]", "join takes a name and its op's fields, nothing else"),
    ],
)
def test_loops_that_make_no_sense(layers: str, message: str) -> None:
    with pytest.raises(SpecError) as caught:
        network(f"{{input: [4], layers: {layers}}}")
    assert message in str(caught.value)


def test_dtype() -> None:
    graph = network("""
        dtype: float16
        inputs: {a: [4], b: {shape: [4], dtype: float64}}
        layers: [{linear: {out: 4, from: a}}, {relu: {from: b}}]
    """)
    assert [node.outputs[0].dtype for node in graph.nodes] == ["float16", "float64"]
    assert {weight.dtype for weight in graph.nodes[0].weights} == {"float16"}


def test_numbers_step_over_names_that_are_taken() -> None:
    assert names(layers("[{relu: {name: relu2}}, relu, relu]")) == ["relu2", "relu1", "relu3"]


def test_names_may_have_dots() -> None:
    graph = layers("[{relu: {name: a.b}}, {bn: {name: a.c}}, {add: {from: [a.b, a.c]}}]")
    assert wiring(graph)["add1"] == ["a.b", "a.c"]


def test_a_block_is_as_if_written_out() -> None:
    head = "input: [3, 8, 8]\nblocks: {unit: {args: [c], layers: [{conv: {out: c, kernel: 1}}, {layers: [relu]}]}}"
    written = "- layers: [{conv: {out: 5, kernel: 1}}, relu]\n  name: u"
    assert alike(layers("- unit: {c: 5, name: u}", head)) == alike(layers(written, head))


def test_no_layers_at_all() -> None:
    graph = layers("[]")
    assert graph.nodes == ()
    assert graph.outputs == graph.inputs


def test_a_layer_knows_where_it_stands() -> None:
    graph = network("input: [3]\nblocks:\n  unit:\n    - relu\nlayers:\n  - unit\n  - {linear: 4}\n")
    assert [node.where for node in graph.nodes] == ["net.yaml:4:7", "net.yaml:7:5"]
