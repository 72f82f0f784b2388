from __future__ import annotations

import pytest

from flopcount.errors import OpError
from flopcount.op import Op
from flopcount.ops.dropout import Dropout, Identity
from tests.counting import ledger


@pytest.mark.parametrize("op", [Dropout(), Dropout(p=0), Dropout(p=1), Identity()])
def test_passes_its_input_on(op: Op) -> None:
    assert op.infer((2, 64, 7, 7)) == (2, 64, 7, 7)
    assert op.weights((2, 64, 7, 7)) == op.buffers((2, 64, 7, 7)) == {}
    assert not ledger(op, (2, 64, 7, 7))


@pytest.mark.parametrize("p", [-0.1, 1.5, float("nan")])
def test_refuses_what_is_no_probability(p: float) -> None:
    with pytest.raises(OpError) as caught:
        Dropout(p=p).check((1, 8))
    assert caught.value.what == f"p must be a probability between 0 and 1, not {p}"
