from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

import pytest
import xmlschema

import flopcount
from flopcount.budget.document import check_document
from flopcount.renderers import junit
from flopcount.verdict import Check, ModelCheck, Problem, Verdict
from tests.checks import EVERYTHING

SCHEMA = xmlschema.XMLSchema(Path(__file__).parent.parent / "schemas" / "junit-10.xsd")
TEXT = junit.render(check_document(EVERYTHING))


@pytest.mark.parametrize("check", [EVERYTHING, Check("VERSION", ()), flopcount.check("alexnet", limits={"params": 1})])
def test_it_follows_the_published_schema(check: Check) -> None:
    SCHEMA.validate(junit.render(check_document(check)))


def test_that_the_schema_refuses_something() -> None:
    with pytest.raises(xmlschema.XMLSchemaValidationError):
        SCHEMA.validate(TEXT.replace("<testcase ", "<testcase limit='1' ", 1))


def test_a_case_for_each_limit() -> None:
    root = ElementTree.fromstring(TEXT)
    suites = [{key: suite.get(key) for key in ("tests", "failures", "errors", "skipped")} for suite in root]
    assert suites == [
        {"tests": "4", "failures": "1", "errors": "0", "skipped": "1"},
        {"tests": "2", "failures": "2", "errors": "0", "skipped": "0"},
        {"tests": "1", "failures": "0", "errors": "1", "skipped": "0"},
    ]
    outcomes = [(case.get("name"), [child.tag for child in case]) for case in root.iter("testcase")]
    assert outcomes == [
        ("macs max 600M (error)", []),
        ("params max 3K (error)", ["failure"]),
        ("weight_bytes max_increase 2% (warn)", ["system-out"]),
        ("flops:torch max_increase 2% (error)", ["skipped"]),
        ("params max 1M (error)", ["failure"]),
        ("ops deny lrn (error)", ["failure"]),
        ("read", ["error"]),
    ]


def test_totals_and_names_of_their_own() -> None:
    root = ElementTree.fromstring(TEXT)
    assert {key: root.get(key) for key in ("tests", "failures", "errors")} == {
        "tests": "7", "failures": "3", "errors": "1",
    }  # fmt: skip
    share = Verdict("share:macs", "max", "error", "over", "10%", 1, 2, message="much")
    text = junit.render(check_document(Check("VERSION", (ModelCheck("net", "net", verdicts=(share, share)),))))
    SCHEMA.validate(text)
    names = [case.get("name") for case in ElementTree.fromstring(text).iter("testcase")]
    assert names == ["share:macs max 10% (error)", "share:macs max 10% (error) 2"]


def test_what_xml_cannot_hold_is_replaced() -> None:
    (_, suite, _) = ElementTree.fromstring(TEXT)
    assert (suite.get("name") or "").startswith("evil\N{REPLACEMENT CHARACTER}[31m")
    assert "name,a:b%|<&>" in (suite.get("name") or "")


def test_a_refused_comparison_is_not_unreadable() -> None:
    problem = Problem("it was counted on other inputs", kind="refused")
    text = junit.render(check_document(Check("VERSION", (ModelCheck("net", "net", problem=problem),))))
    SCHEMA.validate(text)
    (case,) = ElementTree.fromstring(text).iter("testcase")
    assert (case.get("name"), [(error.tag, error.get("type")) for error in case]) == ("compare", [("error", "refused")])
