"""Of a check: JUnit XML, a test suite for each model and a test case for each limit."""

from __future__ import annotations

import re
from collections import Counter
from xml.etree import ElementTree

from ..table import Document
from ..verdict import ModelCheck, Verdict
from ._check import check_of

SHOWS = "check"
_FORBIDDEN = re.compile(r"[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_COUNTED = ("tests", "failures", "errors")


def render(document: Document, *, color: bool = False, width: int | None = None) -> str:
    """Show a check as JUnit XML."""
    check = check_of(document, "junit")
    suites = [_suite(model) for model in check.models]
    totals = {key: str(sum(int(suite.get(key, 0)) for suite in suites)) for key in _COUNTED}
    root = ElementTree.Element("testsuites", {"name": "flopcount check", **totals, "time": "0"})
    root.extend(suites)
    ElementTree.indent(root)
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ElementTree.tostring(root, encoding="unicode") + "\n"


def _suite(model: ModelCheck) -> ElementTree.Element:
    same: Counter[str] = Counter()
    cases = [_case(model, verdict, same) for verdict in model.verdicts]
    if model.problem:
        name = "compare" if model.problem.kind == "refused" else "read"
        case = ElementTree.Element("testcase", name=name, classname=_text(model.name), time="0")
        error = ElementTree.SubElement(case, "error", message=_text(model.problem.what), type=model.problem.kind)
        error.text = _text(model.problem.text)
        cases.append(case)
    suite = ElementTree.Element(
        "testsuite",
        name=_text(model.name),
        tests=str(len(cases)),
        failures=str(sum(verdict.fails for verdict in model.verdicts)),
        errors=str(int(model.problem is not None)),
        skipped=str(sum(verdict.outcome == "not compared" for verdict in model.verdicts)),
        time="0",
    )
    suite.extend(cases)
    return suite


def _case(model: ModelCheck, verdict: Verdict, same: Counter[str]) -> ElementTree.Element:
    name = f"{verdict.metric} {verdict.rule} {verdict.stated} ({verdict.level})"
    same[name] += 1
    if same[name] > 1:  # the shares of two layers, say: viewers take cases of one name for one
        name = f"{name} {same[name]}"
    case = ElementTree.Element("testcase", name=_text(name), classname=_text(model.name), time="0")
    message = _text(verdict.message)
    if verdict.fails:
        failure = ElementTree.SubElement(case, "failure", message=message, type=verdict.outcome)
        failure.text = "\n".join(filter(None, (message, _text(verdict.culprit))))
    elif verdict.outcome == "not compared":
        ElementTree.SubElement(case, "skipped", message=message)
    elif message:
        ElementTree.SubElement(case, "system-out").text = f"warning: {message}"
    return case


def _text(text: str) -> str:
    return _FORBIDDEN.sub("\N{REPLACEMENT CHARACTER}", text)
