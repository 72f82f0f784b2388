from __future__ import annotations

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.fields import fields_of
from flopcount.ops.einsum import Einsum
from flopcount.ops.matmul import Matmul
from tests.counting import Number, array, backward_ledger, indices, ledger, ledger_in_letters, tallied
from tests.torchs import counted_backward, priced_backward

Shapes = tuple[tuple[int, ...], ...]
SIZES = dict(zip("abcd", (2, 3, 4, 1), strict=True))


def contract(left: str, right: str, output: str) -> None:
    """Two operands by definition: every combination of indices is one product, summed into the output."""
    labels = sorted({*left, *right})
    sums: dict[tuple[int, ...], Number] = {}
    for index in indices(SIZES[label] for label in labels):
        place = tuple(index[labels.index(label)] for label in output)
        product = Number() * Number()
        sums[place] = sums[place] + product if place in sums else product


@st.composite
def equations(draw: st.DrawFn, operands: int) -> tuple[list[str], str]:
    terms = ["".join(draw(st.lists(st.sampled_from("abcd"), min_size=1, max_size=3))) for _ in range(operands)]
    output = draw(st.permutations(sorted(set("".join(terms)))))
    return terms, "".join(output[: draw(st.integers(0, len(output)))])


def shapes_of(terms: list[str]) -> Shapes:
    return tuple(tuple(SIZES[label] for label in term) for term in terms)


@given(st.integers(1, 4).flatmap(equations))
def test_shapes_are_torchs(case: tuple[list[str], str]) -> None:
    terms, output = case
    equation = f"{','.join(terms)}->{output}"
    op = Einsum(equation=equation)
    op.check(*shapes_of(terms))
    expected = torch.einsum(equation, *(torch.empty(shape, device="meta") for shape in shapes_of(terms)))
    assert op.infer(*shapes_of(terms)) == tuple(expected.shape)


@given(st.integers(1, 4).flatmap(equations))
def test_formulas_in_letters_count_the_same(case: tuple[list[str], str]) -> None:
    terms, output = case
    op = Einsum(equation=f"{','.join(terms)}->{output}")
    assert ledger_in_letters(op, *shapes_of(terms)) == ledger(op, *shapes_of(terms))


@given(equations(2))
def test_two_operands_are_what_doing_it_performs(case: tuple[list[str], str]) -> None:
    terms, output = case
    with tallied() as done:
        contract(terms[0], terms[1], output)
    assert ledger(Einsum(equation=f"{','.join(terms)}->{output}"), *shapes_of(terms)) == done


@given(equations(1))
def test_one_operand_is_what_doing_it_performs(case: tuple[list[str], str]) -> None:
    (term,), output = case
    labels = sorted(set(term))
    sums: dict[tuple[int, ...], Number] = {}
    with tallied() as done:
        for index, number in array(SIZES[label] for label in labels).items():
            place = tuple(index[labels.index(label)] for label in output)
            sums[place] = sums[place] + number if place in sums else number
    assert ledger(Einsum(equation=f"{term}->{output}"), *shapes_of([term])) == done


def test_several_operands_are_contracted_left_to_right() -> None:
    chain = Einsum(equation="ab,bc,cd->ad")
    first, second = chain.work((2, 3), (3, 5), (5, 7), (2, 7))
    assert (first.count, first.outputs) == (2 * 3 * 5, 2 * 5)
    assert (second.count, second.outputs) == (2 * 5 * 7, 2 * 7)


@pytest.mark.parametrize(
    ("equation", "shapes"),
    [
        ("ij,jk", ((2, 3), (3, 4))),
        ("b i d, b j d -> b i j", ((2, 3, 5), (2, 4, 5))),
        ("...ij,...jk->...ik", ((6, 2, 3), (5, 1, 3, 4))),
        ("...ij,jk", ((6, 2, 3), (3, 4))),
        ("i...,i...->...", ((3, 2, 4), (3, 4))),
        ("ii->i", ((3, 3),)),
        ("ii", ((3, 3),)),
        ("...->...", ((2, 3),)),
        ("ij,ij,ij->j", ((2, 3), (1, 3), (2, 1))),
    ],
)
def test_equations_read_as_torch_reads_them(equation: str, shapes: Shapes) -> None:
    op = Einsum(equation=equation)
    op.check(*shapes)
    expected = torch.einsum(equation, *(torch.empty(shape, device="meta") for shape in shapes))
    assert op.infer(*shapes) == tuple(expected.shape)


def test_agrees_with_matmul() -> None:
    shapes = ((6, 1, 5, 7), (4, 7, 3))
    assert ledger(Einsum(equation="...ij,...jk->...ik"), *shapes) == ledger(Matmul(), *shapes)


@pytest.mark.parametrize(
    ("equation", "shapes", "message"),
    [
        ("ij,jk->ik", ((2, 3),), "'ij,jk->ik' names 2 inputs, but there are 1"),
        ("ij->i", ((2, 3, 4),), "'ij' of 'ij->i' names 2 axes, but its input has 3"),
        ("ij->i", ((2,),), "'ij' of 'ij->i' names 2 axes, but its input has 1"),
        ("ij,jk->ik", ((2, 3), (4, 5)), "'j' of 'ij,jk->ik' is 3 and 4"),
        ("ii->i", ((1, 3),), "'i' of 'ii->i' is 1 and 3"),
        ("...,...", ((2,), (3,)), "axis 1 of '...' of '...,...' is 2 and 3"),
        ("ij->k", ((2, 3),), "'k' in the output of 'ij->k' is in no input"),
        ("ij->ii", ((2, 3),), "'i' stands twice in the output of 'ij->ii'"),
        ("i1->i", ((2, 3),), "'1' cannot stand in the equation 'i1->i'"),
        ("i.j->i", ((2, 3, 4),), "'.' cannot stand in the equation 'i.j->i'"),
        ("ij->i->j", ((2, 3),), "'-' cannot stand in the equation 'ij->i->j'"),
    ],
)
def test_refuses(equation: str, shapes: Shapes, message: str) -> None:
    with pytest.raises(OpError) as caught:
        Einsum(equation=equation).check(*shapes)
    assert caught.value.what == message


def test_an_equation_is_text() -> None:
    field = fields_of(Einsum)["equation"].type
    assert "ij->i" in field.words
    with pytest.raises(OpError, match="must be text, not 3"):
        field.read(3)


@given(equations(2), st.sampled_from([0, 1]))
def test_the_gradient_of_an_operand_is_a_contraction_of_the_outputs_with_the_other(
    case: tuple[list[str], str], wanted: int
) -> None:
    """An axis that only this operand has, and that is summed, only repeats the gradient."""
    terms, output = case
    own, other = terms[wanted], terms[1 - wanted]
    with tallied() as done:
        contract(output, other, "".join(label for label in sorted(set(own)) if label in output + other))
    op = Einsum(equation=f"{','.join(terms)}->{output}")
    assert backward_ledger(op, *shapes_of(terms), to=[wanted]) == done


@pytest.mark.parametrize("equation", ["bhid,bhjd->bhij", "ij,jk->ik", "bij,bjk->bki"])
@pytest.mark.parametrize("wanted", [(0,), (1,), (0, 1)])
def test_torch_prices_the_gradients_the_same(equation: str, wanted: tuple[int, ...]) -> None:
    sizes = dict(zip("bhijkd", (2, 3, 4, 5, 6, 7), strict=True))
    shapes = [tuple(sizes[label] for label in term) for term in equation.partition("->")[0].split(",")]
    tensors = [torch.empty(shape, device="meta", requires_grad=i in wanted) for i, shape in enumerate(shapes)]
    counted = counted_backward(lambda *x: torch.einsum(equation, *x), *tensors)
    assert priced_backward(Einsum(equation=equation), *shapes, to=wanted) == counted


def test_gradients_of_several_operands_are_those_of_each_step() -> None:
    chain = Einsum(equation="ab,bc,cd->ad")
    work = chain.backward((2, 3), (3, 5), (5, 7), (2, 7))
    assert [(entry.to, entry.count, entry.outputs) for entry in work] == [
        (0, 2 * 3 * 5, 2 * 3), (1, 2 * 3 * 5, 3 * 5), ("", 2 * 5 * 7, 2 * 5), (2, 2 * 5 * 7, 5 * 7),
    ]  # fmt: skip


def test_the_gradient_of_a_sum_is_a_copy() -> None:
    assert Einsum(equation="ij->i").backward((2, 3), (2,)) == []


def test_an_axis_of_size_1_that_was_stretched_is_summed_over() -> None:
    assert backward_ledger(Einsum(equation="ij,jk->ik"), (4, 1), (6, 5), to=[0]) == {"mul": 120, "add": 116}
