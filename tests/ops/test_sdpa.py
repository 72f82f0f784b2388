from __future__ import annotations

from typing import Any

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops.sdpa import ScaledDotProduct
from tests.counting import Number, dot_product, ledger, tallied, total

SIZES = st.integers(1, 4)


def attend(t: int, s: int, d: int, dv: int, causal: bool, mask: bool) -> None:
    """One head."""
    for query in range(t):
        keys = s - t + query + 1 if causal else s
        scores = [dot_product([Number()] * d, [Number()] * d) * 0.5 for _ in range(keys)]
        scores = [score + Number() for score in scores] if mask else scores
        greatest = scores[0]
        for score in scores[1:]:
            greatest = greatest.maximum(score)
        exponentials = [(score - greatest).special() for score in scores]
        whole = total(exponentials)
        weights = [x / whole for x in exponentials]
        for _ in range(dv):
            dot_product(weights, [Number()] * keys)


@given(SIZES, SIZES, SIZES, SIZES, SIZES, SIZES, st.booleans(), st.booleans())
def test_performs_its_definition(g: int, h: int, t: int, more: int, d: int, dv: int, causal: bool, mask: bool) -> None:
    s = t + more - 1
    shapes: list[tuple[int, ...]] = [(2, g * h, t, d), (2, g, s, d), (2, g, s, dv)]
    q, k, v = map(torch.zeros, shapes)
    expected = torch.nn.functional.scaled_dot_product_attention(q, k, v, enable_gqa=True)
    shapes += [(t, s)] if mask else []
    op = ScaledDotProduct(causal=causal)
    assert op.infer(*shapes) == tuple(expected.shape)
    with tallied() as done:
        for _ in range(2 * g * h):
            attend(t, s, d, dv, causal, mask)
    assert ledger(op, *shapes) == done


@given(SIZES, SIZES, SIZES)
def test_what_the_mask_throws_away_makes_it_whole(t: int, more: int, d: int) -> None:
    shapes = [(1, 2, t, d), (1, 2, t + more, d), (1, 2, t + more, d)]
    dots = [
        sum(entry.count for entry in ScaledDotProduct(causal=causal).work(*shapes, shapes[0]) if entry.kind == "dot")
        for causal in (False, True)
    ]
    assert dots[0] == dots[1] == 2 * 2 * t * (t + more) * d


@pytest.mark.parametrize(
    ("shapes", "message"),
    [
        (((1, 2, 5, 4), (1, 2, 5, 3), (1, 2, 5, 4)), "queries have 4 features, keys 3"),
        (((1, 2, 5, 4), (1, 2, 6, 4), (1, 2, 5, 4)), "6 keys, but 5 values"),
        (((1, 3, 5, 4), (1, 2, 5, 4), (1, 2, 5, 4)), "heads or batches do not fit"),
        (((2, 5, 4), (1, 2, 5, 4), (1, 2, 5, 4)), "needs queries, keys and values with tokens and features"),
        (((1, 2, 6, 4), (1, 2, 5, 4), (1, 2, 5, 4)), "causal attention of 6 queries to 5 keys"),
    ],
)
def test_refuses(shapes: Any, message: str) -> None:
    with pytest.raises(OpError, match=message):
        ScaledDotProduct(causal=True).check(*shapes)
