from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.engine import Report, count
from flopcount.errors import OpError
from flopcount.fields import fields_of
from flopcount.graph import GraphBuilder, Tensor
from flopcount.op import KINDS, ROLES, Op, Work
from flopcount.ops.joining import Add, Concat
from flopcount.ops.source import Constant, Opaque, Parameter, cost_text
from tests.counting import backward_ledger
from tests.differentiating import Tape


def test_class_token_and_positions_of_a_vision_transformer() -> None:
    builder = GraphBuilder("vit", batch=8)
    patches = builder.input("patches", (8, 196, 768))
    (token,) = builder.add(Parameter(shape=(1, 768)), [patches], name="token")
    (tokens,) = builder.add(Concat(), [token, patches], name="tokens")
    (positions,) = builder.add(Parameter(shape=(197, 768)), [tokens], name="positions")
    (y,) = builder.add(Add(), [tokens, positions], name="embedded")
    assert y.shape == (8, 197, 768)
    layers = {layer.node.name: layer for layer in count(builder.build([y])).layers}
    assert [layers[name].params for name in ("token", "positions")] == [768, 197 * 768]
    assert [layers[name].work for name in ("token", "positions")] == [(), ()]


def test_a_constant_is_kept_and_not_learned() -> None:
    builder = GraphBuilder("sinusoids")
    x = builder.input("x", (1, 10, 4))
    (y,) = builder.add(Constant(shape=(10, 4)), [x], name="positions")
    (layer,) = count(builder.build([y])).layers
    assert (layer.params, layer.trainable_params, layer.buffers, layer.work) == (0, 0, 40, ())


def test_an_opaque_layer_is_unknown_and_what_follows_is_counted() -> None:
    builder = GraphBuilder("net", batch=2)
    x, z = builder.input("x", (2, 3, 32, 32)), builder.input("z", (2, 7))
    (hidden,) = builder.add(Opaque(out=(10,)), [x, z], name="secret")
    (y,) = builder.add(Add(), [hidden, hidden], name="sum")
    report = count(builder.build([y]))
    assert hidden.shape == (2, 10)
    assert [layer.node.name for layer in report.uncounted] == ["secret"]
    assert report.layers[0].params is None
    assert report.layers[1].work is not None


def opaque(*, batch: int | None = 2, shape: tuple[int, ...] = (2, 3), trainable: bool = True, **fields: Any) -> Report:
    builder = GraphBuilder("net", batch)
    x = builder.input("x", shape)
    return count(builder.build(builder.add(Opaque(**fields), [x], name="secret", trainable=trainable)))


def test_an_opaque_layer_of_known_cost() -> None:
    costs = ("dot 24 of 8", "add 8 as bias", "special 5 in softmax", "dot 6 of 2 in late as masked")
    report = opaque(out=(8,), costs=costs, params=32, kept=3)
    totals = {key: total.value for key, total in report.totals.items() if not total.unknown}
    assert report.uncounted == ()
    assert {key: totals[key] for key in ("params", "trainable_params", "buffers", "macs", "flops")} == {
        "params": 32, "trainable_params": 32, "buffers": 3, "macs": 48, "flops": 2 * 48 - 16 + 16,
    }  # fmt: skip
    assert [cost_text(work) for work in report.layers[0].work or ()] == [
        "dot 48 of 16", "add 16 as bias", "special 10 in softmax", "dot 12 of 4 in late as masked",
    ]  # fmt: skip
    assert opaque(out=(8,), costs=(), params=4, trainable=False).totals["trainable_params"].value == 0


def test_without_a_batch_its_costs_are_those_of_the_whole() -> None:
    report = opaque(out=(2, 8), keep_batch=False, costs=("dot 24 of 8",))
    assert (report.totals["macs"].value, report.graph.outputs[0].shape) == (24, (2, 8))
    assert opaque(batch=None, shape=(3,), out=(8,), keep_batch=False, costs=("add 3",)).totals["macs"].value == 0


def test_an_opaque_layer_of_several_results() -> None:
    assert [tensor.shape for tensor in opaque(out=((3, 4), ())).graph.outputs] == [(2, 3, 4), (2,)]
    assert [tensor.shape for tensor in opaque(out=((3, 0),), keep_batch=False).graph.outputs] == [(3, 0)]


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"costs": ("dot 24",)}, "cannot read the cost 'dot 24'"),
        ({"costs": ("add 3 of 4",)}, "cannot read the cost 'add 3 of 4'"),
        ({"costs": ("ad 3",)}, "unknown kind of work 'ad'"),
        ({"costs": ("add 3 as bais",)}, "unknown role of work 'bais'"),
        ({"params": 3}, "has parameters or buffers, but no costs"),
    ],
)
def test_costs_that_make_no_sense(fields: dict[str, Any], message: str) -> None:
    with pytest.raises(OpError) as caught:
        opaque(out=(3,), **fields)
    assert message in str(caught.value)
    assert caught.value.hint


@given(
    st.sampled_from(KINDS), st.integers(0, 2**70), st.integers(0, 9), st.sampled_from(ROLES), st.text("ab_", max_size=3)
)
def test_an_entry_of_the_ledger_as_text_and_back(kind: str, of: int, outputs: int, role: str, part: str) -> None:
    work = Work(kind, of, outputs if kind == "dot" else 0, role, part)
    assert Opaque(out=(), costs=(cost_text(work),), keep_batch=False).work(()) == (work,)


def test_beside_token_ids_a_parameter_is_real() -> None:
    assert Parameter(shape=(4,)).dtype("int64") is None  # the network's own
    assert Parameter(shape=(4,)).dtype("float16") == "float16"


def test_needs_a_batch() -> None:
    with pytest.raises(OpError, match="axis 0 is out of range: the input has 0 axes"):
        Parameter(shape=(4,)).check(())


def test_of_another_type_than_the_network() -> None:
    builder = GraphBuilder("net")
    (index,) = builder.add(Constant(shape=(49, 49), of="int64", keep_batch=False), [], name="index")
    (table,) = builder.add(Parameter(shape=(4,), of="float16", keep_batch=False), [], name="table")
    assert [tensor.dtype for tensor in (index, table)] == ["int64", "float16"]
    assert [weight.dtype for node in builder.nodes for weight in node.weights] == ["int64", "float16"]
    with pytest.raises(OpError) as caught:
        builder.add(Constant(shape=(4,), of="int63", keep_batch=False), [], name="wrong")
    assert (caught.value.what, caught.value.hint) == (
        "unknown dtype 'int63'", "did you mean 'int64' or 'int32' or 'int16'?"
    )  # fmt: skip


@pytest.mark.parametrize(("op", "first"), [(Parameter, "shape"), (Constant, "shape"), (Opaque, "out")])
def test_the_short_form_gives_the_shape(op: type[Op], first: str) -> None:
    assert next(iter(fields_of(op))) == first


def test_what_every_pass_makes_anew_is_no_buffer() -> None:
    builder = GraphBuilder("net")
    (mask,) = builder.add(Constant(shape=(5,), kept=False), [builder.input("x", (2, 3))], name="mask")
    (layer,) = count(builder.build([mask])).layers
    assert (mask.shape, layer.buffers, layer.node.weights) == ((2, 5), 0, ())


@given(st.integers(1, 4), st.lists(st.integers(1, 4), min_size=1, max_size=3).map(tuple))
def test_a_parameters_gradient_is_the_sum_over_the_batch(batch: int, shape: tuple[int, ...]) -> None:
    tape = Tape()
    table = tape.array(shape)
    outputs = [value.masked() for _ in range(batch) for value in table.values()]
    done = tape.backward(outputs)
    del done["mul"]
    assert backward_ledger(Parameter(shape=shape), (batch, 5), to=["weight"]) == done


def test_what_is_not_learned_has_no_gradient_and_the_unknown_has_an_unknown_one() -> None:
    assert backward_ledger(Constant(shape=(3, 4)), (2, 5)) == {}
    assert Opaque(out=(3,)).backward((2, 5), (2, 3)) is None


def test_without_a_batch_the_shape_is_all_of_it() -> None:
    builder = GraphBuilder("net", batch=8)
    x = builder.input("x", (8, 4))
    (table,) = builder.add(Parameter(shape=(3, 4), keep_batch=False), [], name="table")
    (mask,) = builder.add(Constant(shape=(5,), keep_batch=False), [], name="mask")
    (hidden,) = builder.add(Opaque(out=(2, 2), keep_batch=False), [x, table], name="secret")
    assert (table.shape, mask.shape, hidden.shape) == ((3, 4), (5,), (2, 2))
    with pytest.raises(OpError, match="takes the batch size from an input"):
        builder.add(Parameter(shape=(3, 4)), [], name="other")


def test_a_constant_that_no_module_keeps_counts_nowhere() -> None:
    builder = GraphBuilder("net")
    value = Tensor("positions", (5,), "int64", "constant")
    builder.add(Constant(shape=(5,), keep_batch=False), [], name="positions", tied={"value": value})
    (layer,) = count(builder.build([])).layers
    assert (layer.params, layer.buffers) == (0, 0)
