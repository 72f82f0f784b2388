from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

import flopcount
from flopcount.budget import check
from flopcount.metrics import METRICS
from flopcount.verdict import Verdict

ACTUAL = {"params": 3114, "macs": 10_656, "weight_bytes": 4 * 3114, "bytes:int8": 3114, "activations": 298}


def only(*sources: str, **options: Any) -> Verdict:
    ((_, verdict),) = check(*sources, **options).verdicts
    return verdict


@pytest.mark.parametrize("metric", ACTUAL)
def test_equal_passes_and_one_less_does_not(folder: Path, metric: str) -> None:
    equal = only("net.yaml", limits={metric: ACTUAL[metric]})
    assert (equal.outcome, equal.actual, equal.message) == ("within", ACTUAL[metric], "")
    less = check("net.yaml", limits={metric: ACTUAL[metric] - 1})
    assert less.exit_status == 1
    assert less.verdicts[0][1].outcome == "over"


@pytest.mark.parametrize("mode", ["eval", "train"])
@pytest.mark.parametrize("metric", METRICS)
def test_every_metric_is_held(folder: Path, metric: str, mode: str) -> None:
    total = flopcount.analyze("net.yaml", mode=mode).totals[metric].value
    for limit, outcome in ((total, "within"), (total - 1, "over")):
        if limit >= 0:
            found = check("net.yaml", limits={metric: limit}, convention="lecture", mode=mode)
            assert [verdict.outcome for _, verdict in found.verdicts] == [outcome]


def test_the_message_says_how_much_and_where(folder: Path) -> None:
    assert only("net.yaml", limits={"params": "2K"}).message == (
        "params 3.11 K is over the limit of 2.00 K by 1.11 K (+55.7 %). holds most: fc (linear) 2.89 K, 92.8 % "
        "[net.yaml:7:5]; first (conv) 224, 7.2 % [net.yaml:5:5]"
    )
    assert only("net.yaml", limits={"params": "2K"}).culprit == "net.yaml:7:5"


def test_numbers_that_would_look_equal_are_printed_in_full(folder: Path) -> None:
    message = only("net.yaml", limits={"params": 3113}).message
    assert message.startswith("params 3,114 is over the limit of 3,113 by 1 (+<0.1 %). ")
    message = only("net.yaml", limits={"weight_bytes": "12455 B"}).message
    assert message.startswith("weight_bytes 12,456 B is over the limit of 12,455 B by 1 B (")


def test_prices_by_the_convention_that_the_limit_names(folder: Path) -> None:
    for name in ("lecture", "torch"):
        total = flopcount.analyze("net.yaml", convention=name).totals["flops"].value
        assert only("net.yaml", limits={f"flops:{name}": total}).actual == total
    assert only("net.yaml", limits={"flops": 1}, convention="torch").metric == "flops:torch"


def test_a_warning_does_not_fail(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text("models: [{path: net.yaml, budget: {params: {max: 1, level: warn}}}]")
    found = check()
    assert (found.exit_status, len(found.warnings), len(found.failures)) == (0, 1, 0)


def test_a_partial_count_passes_no_budget(folder: Path) -> None:
    found = check("unknown.yaml", limits={"params": "1M"})
    assert found.exit_status == 3
    ((_, verdict),) = found.verdicts
    assert (verdict.outcome, verdict.actual) == ("incomplete", 40)
    assert verdict.message.startswith(
        "params is at least 40 of at most 1.00 M, but 1 layer cannot be counted (magic (opaque)), "
        "and a partial count passes no budget unless it says allow_partial: true"
    )
    assert check("unknown.yaml", limits={"params": "1M"}, allow_partial=True).exit_status == 0


def test_a_partial_count_may_pass_where_the_configuration_or_a_hand_says_so(folder: Path) -> None:
    config = "models: [{path: unknown.yaml, %sbudget: {params: 1M}}]"
    (folder / "flopcount.yaml").write_text(config % "")
    assert (check().exit_status, check(allow_partial=True).exit_status) == (3, 0)
    (folder / "flopcount.yaml").write_text(config % "allow_partial: true, ")
    assert check().exit_status == 0


def test_a_partial_count_that_is_over_is_over(folder: Path) -> None:
    assert check("unknown.yaml", limits={"params": 39}).exit_status == 1
    assert check("unknown.yaml", limits={"params": 39}, allow_partial=True).exit_status == 1


def test_over_comes_before_incomplete_and_unreadable_before_both(folder: Path) -> None:
    limits = {"params": 40}
    assert check("unknown.yaml", "net.yaml", limits=limits).exit_status == 1
    assert check("unknown.yaml", "net.yaml", "gone.yaml", limits=limits).exit_status == 2


def test_what_is_known_of_a_partial_count_may_pass(folder: Path) -> None:
    assert check("unknown.yaml", limits={"layers": 2}).exit_status == 0


def test_share_of_the_largest_layer(folder: Path) -> None:
    at_most = only("net.yaml", limits={"share": "73%"})  # 7,776 of 10,656 are 72.97 %
    assert (at_most.outcome, at_most.actual, at_most.whole) == ("within", 7776, 10_656)
    over = only("net.yaml", limits={"share": "72.97%"})
    assert (over.outcome, over.limit) == ("over", 10_656 * 7297 // 10_000)
    assert over.message.startswith(
        "one layer, first (conv), holds 73.0 % of all macs, 7,776, over the limit of 72.97%, 7,775, by 1. "
    )


def test_share_of_one_layer(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text(
        "models: [{path: net.yaml, budget: {'share:params': {max: 92%, layer: 'f?'}, share: {max: 30%, layer: fc}}}]"
    )
    params, macs = (verdict for _, verdict in check().verdicts)
    assert (params.outcome, params.actual, params.whole) == ("over", 2890, 3114)
    assert params.message.startswith("'f?' holds 92.8 % of all params, ")
    assert (macs.outcome, macs.actual) == ("within", 2880)


def test_share_of_a_partial_count(folder: Path) -> None:
    found = check("unknown.yaml", limits={"share": "100%"})
    assert found.exit_status == 3


def test_ops_that_are_denied_and_allowed(folder: Path) -> None:
    (folder / "flopcount.yaml").write_text(
        "models: [{path: net.yaml, budget: {ops: {deny: [conv], allow: [conv, flatten]}}}]"
    )
    deny, allow = (verdict for _, verdict in check().verdicts)
    assert (deny.outcome, deny.message) == (
        "over", "the model may not have conv, yet it has first (conv) [net.yaml:5:5]",
    )  # fmt: skip
    assert allow.message == "the model may have nothing but conv, flatten, yet it has fc (linear) [net.yaml:7:5]"
    assert (allow.actual, allow.limit) == (1, 0)


def test_an_unknown_layer_may_be_what_is_denied(folder: Path) -> None:
    config = "models: [{path: unknown.yaml, %sbudget: {ops: {deny: [attention], allow: [conv, opaque]}}}]"
    (folder / "flopcount.yaml").write_text(config % "")
    found = check()
    deny, allow = (verdict for _, verdict in found.verdicts)
    assert (found.exit_status, deny.outcome, allow.outcome) == (3, "incomplete", "within")
    assert deny.message == (
        "the model may not have attention, and nobody knows what is in magic (opaque) [unknown.yaml:4:5]; "
        "such a model passes no budget unless it says allow_partial: true"
    )
    assert check(allow_partial=True).exit_status == 0
    (folder / "flopcount.yaml").write_text(config % "allow_partial: true, ")
    assert check().exit_status == 0
    (folder / "flopcount.yaml").write_text(config.replace("attention", "conv") % "")
    assert check().exit_status == 1  # what is known is enough


def test_without_any_limit_a_check_is_refused(folder: Path) -> None:
    with pytest.raises(flopcount.FlopcountError, match="nothing limits what is checked"):
        check("net.yaml")
