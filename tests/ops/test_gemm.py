from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops.gemm import Gemm
from tests.counting import Number, array, backward_ledger, dot_product, indices, ledger, tallied

SIZES = st.integers(1, 4)


@given(SIZES, SIZES, SIZES, st.booleans(), st.booleans(), st.sampled_from([1, 2]), st.sampled_from([1, 2]), st.data())
def test_performs_its_definition(
    m: int, k: int, n: int, ta: bool, tb: bool, alpha: int, beta: int, data: st.DataObject
) -> None:
    a, b = (k, m) if ta else (m, k), (n, k) if tb else (k, n)
    shape = data.draw(st.sampled_from([None, (m, n), (n,), (1, n), (m, 1), ()]))
    others = [] if shape is None else [shape]
    with tallied() as done:
        c = {index: x * beta if beta != 1 else x for index, x in array(shape or ()).items()} if others else {}
        for _ in indices((m, n)):
            y = dot_product([Number()] * k, [Number()] * k)
            y = y * alpha if alpha != 1 else y
            _ = y + next(iter(c.values())) if others else y
    op = Gemm(transpose_a=ta, transpose_b=tb, alpha=alpha, beta=beta)
    op.check(a, b, *others)
    assert op.infer(a, b, *others) == (m, n)
    assert ledger(op, a, b, *others) == done


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((3, 4), (5, 6)), "inner sizes 4 and 5 differ"),
        (((3, 4), (4,)), "multiplies matrices, not 4"),
        (((2, 3, 4), (4, 5)), "batch axes of 2×3×4 and 4×5 differ"),
        (((3, 4), (4, 5), (4,)), "cannot add 4 to a product of 3×5"),
        (((3, 4), (4, 5), (1, 3, 5)), "cannot add 1×3×5 to a product of 3×5"),
    ],
)
def test_refuses(shapes: Any, message: str) -> None:
    with pytest.raises(OpError) as caught:
        Gemm().check(*shapes)
    assert caught.value.what == message


def test_gradients_are_products_of_the_same_size() -> None:
    op = Gemm(alpha=2, beta=2)
    assert backward_ledger(op, (3, 4), (4, 5), (5,)) == {
        "mul": 15 + 60 + 60 + 5,  # the factor α, the two products, the factor β
        "add": (60 - 12) + (60 - 20) + (15 - 5),
    }
