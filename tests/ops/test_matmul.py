from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from torch.utils.flop_counter import FlopCounterMode

from flopcount.conventions import CONVENTIONS
from flopcount.errors import OpError
from flopcount.ops.matmul import Matmul, broadcast
from tests import differentiating
from tests.counting import array, backward_ledger, dot_product, indices, ledger, ledger_in_letters, tallied
from tests.differentiating import Tape, Variable
from tests.torchs import counted_backward, priced_backward

Shapes = tuple[tuple[int, ...], tuple[int, ...]]
Array = dict[tuple[int, ...], Variable]


@st.composite
def operands(draw: st.DrawFn) -> tuple[Matmul, Shapes]:
    """Operands that fit, vectors and broadcasting batches among them."""
    sizes = st.integers(1, 4)
    m, k, n = draw(sizes), draw(sizes), draw(sizes)
    batch = draw(st.lists(sizes, max_size=3))

    def part() -> tuple[int, ...]:
        kept = batch[draw(st.integers(0, len(batch))) :]
        return tuple(draw(st.sampled_from([1, size])) for size in kept)

    transpose = draw(st.booleans())
    a = (k,) if draw(st.booleans()) else (*part(), m, k)
    if not transpose and draw(st.booleans()):
        return Matmul(), (a, (k,))
    return Matmul(transpose=transpose), (a, (*part(), *((n, k) if transpose else (k, n))))


def multiply(op: Matmul, shapes: Shapes) -> torch.Tensor:
    a, b = (torch.empty(shape, device="meta") for shape in shapes)
    return torch.matmul(a, b.mT if op.transpose else b)


@given(operands())
def test_shapes_are_torchs(case: tuple[Matmul, Shapes]) -> None:
    op, shapes = case
    op.check(*shapes)
    assert op.infer(*shapes) == tuple(multiply(op, shapes).shape)


@given(operands())
def test_ledger_is_what_doing_it_performs(case: tuple[Matmul, Shapes]) -> None:
    op, shapes = case
    inner = shapes[0][-1:]
    with tallied() as done:
        for _ in indices(multiply(op, shapes).shape):
            dot_product(array(inner).values(), array(inner).values())
    assert ledger(op, *shapes) == done


@given(operands())
def test_formulas_in_letters_count_the_same(case: tuple[Matmul, Shapes]) -> None:
    op, shapes = case
    assert ledger_in_letters(op, *shapes) == ledger(op, *shapes)


@pytest.mark.parametrize(
    "shapes",
    [((2, 5, 7), (2, 7, 3)), ((5, 7), (2, 6, 7, 3)), ((2, 6, 5, 7), (7, 3)), ((6, 1, 5, 7), (1, 4, 7, 3))],
    ids=str,
)
def test_torch_prices_the_same(shapes: Shapes) -> None:
    op = Matmul()
    with FlopCounterMode(display=False) as counter:
        multiply(op, shapes)
    (work,) = op.work(*shapes, op.infer(*shapes))
    assert CONVENTIONS["torch"].price(work, Matmul()) == counter.get_total_flops()


@given(st.data())
def test_accepts_what_torch_accepts(data: st.DataObject) -> None:
    shape = st.lists(st.integers(1, 3), min_size=1, max_size=4).map(tuple)
    shapes = (data.draw(shape), data.draw(shape))
    try:
        expected = tuple(multiply(Matmul(), shapes).shape)
    except RuntimeError:
        with pytest.raises(OpError):
            Matmul().check(*shapes)
    else:
        Matmul().check(*shapes)
        assert Matmul().infer(*shapes) == expected


@pytest.mark.parametrize(
    ("op", "shapes", "message", "hint"),
    [
        (Matmul(), ((1, 9, 64), (1, 9, 64)), "inner sizes 64 and 9 differ: 1×9×64 by 1×9×64",
         "transpose: true would fit"),
        (Matmul(transpose=True), ((5, 7), (7, 3)), "inner sizes 7 and 3 differ: 5×7 by 7×3 transposed",
         "transpose: false would fit"),
        (Matmul(), ((5, 7), (3,)), "inner sizes 7 and 3 differ: 5×7 by 3", None),
        (Matmul(), ((2, 5, 7), (3, 7, 4)), "batch axes of 2×5×7 and 3×7×4 do not broadcast: 2 meets 3",
         "aligned from the right, two axes must be equal, or one of them 1"),
        (Matmul(transpose=True), ((5, 7), (7,)), "transposes its second input, but 7 has one axis", None),
        (Matmul(), ((), (7,)), "takes vectors and matrices, but an input is a scalar", "use mul"),
    ],
)  # fmt: skip
def test_refuses(op: Matmul, shapes: Shapes, message: str, hint: str | None) -> None:
    with pytest.raises(OpError) as caught:
        op.check(*shapes)
    assert (caught.value.what, caught.value.hint) == (message, hint)


@given(operands(), st.sets(st.sampled_from([0, 1]), min_size=1))
def test_gradients_are_what_differentiating_it_performs(case: tuple[Matmul, Shapes], wanted: set[int | str]) -> None:
    op, (a, b) = case
    tape = Tape()
    x, w = tape.array(a, 0 in wanted), tape.array(b, 1 in wanted)
    left = (1, *a) if len(a) == 1 else a
    right = (*b, 1) if len(b) == 1 else (*b[:-2], *b[:-3:-1]) if op.transpose else b
    batch = broadcast(left[:-2], right[:-2])

    def read(array: Array, shape: tuple[int, ...], place: list[int], end: tuple[int, ...]) -> Variable:
        kept = place[len(place) - len(shape) + 2 :] if len(shape) > 2 else []
        return array[*(0 if size == 1 else i for i, size in zip(kept, shape[:-2], strict=True)), *end]

    outputs = []
    for *place, i, j in indices((*batch, left[-2], right[-1])):
        products = []
        for k in range(left[-1]):
            row = (k,) if len(a) == 1 else (i, k)
            column = (k,) if len(b) == 1 else (j, k) if op.transpose else (k, j)
            products.append(read(x, a, place, row) * read(w, b, place, column))
        outputs.append(differentiating.total(products))
    assert backward_ledger(op, a, b, to=wanted) == tape.backward(outputs)


@pytest.mark.parametrize("shapes", [((2, 5, 7), (2, 7, 3)), ((2, 6, 5, 7), (2, 6, 7, 3)), ((5, 7), (7, 3))], ids=str)
@pytest.mark.parametrize("wanted", [(0,), (1,), (0, 1)])
def test_torch_prices_the_gradients_the_same(shapes: Shapes, wanted: tuple[int, ...]) -> None:
    tensors = [torch.empty(shape, device="meta", requires_grad=i in wanted) for i, shape in enumerate(shapes)]
    assert priced_backward(Matmul(), *shapes, to=wanted) == counted_backward(torch.matmul, *tensors)
