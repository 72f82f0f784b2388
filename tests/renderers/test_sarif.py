from __future__ import annotations

import json
from pathlib import Path

import jsonschema
import pytest

import flopcount
from flopcount.budget.document import check_document
from flopcount.renderers import sarif
from flopcount.verdict import Check
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
        "artifactLocation": {"uri": "sub%20folder/nets/net.yaml"}, "region": {"startLine": 7, "startColumn": 5},
    }  # fmt: skip
    (limit,) = first["relatedLocations"]
    assert limit["physicalLocation"]["region"] == {"startLine": 3, "startColumn": 9}
    assert limit["message"] == {"text": "the limit: 3K"}


def test_every_rule_and_level() -> None:
    assert [(result["ruleId"], result["level"]) for result in RUN["results"]] == [
        ("over-budget", "error"), ("incomplete", "error"), ("op-denied", "error"), ("grown", "warning"),
    ]  # fmt: skip
    known = {rule["id"] for rule in RUN["tool"]["driver"]["rules"]}
    assert {result["ruleId"] for result in RUN["results"]} <= known
    fingerprints = [result["partialFingerprints"]["flopcount/1"] for result in RUN["results"]]
    assert len(set(fingerprints)) == len(fingerprints)


def test_a_model_that_cannot_be_read_is_a_notification() -> None:
    (invocation,) = RUN["invocations"]
    assert invocation["executionSuccessful"] is False
    (notification,) = invocation["toolExecutionNotifications"]
    assert notification["message"] == {"text": "gone.yaml: no such op 'cnv'"}
