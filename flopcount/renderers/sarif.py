"""Of a check: SARIF 2.1.0, which code scanning and editors show on the lines concerned."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from msgspec import json

from ..table import Document
from ..verdict import Check, ModelCheck, Verdict
from ._check import check_of, place_of

SHOWS = "check"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
RULES = {
    "max": ("over-budget", "A model holds more of a metric than its budget allows"),
    "max_increase": ("grown", "A metric has grown since the baseline by more than its budget allows"),
    "allow": ("op-not-allowed", "A model has an op that its budget does not allow"),
    "deny": ("op-denied", "A model has an op that its budget denies"),
    "incomplete": ("incomplete", "A count is partial, so that nobody knows whether the budget is kept"),
}


def render(document: Document, *, color: bool = False, width: int | None = None) -> str:
    """Show a check as SARIF."""
    check = check_of(document, "sarif")
    data = {"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(check)]}
    return json.format(json.encode(data), indent=2).decode() + "\n"


def _run(check: Check) -> dict[str, Any]:
    rules = [
        {"id": rule, "shortDescription": {"text": f"{text}."}, "fullDescription": {"text": f"{text}."}}
        for rule, text in RULES.values()
    ]
    problems = [_notification(check, model) for model in check.models if model.problem]
    return {
        "tool": {"driver": {"name": "flopcount", "version": check.flopcount, "rules": rules}},
        "invocations": [{"executionSuccessful": not problems, "toolExecutionNotifications": problems}],
        "results": [_result(check, *pair) for pair in (*check.failures, *check.warnings)],
    }


def _result(check: Check, model: ModelCheck, verdict: Verdict) -> dict[str, Any]:
    rule = RULES["incomplete" if verdict.outcome == "incomplete" else verdict.rule][0]
    result: dict[str, Any] = {
        "ruleId": rule,
        "level": "error" if verdict.fails else "warning",
        "message": {"text": f"{model.name}: {verdict.message}"},
        "partialFingerprints": {"flopcount/1": f"{model.name} {verdict.metric} {verdict.rule} {verdict.level}"},
    }
    if location := _location(check, verdict.culprit):
        result["locations"] = [location]
    if verdict.where != verdict.culprit and (limit := _location(check, verdict.where)):
        result["relatedLocations"] = [{**limit, "message": {"text": f"the limit: {verdict.stated}"}}]
    return result


def _notification(check: Check, model: ModelCheck) -> dict[str, Any]:
    problem = model.problem
    assert problem, "asked for no other"
    notification: dict[str, Any] = {"level": "error", "message": {"text": f"{model.name}: {problem.what}"}}
    if location := _location(check, problem.where):
        notification["locations"] = [location]
    return notification


def _location(check: Check, where: str) -> dict[str, Any] | None:
    place = place_of(where, check.folder)
    if not place:
        return None
    file, line, column = place
    region = {"startLine": line, "startColumn": column}
    return {"physicalLocation": {"artifactLocation": {"uri": quote(file, errors="replace")}, "region": region}}
