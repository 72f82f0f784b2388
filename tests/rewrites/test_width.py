from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.engine import count
from flopcount.graph import Graph
from flopcount.ops.split import Split
from flopcount.rewriting import rewrite
from flopcount.sources import load, shipped_names
from tests.rewrites.layers import structure
from tests.samples import Sample

HEADLESS = ("inception_module_naive", "lecture_inception_direct", "lecture_separable", "lecture_standard",
            "lecture_ten_filters", "lecture_try_this")  # fmt: skip


def test_half_of_mobilenet_is_mobilenet_at_half_its_width() -> None:
    """Howard et al. 2017: α = 0.5."""
    half = rewrite(load("mobilenet_v1"), "width:factor=0.5").after
    assert structure(half) == structure(load("mobilenet_v1", settings={"width": "0.5"}))
    totals = count(half).totals
    assert (totals["params"].value, totals["macs"].value) == (1_331_592, 149_497_088)


@pytest.mark.parametrize("factor", ["0.25", "0.35", "0.75", "1.5", "2"])
def test_any_width_of_mobilenet(factor: str) -> None:
    scaled = rewrite(load("mobilenet_v1"), f"width:factor={factor}").after
    assert structure(scaled) == structure(load("mobilenet_v1", settings={"width": factor}))


@pytest.mark.parametrize("name", shipped_names())
@pytest.mark.parametrize("factor", ["0.5", "2"])
def test_every_shipped_network_stays_a_network(name: str, factor: str) -> None:
    graph = load(name)
    rewriting = rewrite(graph, f"width:factor={factor}")
    assert [t.shape for t in rewriting.after.inputs] == [t.shape for t in graph.inputs]
    assert [t.shape for t in rewriting.after.outputs] == [t.shape for t in graph.outputs]
    assert bool(rewriting.replaced) == (name not in HEADLESS)


def test_factor_one_changes_nothing() -> None:
    for name in ("resnet50", "densenet121", "efficientnet_b0", "vit_b_16"):
        rewriting = rewrite(load(name), "width:factor=1")
        assert (structure(rewriting.after), rewriting.replaced) == (structure(load(name)), {})


def shapes(graph: Graph) -> dict[str, tuple[int, ...]]:
    return {node.name: node.outputs[0].shape for node in graph.nodes}


def half(graph: Graph, options: str = "") -> dict[str, tuple[int, ...]]:
    return shapes(rewrite(graph, f"width:factor=0.5{options}").after)


def test_a_residual_keeps_both_sides_equal() -> None:
    b = Sample("residual")
    x = b.then(b.input("x", (1, 3, 8, 8)), "conv", "a", out=32, kernel=3, padding=1)
    y = b.then(b.then(x, "conv", "b", out=64, kernel=1), "conv", "c", out=32, kernel=1)
    x = b.then(y, "add", "sum", x)
    graph = b.build([b.then(b.then(x, "global_avgpool", "pool", keepdim=False), "linear", "fc", out=10)])
    assert half(graph)["c"] == half(graph)["a"] == (1, 16, 8, 8)
    # One side left as it is holds the other.
    assert half(graph, ",skip=a")["c"] == (1, 32, 8, 8)
    assert rewrite(graph, "width:factor=0.5,skip=a").steps[0].result.kept["c"] == "a (conv) is left as it is"


def test_what_is_joined_with_the_input_or_given_out_keeps_its_size() -> None:
    b = Sample("fixed")
    x = b.input("x", (1, 16, 8, 8))
    y = b.then(b.then(x, "conv", "a", out=32, kernel=1), "conv", "b", out=16, kernel=1)
    graph = b.build([b.then(y, "add", "sum", x)])
    rewriting = rewrite(graph, "width:factor=0.5")
    assert (shapes(rewriting.after)["a"][1], shapes(rewriting.after)["b"][1]) == (16, 16)
    assert rewriting.steps[0].result.kept == {"b": "sum (add) joins it with a size that is fixed"}


def test_concatenation_split_and_shuffle_carry_widths() -> None:
    """A ShuffleNet unit: one half goes through, the other is computed, the two are shuffled."""
    b = Sample("shuffle")
    x = b.then(b.input("x", (1, 3, 8, 8)), "conv", "stem", out=48, kernel=1)
    left, right = b.add(Split(parts=2), [x], name="split")
    right = b.then(right, "conv", "depthwise", out=24, kernel=3, padding=1, groups=24)
    right = b.then(right, "conv", "pointwise", out=24, kernel=1)
    x = b.then(left, "concat", "concat", right)
    x = b.then(x, "channel_shuffle", "shuffle", groups=2)
    graph = b.build([b.then(x, "conv", "head", out=7, kernel=1)])
    widths = {name: shape[1] for name, shape in half(graph).items()}
    assert widths == {
        "stem": 24, "split": 12, "depthwise": 12, "pointwise": 16, "concat": 28, "shuffle": 28, "head": 7,
    }  # fmt: skip


def test_unequal_parts_follow_the_widths_that_they_were_joined_from() -> None:
    b = Sample("parts")
    x = b.input("x", (1, 3, 8, 8))
    a, c = (b.then(x, "conv", name, out=out, kernel=1) for name, out in (("a", 16), ("c", 32)))
    first, second = b.add(Split(sizes=(16, 32)), [b.then(a, "concat", "concat", c)], name="split")
    graph = b.build([b.then(first, "conv", "d", out=5, kernel=1), b.then(second, "conv", "e", out=5, kernel=1)])
    split = next(node for node in rewrite(graph, "width:factor=0.5").after.nodes if node.name == "split")
    assert (split.op.sizes, [t.shape[1] for t in split.outputs]) == ((8, 16), [8, 16])  # type: ignore[attr-defined]


def test_heads_groups_and_gates_stay_divisible() -> None:
    b = Sample("tokens")
    x = b.then(b.input("x", (1, 9, 40)), "linear", "embed", out=48)
    x = b.then(x, "attention", "attention", heads=6)
    x = b.then(b.then(x, "linear", "up", out=90), "glu", "glu")
    graph = b.build([b.then(x, "linear", "head", out=7)])
    assert half(graph) == {
        "embed": (1, 9, 24), "attention": (1, 9, 24), "up": (1, 9, 46), "glu": (1, 9, 23), "head": (1, 9, 7),
    }  # fmt: skip


def test_sizes_in_numbers_hold_what_they_are_made_from() -> None:
    b = Sample("reshaped")
    x = b.then(b.input("x", (1, 3, 8, 8)), "conv", "conv", out=16, kernel=1)
    x = b.then(x, "reshape", "reshape", shape=(16, 64))
    graph = b.build([b.then(x, "linear", "fc", out=7)])
    assert rewrite(graph, "width:factor=0.5").steps[0].result.kept["conv"] == (
        "reshape (reshape) states sizes in numbers"
    )


def test_what_rounding_holds_says_so() -> None:
    b = Sample("narrow")
    x = b.then(b.input("x", (1, 3, 8, 8)), "conv", "conv", out=8, kernel=1)
    graph = b.build([b.then(x, "conv", "head", out=7, kernel=1)])
    rewriting = rewrite(graph, "width:factor=0.5")
    assert rewriting.replaced == {}
    assert rewriting.steps[0].result.kept["conv"] == "8 times 0.5 is rounded to 8 again"
    assert shapes(rewrite(graph, "width:factor=0.5,multiple=1").after)["conv"][1] == 4


def test_channels_of_pixels() -> None:
    b = Sample("pixels")
    x = b.then(b.input("x", (1, 3, 8, 8)), "conv", "conv", out=64, kernel=1)
    x = b.then(b.then(x, "pixel_shuffle", "shuffle", factor=2), "conv", "next", out=32, kernel=1)
    graph = b.build([b.then(b.then(x, "flatten", "flatten"), "linear", "fc", out=7)])
    assert {name: shape[1] for name, shape in half(graph).items()} == {
        "conv": 32, "shuffle": 8, "next": 16, "flatten": 16 * 256, "fc": 7,
    }  # fmt: skip


@given(st.integers(1, 200), st.sampled_from(["0.1", "0.25", "0.5", "0.75", "1.5", "3"]))
def test_rounding(channels: int, factor: str) -> None:
    """Multiples of eight become such; no others are forced to; never below 90 % of what was asked for."""
    b = Sample("one")
    x = b.then(b.input("x", (1, 3, 4, 4)), "conv", "conv", out=channels, kernel=1)
    graph = b.build([b.then(x, "conv", "head", out=7, kernel=1)])
    made = shapes(rewrite(graph, f"width:factor={factor}").after)["conv"][1]
    wanted = channels * Fraction(factor)
    assert made >= 1
    assert made >= wanted * Fraction(9, 10)
    assert abs(made - wanted) <= (8 if channels % 8 == 0 else 1)
    assert made % 8 == 0 or channels % 8


def test_a_learned_tensor_that_is_read_twice_keeps_its_size() -> None:
    from flopcount.graph import GraphBuilder, Tensor
    from flopcount.ops.joining import Add
    from flopcount.ops.linear import Linear
    from flopcount.ops.source import Parameter

    builder = GraphBuilder("network")
    table = Tensor("table", (1, 20), kind="parameter", trainable=True)
    (y,) = builder.add(Linear(out=20), [builder.input("x", (1, 8))], name="fc1")
    for name in ("first", "second"):
        (read,) = builder.add(Parameter(shape=(1, 20), keep_batch=False), [], name=name, tied={"weight": table})
        (y,) = builder.add(Add(), [y, read], name=f"add.{name}")
    graph = builder.build(builder.add(Linear(out=10), [y], name="fc2"))
    assert shapes(rewrite(graph, "width:factor=0.5").after) == shapes(graph)
