"""What a branch did to the limits, in real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopcount.budget import check
from tests.budget.conftest import OTHER, commit, git

BUDGET = "models: [{path: net.yaml, budget: {%s}}]\n"
LIST = "conv, flatten, linear"
ALLOW = "ops: {allow: [conv, flatten, linear%s]}"
GROWTH = "the limit on the growth of macs was raised from "


@pytest.mark.parametrize(
    ("before", "after", "notice"),
    [
        ("macs: {max_increase: 2%}", "macs: {max_increase: 3%}", GROWTH + "2% to 3%"),
        ("macs: {max_increase: 2%}", "macs: {max_increase: 212}", ""),
        ("macs: {max_increase: 2%}", "macs: {max_increase: 213}", ""),
        ("macs: {max_increase: 2%}", "macs: {max_increase: 214}", GROWTH + "2% to 214"),
        ("macs: {max_increase: 50}", "macs: {max_increase: not worse}", ""),
        ("macs: {max_increase: not worse}", "macs: {max_increase: 1}", GROWTH + "not worse to 1"),
        ("params: 4K, max_increase: 2%", "params: 4K", "the limit on the growth of params, 2%, is gone"),
        ("params: 4K", "params: {max: 4K, level: warn}", "the limit on params, 4K, only warns now"),
        ("params: 4K", "params: [{max: 4K, level: warn}, 5K]", "the limit on params was raised from 4K to 5K"),
        ("params: 4K", "params: [9K, 4K]", ""),
        ("params: {max: 4K, level: warn}", "params: 4K", ""),
        ("params: 4K", "params: 4K, allow_partial: true", "a count that leaves layers out passes now (allow_partial)"),
        ("params: 4K, allow_partial: true", "params: 4K", ""),
        ("share: 80%", "share: 90%", "the limit on share:macs was raised from 80% to 90%"),
        ("ops: {deny: [lrn, gelu]}", "ops: {deny: [gelu]}", "the list of ops to deny changed from lrn, gelu to gelu"),
        ("ops: {deny: [lrn]}", "ops: {deny: [gelu, lrn]}", ""),
        (ALLOW % "", ALLOW % ", lrn", f"the list of ops to allow changed from {LIST} to {LIST}, lrn"),
        ("ops: {deny: [lrn]}", "params: 4K", "the list of ops to deny, lrn, is gone"),
    ],
)  # fmt: skip
def test_what_holds_less_than_it_did_is_named(repository: Path, before: str, after: str, notice: str) -> None:
    git(repository, "checkout", "-q", "main")
    (repository / "flopcount.yaml").write_text(BUDGET % before)
    commit(repository)
    git(repository, "checkout", "-q", "-b", "next")
    (repository / "flopcount.yaml").write_text(BUDGET % after)
    assert check(base_ref="main").notices == ((f"net.yaml: {notice}",) if notice else ())


def test_a_model_that_is_left_out_is_named(repository: Path) -> None:
    (repository / "other.yaml").write_text(OTHER + "budget: {params: 1K}\n")
    (repository / "flopcount.yaml").write_text(
        BUDGET.replace("]", ", {path: other.yaml}, {path: alexnet}]") % "params: 4K"
    )
    git(repository, "checkout", "-q", "main")
    commit(repository)
    git(repository, "checkout", "-q", "-b", "next")
    (repository / "flopcount.yaml").write_text(BUDGET % "params: 4K")
    found = check(base_ref="main")
    assert found.removed == ("other.yaml", "alexnet")
    assert found.notices == ("other.yaml: it is still there, but nothing limits it any more",)
    (repository / "other.yaml").unlink()
    assert check(base_ref="main").notices == ()


def test_terms_of_all_models_count(repository: Path) -> None:
    git(repository, "checkout", "-q", "main")
    (repository / "flopcount.yaml").write_text("max_increase: 2%\n" + BUDGET % "params: 4K")
    commit(repository)
    git(repository, "checkout", "-q", "-b", "next")
    (repository / "flopcount.yaml").write_text("max_increase: 5%\nallow_partial: true\n" + BUDGET % "params: 4K")
    assert check(base_ref="main").notices == (
        "net.yaml: the limit on the growth of params was raised from 2% to 5%",
        "net.yaml: a count that leaves layers out passes now (allow_partial)",
    )


def test_a_renamed_model_is_held_to_account_too(repository: Path) -> None:
    git(repository, "mv", "net.yaml", "nice.yaml")
    (repository / "flopcount.yaml").write_text(BUDGET.replace("net", "nice") % "macs: 30K")
    assert check(base_ref="main").notices == (
        "nice.yaml: the limit on macs was raised from 20K to 30K",
        "nice.yaml: the limit on the growth of macs, 2%, is gone",
    )
