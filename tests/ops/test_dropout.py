from __future__ import annotations

import pytest

from flopcount.errors import OpError
from flopcount.op import Op
from flopcount.ops.dropout import Dropout, Identity
from tests.counting import backward_ledger, ledger


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


def test_training_zeroes_elements_and_scales_the_others() -> None:
    """A comparison, and two multiplications: mask times scale, and x times both."""
    op = Dropout(p=0.5).in_training(True)
    assert op.in_training(False) == op
    assert (op.tag, op.view, op.infer((2, 64))) == ("dropout", False, (2, 64))
    assert ledger(op, (2, 64)) == {"cmp": 128, "mul": 256}
    assert backward_ledger(op, (2, 64)) == {"mul": 128}


def test_dropout_of_nothing_stays_nothing_in_training() -> None:
    op = Dropout(p=0)
    assert op.in_training(True) is op
    assert backward_ledger(op, (2, 64)) == backward_ledger(Identity(), (2, 64)) == {}
