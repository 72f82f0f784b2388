from __future__ import annotations

from typing import Any

import pytest
from msgspec.structs import replace

from flopcount.budget.document import MAX_ROWS, check_document, headline
from flopcount.registry import load
from flopcount.verdict import Check, ModelCheck, Problem, Verdict
from tests.checks import EVERYTHING
from tests.golden import assert_golden
from tests.renderers.documents import FOR_CHECKS, FORMATS


@pytest.mark.parametrize("name", sorted({*FORMATS, *FOR_CHECKS} - {"csv"}))  # which keeps the hostile line end
def test_golden(name: str) -> None:
    assert_golden(f"check.{name}", load("renderers", name).render(check_document(EVERYTHING)))


def test_markdown_has_a_marker_that_nobody_sees() -> None:
    text = load("renderers", "markdown").render(check_document(EVERYTHING))
    assert text.startswith("<!-- flopcount check -->\n")
    assert text.count("<!--") == 1


def test_a_comment_has_room_for_it() -> None:
    one = EVERYTHING.models[0]
    (params,) = [verdict for verdict in one.verdicts if verdict.metric == "params"]
    long = replace(params, message=f"{params.message}. " + "holds most: block.0.conv1 [models/net.yaml:7:5]; " * 8)
    layers = dict.fromkeys(("params", "macs"), one.layers["params"] * 10)
    models = tuple(
        replace(one, name=f"models/network{i}.yaml", verdicts=(long,) * 3, layers=layers) for i in range(500)
    )
    text = load("renderers", "markdown").render(check_document(replace(EVERYTHING, models=models)))
    assert 30_000 < len(text) < 65_536
    assert "1,472 more remarks, which the JSON has" in text


def test_a_long_table_keeps_what_is_wrong() -> None:
    within = Verdict("macs", "max", "error", "within", "9", 9, 1)
    over = replace(within, outcome="over", metric="params", message="much")
    check = Check("VERSION", tuple(ModelCheck(f"m{i}", "m", verdicts=(within, within)) for i in range(MAX_ROWS)))
    check = replace(check, models=(*check.models, ModelCheck("last", "m", verdicts=(over,))))
    table = check_document(check).tables[0]
    assert [row[0] for row in table.rows] == ["last"]
    assert table.totals[0][0] == "… 200 more"


@pytest.mark.parametrize(
    ("kept", "problem", "expected"),
    [
        (1, None, "1 limit kept"),
        (2, None, "all 2 limits kept"),
        (0, "unreadable", "1 unreadable, 0 limits kept"),
        (1, "refused", "1 comparison refused, 1 limit kept"),
    ],
)
def test_headline(kept: int, problem: Any, expected: str) -> None:
    verdicts = (Verdict("macs", "max", "error", "within", "9", 9, 1),) * kept
    model = ModelCheck("m", "m", verdicts=verdicts, problem=problem and Problem("so it is", kind=problem))
    assert headline(Check("VERSION", (model,))) == f"budgets: {expected}"
    assert headline(Check("VERSION", (model,) * 2)).startswith("budgets: 2 comparisons refused, ") == (
        problem == "refused"
    )
