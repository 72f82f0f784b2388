from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

import flopcount
from flopcount.errors import BudgetError, IncompleteError
from tests.budget.conftest import NET, UNKNOWN, folder  # noqa: F401 - a fixture
from tests.samples import small

TESTS = """
import flopcount

def test_within(flopcount_budget):
    flopcount_budget("net.yaml", params=3114)

def test_over(flopcount_budget):
    flopcount_budget("net.yaml", params="3K", macs="5 KMACs")

def test_partial(flopcount_budget):
    flopcount_budget("unknown.yaml", params="1M")

def test_a_report(flopcount_budget):
    flopcount_budget(flopcount.analyze("net.yaml", settings={"width": 4}), limits={"bytes:int8": 1000})

def test_the_configuration(flopcount_budget):
    flopcount_budget()
"""


@pytest.mark.parametrize("more", [(), ("--tb=short",), ("-n", "2")], ids=str)
def test_in_a_suite_of_its_own(tmp_path: Path, more: tuple[str, ...]) -> None:
    (tmp_path / "net.yaml").write_text(NET)
    (tmp_path / "unknown.yaml").write_text(UNKNOWN)
    (tmp_path / "test_budgets.py").write_text(TESTS)
    (tmp_path / "pyproject.toml").write_text(
        '[tool.pytest.ini_options]\n[[tool.flopcount.models]]\npath = "net.yaml"\nbudget.params = 3113\n'
    )
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-rf", "-p", "no:cacheprovider", *more], cwd=tmp_path,
        capture_output=True, text=True, check=False, env={**os.environ, "COLUMNS": "300"},
    )  # fmt: skip
    assert "4 failed, 1 passed" in done.stdout
    assert "params 3.11 K is over the limit of 3.00 K by 114 (+3.8 %). holds most: fc (linear)" in done.stdout
    assert "2: macs 10.7 K is over the limit of 5.00 K by 5.66 K" in done.stdout
    assert 'flopcount_budget("net.yaml", params="3K", macs="5 KMACs")' in done.stdout
    assert "raise kind(" not in done.stdout  # the lines of the test alone
    assert "IncompleteError: error: params is at least 40 of at most 1.00 M" in done.stdout
    assert "bytes:int8 1.53 KiB is over the limit of 1000 B" in done.stdout
    assert "net.yaml: params 3,114 is over the limit of 3,113 by 1 (+<0.1 %)" in done.stdout


def test_pytest_without_it_imports_nothing_heavy() -> None:
    code = (
        "import sys, flopcount.pytest_plugin; "
        "print(*[name for name in sys.modules if name.partition('.')[0] in ('yaml', 'msgspec', 'torch', 'typer')])"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_a_graph_and_a_spec_s_own_budget(folder: Path) -> None:  # noqa: F811
    flopcount.assert_within_budget(small(), params="1M")
    with pytest.raises(BudgetError, match="over the limit of 1 by"):
        flopcount.assert_within_budget(small(), params=1)
    with pytest.raises(IncompleteError):
        flopcount.assert_within_budget(small(unknown=True), params="1M")
    flopcount.assert_within_budget(small(unknown=True), params="1M", allow_partial=True)
    (folder / "net.yaml").write_text(NET + "budget: {params: 1}\n")
    with pytest.raises(AssertionError, match=r"params 3,114 is over|params 3.11 K is over"):
        flopcount.assert_within_budget("net.yaml")
    with pytest.raises(flopcount.FlopcountError, match=r"there is no file 'gone.yaml'"):
        flopcount.assert_within_budget("gone.yaml", params=1)
