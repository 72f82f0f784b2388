from __future__ import annotations

import json

import msgspec
import pytest

from flopcount.budget.document import check_document
from flopcount.renderers import json as as_json
from flopcount.verdict import SCHEMA, ModelCheck, Verdict, decoded, encoded, status_of
from tests.checks import EVERYTHING


def test_the_data_holds_all_of_it() -> None:
    text = as_json.render(check_document(EVERYTHING))
    data = json.loads(text)
    assert next(iter(data)) == "schema"
    assert data["schema"] == SCHEMA == "flopcount.check/1"
    assert decoded(data) == EVERYTHING
    assert encoded(decoded(data)) == encoded(EVERYTHING)


def test_other_data_is_refused() -> None:
    with pytest.raises(msgspec.ValidationError):
        decoded({"schema": SCHEMA})


@pytest.mark.parametrize(
    ("outcomes", "status"),
    [
        ([], 0), (["within"], 0), (["not compared"], 0), (["over"], 1), (["incomplete"], 3),
        (["incomplete", "over", "within"], 1),
    ],
)  # fmt: skip
def test_status(outcomes: list[str], status: int) -> None:
    for level, expected in (("error", status), ("warn", 0)):
        verdicts = tuple(Verdict("params", "max", level, outcome, "1") for outcome in outcomes)  # type: ignore[arg-type]
        assert status_of((ModelCheck("a", "a", verdicts=verdicts),)) == expected


def test_unreadable_comes_first() -> None:
    assert (EVERYTHING.exit_status, status_of(EVERYTHING.models[:2])) == (2, 1)
