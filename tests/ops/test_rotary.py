from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.ops.rotary import Rotary
from tests.counting import Number, indices, ledger, tallied


@given(st.lists(st.integers(1, 4), max_size=3), st.integers(1, 4), st.integers(0, 3))
def test_each_pair_is_turned(leading: list[int], pairs: int, rest: int) -> None:
    shape = (*leading, 2 * pairs + rest)
    with tallied() as done:
        for _ in indices(leading):
            for _ in range(pairs):
                a, b, sine, cosine = (Number() for _ in range(4))
                _ = a * cosine - b * sine, a * sine + b * cosine
    assert Rotary(turned=2 * pairs).infer(shape) == shape
    assert ledger(Rotary(turned=2 * pairs), shape) == done
    assert ledger(Rotary(), (*leading, 2 * pairs)) == done


def test_refuses_to_turn_more_than_there_is() -> None:
    with pytest.raises(OpError, match="turns 65 features of 64"):
        Rotary(turned=65).check((1, 64))
