from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import jsonschema
import pytest

import flopcount
from flopcount.budget.document import check_document
from flopcount.renderers import sarif
from flopcount.verdict import Check, ModelCheck, Verdict
from tests.checks import EVERYTHING

SCHEMA = json.loads((Path(__file__).parent.parent / "schemas" / "sarif-2.1.0.json").read_text(encoding="utf-8"))
VALIDATOR = jsonschema.Draft4Validator(SCHEMA, format_checker=jsonschema.FormatChecker())
DATA = json.loads(sarif.render(check_document(EVERYTHING)))
(RUN,) = DATA["runs"]


@pytest.mark.parametrize("check", [EVERYTHING, Check("VERSION", ()), flopcount.check("alexnet", limits={"params": 1})])
def test_it_follows_the_published_schema(check: Check) -> None:
    VALIDATOR.validate(json.loads(sarif.render(check_document(check))))


def test_that_the_schema_refuses_something() -> None:
    with pytest.raises(jsonschema.ValidationError):
        VALIDATOR.validate({**DATA, "runs": [{**RUN, "layers": 1}]})


def test_results_stand_at_the_layer_and_point_to_the_limit() -> None:
    first = RUN["results"][0]
    assert (first["ruleId"], first["level"]) == ("over-budget", "error")
    (location,) = first["locations"]
    assert location["physicalLocation"] == {
        "artifactLocation": {"uri": "sub%20folder/nets/net.yaml", "uriBaseId": "%SRCROOT%"},
        "region": {"startLine": 7, "startColumn": 5},
    }
    (limit,) = first["relatedLocations"]
    assert limit["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 9}
    assert limit["message"] == {"text": "the limit: 3K"}


def test_every_rule_and_level() -> None:
    assert [(result["ruleId"], result["level"]) for result in RUN["results"]] == [
        ("over-budget", "error"), ("incomplete", "error"), ("op-denied", "error"), ("grown", "warning"),
    ]  # fmt: skip
    known = {rule["id"] for rule in RUN["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in RUN["results"]} <= known


def over(source: str, where: str, stated: str = "1", actual: int = 2) -> ModelCheck:
    text = f"{actual} is too much"
    verdict = Verdict("share:macs", "max", "error", "over", stated, 1, actual, message=text, culprit=where)
    return ModelCheck(source, source, verdicts=(verdict, verdict))


def results(check: Check) -> Any:
    text = sarif.render(check_document(check))
    VALIDATOR.validate(json.loads(text))
    return json.loads(text)["runs"][0]["results"]


def test_fingerprints_are_each_result_s_own_and_stay() -> None:
    models = [over("a.yaml", ""), over("b.yaml", "")]
    fingerprints = [each["partialFingerprints"]["flopcount/1"] for each in results(Check("VERSION", tuple(models)))]
    assert len(set(fingerprints)) == 4
    later = Check("NEXT", (over("a.yaml", "a.yaml:3:1", "2", 4), models[1]))
    assert [each["partialFingerprints"]["flopcount/1"] for each in results(later)] == fingerprints


@pytest.mark.parametrize(
    ("folder", "where", "artifact", "region"),
    [
        ("sub", "a b/ü%#?.yaml:3:5", "sub/a%20b/%C3%BC%25%23%3F.yaml", {"startLine": 3, "startColumn": 5}),
        ("sub", "../nets.py:7", "nets.py", {"startLine": 7}),
        ("", "a:b.yaml:3:5", "a%3Ab.yaml", {"startLine": 3, "startColumn": 5}),
        ("", "a\nb\udcff.yaml:3:5", "a%0Ab%FF.yaml", {"startLine": 3, "startColumn": 5}),
        ("", "", "net.onnx", {"startLine": 1}),
    ],
)
def test_places_in_the_repository(folder: str, where: str, artifact: str, region: dict[str, int]) -> None:
    (first, _) = results(Check("VERSION", (over("net.onnx", where),), folder=folder))
    assert [location["physicalLocation"] for location in first["locations"]] == [
        {"artifactLocation": {"uri": artifact, "uriBaseId": "%SRCROOT%"}, "region": region}
    ]


@pytest.mark.parametrize("where", ["../a b.yaml:3:5", f"{Path.cwd().parent.as_posix()}/a b.yaml:3:5"])
def test_places_outside_of_it_are_whole_addresses(where: str) -> None:
    (first, _) = results(Check("VERSION", (over("a", where),)))
    (location,) = first["locations"]
    assert location["physicalLocation"]["artifactLocation"] == {"uri": (Path.cwd().parent / "a b.yaml").as_uri()}


def test_a_model_that_cannot_be_read_is_a_notification() -> None:
    (invocation,) = RUN["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"] == {"text": "gone.yaml: no such op 'cnv'"}
