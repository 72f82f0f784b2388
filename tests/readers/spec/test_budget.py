from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from flopcount.errors import SpecError
from flopcount.readers.spec import read
from flopcount.readers.spec.budget import MAX_LAYERS, MAX_VALUES, Budget
from flopcount.readers.spec.document import compose

NODE: Any = compose("[relu]", "net.yaml")


@pytest.mark.parametrize(
    ("spent", "use", "what"),
    [
        ({"layers": MAX_LAYERS - 1}, lambda it: it.layer(NODE), "524288 layers"),
        ({"values": MAX_VALUES - 3}, lambda it: it.spend(NODE, 3), "4194304 values"),
    ],
)
def test_it_can_be_used_up_but_not_exceeded(spent: dict[str, int], use: Callable[[Budget], None], what: str) -> None:
    budget = Budget("net.yaml", **spent)  # its clock starts here, not when the tests are collected
    use(budget)
    with pytest.raises(SpecError) as caught:
        use(budget)
    assert str(caught.value).startswith(f"error: net.yaml:1:1\n  the spec unfolds into more than {what}\n")


def test_time_is_the_last_fuse(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopcount.readers.spec.budget.MAX_SECONDS", 0)
    text = "input: [3]\nlayers:\n  - relu:\n    when: sum(range(1000 + i)) < 0\n    repeat: 9 as i\n"
    with pytest.raises(SpecError, match="the spec unfolds into more than can be computed in 0 seconds"):
        read(text, "net.yaml")


def test_every_shared_weight_is_paid_for(monkeypatch: pytest.MonkeyPatch) -> None:
    text = (
        "input: [3]\nlayers:\n  - linear: {out: 3, name: a}\n"
        "  - linear: {out: 3, weight: {weight: a.weight, bias: a.bias}}\n    repeat: 5\n"
    )
    monkeypatch.setattr("flopcount.readers.spec.budget.MAX_VALUES", 5 + 1 + 1 + 10)  # copies, rows, entry, ties
    read(text, "net.yaml")
    monkeypatch.setattr("flopcount.readers.spec.budget.MAX_VALUES", 5 + 1 + 1 + 9)
    with pytest.raises(SpecError, match="the spec unfolds into more than 16 values"):
        read(text, "net.yaml")
