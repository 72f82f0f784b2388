"""18 models of torchvision, as ten counters count them: the numbers recorded once, ours under each convention."""

from __future__ import annotations

import csv
import os
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from flopcount.conventions import CONVENTIONS
from flopcount.engine import Report, count
from flopcount.metrics import METRICS
from flopcount.readers.torch import read
from flopcount.readers.torch.compiled import import_any
from flopcount.sources import load
from flopcount.verifying.verify import AGAINST, verify

RECORDED = Path(__file__).parent / "data" / "other_tools.csv"
README = Path(__file__).parents[1] / "README.md"
ROWS = {row["model"]: row for row in csv.DictReader(RECORDED.open())}
TOOLS = [name for name in next(iter(ROWS.values())) if name in CONVENTIONS]
BLOCK = re.compile(r"(?<=<!-- other tools -->\n).*?(?=<!-- end of other tools -->)", re.S)
pytestmark = pytest.mark.filterwarnings("ignore")

SPECS = {
    "resnet18": "resnet18", "resnet50": "resnet50", "squeezenet1_0": "squeezenet1_0",
    "efficientnet_b0": "efficientnet_b0", "mobilenet_v2": "mobilenet_v2", "densenet121": "densenet121",
}  # fmt: skip
CALLED_AS_A_FUNCTION = {"mobilenet_v2", "densenet121"}
"""Torchvision averages globally by a function here, which tools that hook modules do not see."""


@pytest.fixture(scope="module", autouse=True)
def torchvision() -> Any:
    pytest.importorskip("PIL")
    try:
        return import_any("torchvision")
    except ModuleNotFoundError:
        pytest.skip("torchvision is not installed")


@cache
def counted(name: str) -> Report:
    return count(read(f"torchvision:{name}"))


def priced(report: Report, convention: str) -> int:
    numbers = [METRICS["count"].measure(layer, CONVENTIONS[convention]) for layer in report.layers]
    assert None not in numbers
    return sum(number or 0 for number in numbers)


@pytest.mark.parametrize("name", ROWS)
def test_every_counter_to_the_unit(name: str) -> None:
    report = counted(name)
    assert {tool: priced(report, tool) for tool in TOOLS} == {tool: int(ROWS[name][tool]) for tool in TOOLS}


@pytest.mark.parametrize("name", SPECS)
def test_specs_are_read_as_torchvision_writes_models(name: str) -> None:
    report = count(load(SPECS[name]))
    found = {tool for tool in TOOLS if priced(report, tool) != int(ROWS[name][tool])}
    hooks = {"thop", "ptflops", "ptflops-cpu", "ptflops-modules"}
    assert found <= (hooks if name in CALLED_AS_A_FUNCTION else set())


@pytest.mark.parametrize("name", ROWS)
def test_every_difference_is_named(name: str) -> None:
    """Where a number is not that of the products, a rule of the convention changes it or a price of it says so."""
    report = counted(name)
    for tool in TOOLS:
        convention = CONVENTIONS[tool]
        products = priced(report, "macs") * (2 if convention.unit == "FLOP" else 1)
        explained = convention.bias or any(layer.priced_by(convention) is not layer.work for layer in report.layers)
        assert priced(report, tool) == products or explained


@pytest.mark.slow
@pytest.mark.parametrize("name", ROWS)
def test_the_counters_themselves(name: str) -> None:
    asked = [tool for tool in AGAINST if tool in TOOLS and installed(tool)]
    verification = verify(f"torchvision:{name}", witnesses=[], against=asked)
    assert verification.failures == ()
    assert verification.silent == {}
    said = {check.witness: check.theirs for check in verification.checks if not check.layer}
    assert said == {tool: int(ROWS[name][tool]) for tool in asked}


def installed(tool: str) -> bool:
    from importlib.metadata import PackageNotFoundError, version

    try:
        return bool(version(tool.partition("-")[0]))
    except PackageNotFoundError:
        return False


def test_the_readme_shows_what_they_say() -> None:
    text = README.read_text(encoding="utf-8")
    shown = BLOCK.sub(lambda _: "\n".join(("", *table(), "", *reasons(), "", "")), text)
    if os.environ.get("FLOPCOUNT_GOLDEN") == "write":
        README.write_text(shown, encoding="utf-8")
    else:
        assert shown == text


def table() -> Iterator[str]:
    """Each model's MACs, and how far from them (or twice them) each tool is."""
    yield f"| model | MACs | {' | '.join(TOOLS)} |"
    yield f"|---|{'--:|' * (len(TOOLS) + 1)}"
    for name, row in ROWS.items():
        macs = priced(counted(name), "macs")
        cells = (apart_from(int(row[tool]), macs, CONVENTIONS[tool].unit) for tool in TOOLS)
        yield f"| {name} | {macs:,} | {' | '.join(cells)} |"


def apart_from(number: int, macs: int, unit: str) -> str:
    """How far a number is from the products, in per cent; `×2` and `=` are exact.

    Example:
        >>> apart_from(200, 100, "FLOP"), apart_from(100, 100, "MAC"), apart_from(101, 100, "MAC")
        ('×2', '=', '+1.0 %')
    """
    products = 2 * macs if unit == "FLOP" else macs
    if number == products:
        return "×2" if unit == "FLOP" else "="
    per_mille = round(1000 * abs(number - products) / products)
    sign = "+" if number > products else "−"
    around = f"{sign}{per_mille // 10}.{per_mille % 10} %" if per_mille else f"{sign}<0.1 %"
    return f"×2 {around}" if unit == "FLOP" else around


def reasons() -> Iterator[str]:
    """What each tool counts, and the errors of it that these models meet."""
    for tool in TOOLS:
        convention = CONVENTIONS[tool]
        met: dict[str, list[str]] = {}
        for name in ROWS:
            for rule in {rule.name: rule for layer in counted(name).layers for rule in convention.errors(layer.use)}:
                met.setdefault(rule, []).append(name)
        yield f"* `{tool}` ({convention.source}): {convention.summary}."
        for rule, names in sorted(met.items()):
            where = f"{len(names)} models" if len(names) > 4 else ", ".join(names)
            yield f"  * error: {rule} ({where})"
