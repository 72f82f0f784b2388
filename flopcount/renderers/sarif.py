"""Of a check: SARIF 2.1.0, which code scanning and editors show on the lines concerned."""

from __future__ import annotations

import os
from collections import Counter
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import quote

from ..table import Document
from ..verdict import Check, ModelCheck, Verdict
from ._check import check_of, place_of
from ._json import text_of

SHOWS = "check"
SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"
ROOT = "%SRCROOT%"
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
    return text_of({"$schema": SCHEMA, "version": "2.1.0", "runs": [_run(check)]})


def _run(check: Check) -> dict[str, Any]:
    rules = [
        {"id": rule, "shortDescription": {"text": f"{text}."}, "fullDescription": {"text": f"{text}."}}
        for rule, text in RULES.values()
    ]
    problems = [_notification(check, model) for model in check.models if model.problem]
    same: Counter[str] = Counter()
    return {
        "tool": {"driver": {"name": "flopcount", "version": check.flopcount, "rules": rules}},
        "originalUriBaseIds": {ROOT: {"description": {"text": "The root of the repository."}}},
        "invocations": [{"executionSuccessful": not problems, "toolExecutionNotifications": problems}],
        "results": [_result(check, *pair, same) for pair in (*check.failures, *check.warnings)],
    }


def _result(check: Check, model: ModelCheck, verdict: Verdict, same: Counter[str]) -> dict[str, Any]:
    rule = RULES["incomplete" if verdict.outcome == "incomplete" else verdict.rule][0]
    result: dict[str, Any] = {
        "ruleId": rule,
        "level": "error" if verdict.fails else "warning",
        "message": {"text": f"{model.name}: {verdict.message}"},
        "partialFingerprints": {"flopcount/1": _fingerprint(model, verdict, same)},
        # Code scanning takes no result without a place: what has no line is about the model itself.
        "locations": [_location(check, verdict.culprit) or _location(check, f"{model.source.partition('#')[0]}:1")],
    }
    if verdict.where != verdict.culprit and (limit := _location(check, verdict.where)):
        result["relatedLocations"] = [{**limit, "message": {"text": f"the limit: {verdict.stated}"}}]
    return result


def _fingerprint(model: ModelCheck, verdict: Verdict, same: Counter[str]) -> str:
    """What stays the same while a limit is not kept, whatever the numbers; limits of one kind are numbered."""
    kind = "\n".join((model.name, verdict.metric, verdict.rule, verdict.level))
    same[kind] += 1
    return sha256(f"{kind}\n{same[kind]}".encode("utf-8", "surrogatepass")).hexdigest()[:32]


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
    if place.is_outside:
        artifact = {"uri": Path(os.path.abspath(place.written)).as_uri()}  # noqa: PTH100 - links stay what they are
    else:
        artifact = {"uri": quote(place.file, errors="surrogateescape"), "uriBaseId": ROOT}
    region = {"startLine": place.line} | ({"startColumn": place.column} if place.column else {})
    return {"physicalLocation": {"artifactLocation": artifact, "region": region}}
