from __future__ import annotations

from typing import ClassVar

import pytest

from flopcount.op import REGISTERED
from flopcount.ops.pointwise import Pointwise, declared
from tests.counting import backward_ledger, ledger


class Family(Pointwise, frozen=True, kw_only=True):
    group: ClassVar = "family"


def test_declares_an_op_from_its_formula(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopcount.op.REGISTERED", dict(REGISTERED))
    made = declared("Cube", "x · x · x", Family, mul=2, back=("dx = 3 · dy · x · x", {"mul": 3}))
    assert (made.tag, made.group, made.__module__) == ("cube", "family", __name__)
    assert made.__doc__ == "Element by element: y = x · x · x; backward, dx = 3 · dy · x · x."
    assert made.citation == "definition: y = x · x · x"
    assert ledger(made(), (2, 3)) == {"mul": 12}
    assert backward_ledger(made(), (2, 3)) == {"mul": 18}
