from __future__ import annotations

import pytest
import torch
from hypothesis import assume, given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from flopcount.conventions import CONVENTIONS
from flopcount.errors import OpError
from flopcount.ops.linear import Linear
from tests import differentiating
from tests.counting import Number, array, backward_ledger, dot_product, indices, ledger, sizes_of, tallied
from tests.differentiating import Tape
from tests.torchs import counted_backward, priced_backward

SHAPES = st.lists(st.integers(1, 5), min_size=1, max_size=4).map(tuple)


@given(SHAPES, st.integers(1, 5), st.booleans())
def test_shapes_and_parameters_are_torchs(shape: tuple[int, ...], out: int, bias: bool) -> None:
    op = Linear(out=out, bias=bias)
    module = torch.nn.Linear(shape[-1], out, bias, device="meta")
    op.check(shape)
    assert op.infer(shape) == tuple(module(torch.empty(shape, device="meta")).shape)
    assert op.weights(shape) == {name: tuple(weight.shape) for name, weight in module.named_parameters()}


@given(SHAPES, st.integers(1, 5), st.booleans())
def test_ledger_is_what_doing_it_performs(shape: tuple[int, ...], out: int, bias: bool) -> None:
    op = Linear(out=out, bias=bias)
    with tallied() as done:
        for _ in indices(op.infer(shape)):
            y = dot_product(array(shape[-1:]).values(), array(shape[-1:]).values())
            if bias:
                y + Number()
    assert ledger(op, shape) == done


@given(SHAPES, st.integers(1, 5), st.booleans())
def test_torch_prices_the_same(shape: tuple[int, ...], out: int, bias: bool) -> None:
    op = Linear(out=out, bias=bias)
    module = torch.nn.Linear(shape[-1], out, bias, device="meta")
    with FlopCounterMode(display=False) as counter:
        module(torch.empty((1, *shape), device="meta"))
    work = op.work(shape, op.infer(shape))
    assert sum(CONVENTIONS["torch"].price(entry, op) for entry in work) == counter.get_total_flops()


@pytest.mark.parametrize(
    ("features", "out", "params"), [(9216, 4096, 37_752_832), (4096, 4096, 16_781_312), (4096, 1000, 4_097_000)]
)
def test_lecture_alexnet(features: int, out: int, params: int) -> None:
    assert sizes_of(Linear(out=out).weights((1, features))) == params


def test_refuses_a_scalar() -> None:
    with pytest.raises(OpError) as caught:
        Linear(out=3).check(())
    assert caught.value.what == "needs an axis of features, but its input is a scalar"


@given(SHAPES, st.integers(1, 5), st.booleans(), st.sets(st.sampled_from([0, "weight", "bias"]), min_size=1))
def test_gradients_are_what_differentiating_it_performs(
    shape: tuple[int, ...], out: int, bias: bool, wanted: set[int | str]
) -> None:
    tape = Tape()
    x, weight = tape.array(shape, 0 in wanted), tape.array((out, shape[-1]), "weight" in wanted)
    offsets = tape.array((out,), "bias" in wanted)
    outputs = []
    for *row, o in indices((*shape[:-1], out)):
        products = [x[*row, k] * weight[o, k] for k in range(shape[-1])]
        outputs.append(differentiating.total(products) + offsets[o,] if bias else differentiating.total(products))
    assert backward_ledger(Linear(out=out, bias=bias), shape, to=wanted) == tape.backward(outputs)


@given(SHAPES, st.integers(1, 5), st.booleans(), st.booleans(), st.booleans())
def test_torch_prices_the_gradients_the_same(
    shape: tuple[int, ...], out: int, bias: bool, features: bool, weight: bool
) -> None:
    assume(features or weight)
    module = torch.nn.Linear(shape[-1], out, bias, device="meta")
    module.weight.requires_grad_(weight)
    counted = counted_backward(module, torch.empty((1, *shape), device="meta", requires_grad=features))
    wanted: list[int | str] = [0] * features + ["weight"] * weight
    assert priced_backward(Linear(out=out, bias=bias), shape, to=wanted) == counted
