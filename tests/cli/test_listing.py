from __future__ import annotations

import json

import pytest

from flopcount.conventions import CONVENTIONS
from flopcount.ops import OPS
from flopcount.registry import entries
from flopcount.sources import shipped_names
from tests.cli.conftest import Run
from tests.golden import assert_golden

LISTS = {"specs": shipped_names(), "ops": [*OPS], "conventions": [*CONVENTIONS], "formats": [*entries("renderers")]}


@pytest.mark.parametrize("kind", LISTS)
def test_lists_everything(run: Run, kind: str) -> None:
    listed = json.loads(run("list", kind, "--format", "json").out)
    assert listed["schema"] == "flopcount.list/1"
    assert sorted(row["op" if kind == "ops" else "name"] for row in listed[kind]) == sorted(LISTS[kind])
    table = run("list", kind)
    assert (table.status, table.err) == (0, "")
    assert all(name in table.out for name in LISTS[kind])


def test_conventions_golden(run: Run) -> None:
    assert_golden("conventions.markdown", run("list", "conventions", "-f", "markdown").out)


def test_unknown_list(run: Run) -> None:
    result = run("list", "op")
    assert result.status == 2
    assert result.err.startswith("error: there is no list of 'op'\n  hint: did you mean 'ops'?")
