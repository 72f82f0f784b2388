"""Recurrent layers under hooks: what stays as it is, and what of a projected state the tools do not see."""

from __future__ import annotations

import pytest

from flopcount.conventions import CONVENTIONS
from flopcount.ops.recurrent import GRU, LSTM, RNN, Recurrent
from flopcount.tools import Use

X = (2, 7, 12)


def use_of(op: Recurrent) -> Use:
    y = op.infer(X)
    return Use(op, op.work(X, y), (X,), (y,))


@pytest.mark.parametrize(
    ("op", "thop", "ptflops", "deepspeed"),
    [
        (RNN(hidden=10, bias=False), 220 + 10, 220 + 10, 2 * 220 - 10),
        (RNN(hidden=10), 220 + 30, 220 + 30, 2 * 220 + 10),
        (GRU(hidden=10), 660 + 130, 660 + 130, 2 * 660 + 70),
        (LSTM(hidden=10), 880 + 160, 880 + 180, 2 * 880 + 100),
    ],
    ids=["rnn without bias", "rnn", "gru", "lstm"],
)
def test_a_step_of_each_sample(op: Recurrent, thop: int, ptflops: int, deepspeed: int) -> None:
    """W·x and U·h of 10 units a gate, its biases, and the sums and products of the cell."""
    use = use_of(op)
    asked = {"thop": thop, "ptflops-modules": ptflops, "deepspeed": deepspeed, "calflops": deepspeed}
    assert {name: CONVENTIONS[name].total(use) for name in asked} == {key: 14 * each for key, each in asked.items()}
    assert not any(list(CONVENTIONS[name].errors(use)) for name in asked)


def test_a_projected_state_is_an_error_of_each() -> None:
    use = use_of(LSTM(hidden=10, proj=6))
    assert CONVENTIONS["macs"].total(use) == 14 * (40 * (12 + 6) + 60)
    assert CONVENTIONS["thop"].total(use) == 14 * (40 * (12 + 10) + 160)
    assert CONVENTIONS["ptflops-modules"].total(use) == 14 * (40 * (12 + 6) + 180)
    errors = {name: [rule.name for rule in CONVENTIONS[name].errors(use)] for name in ("thop", "ptflops-modules")}
    assert errors == {
        "thop": ["an LSTM whose state is projected, as if it were not"],
        "ptflops-modules": ["not the products that project an LSTM's state"],
    }
