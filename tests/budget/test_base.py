"""Comparing with where a branch began, in real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopcount.budget import check
from flopcount.errors import UsageError
from tests.budget.conftest import GROWTH, NET, commit, git


def test_growth_since_the_branch_began(repository: Path) -> None:
    same = check(base_ref="main")
    assert (same.exit_status, same.models[0].changes) == (0, ())
    (repository / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    found = check(base_ref="main")  # the working tree is compared, committed or not
    commit(repository)
    assert check(base_ref="main") == found
    assert found.exit_status == 1
    assert found.models[0].verdicts[1].message.startswith("macs grew from 10,656 to 10,944, by 288 (+2.7 %)")


def test_what_main_did_meanwhile_does_not_count(repository: Path) -> None:
    git(repository, "checkout", "-q", "main")
    (repository / "net.yaml").write_text(NET.replace("out: 10", "out: 99"))
    commit(repository)
    git(repository, "checkout", "-q", "feature")
    found = check(base_ref="main")
    assert (found.exit_status, found.models[0].verdicts[1].before) == (0, 10_656)


def test_nothing_is_checked_out(repository: Path) -> None:
    (repository / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    before = {path: path.read_bytes() for path in repository.iterdir() if path.is_file()}
    status = git(repository, "status", "--porcelain=v2")
    check(base_ref="main")
    assert {path: path.read_bytes() for path in repository.iterdir() if path.is_file()} == before
    assert git(repository, "status", "--porcelain=v2") == status
    assert git(repository, "worktree", "list").count("\n") == 1


def test_a_configuration_that_was_not_there_yet_is_a_notice(repository: Path) -> None:
    git(repository, "rm", "-q", "--cached", "flopcount.yaml")
    git(repository, "checkout", "-q", "-f", "--orphan", "bare")
    git(repository, "rm", "-q", "-f", "--cached", "flopcount.yaml")
    (repository / "flopcount.yaml").unlink(missing_ok=True)
    commit(repository, "without")
    git(repository, "checkout", "-q", "-b", "next")
    (repository / "flopcount.yaml").write_text(GROWTH)
    (repository / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    found = check(base_ref="bare")
    assert found.exit_status == 1
    assert len(found.notices) == 1
    assert found.notices[0].startswith("there was no flopcount.yaml at ")
    assert found.notices[0].endswith("today's says what to compare")


def test_new_removed_and_renamed_models(repository: Path) -> None:
    (repository / "net.yaml").rename(repository / "nice.yaml")
    (repository / "new.yaml").write_text(NET.replace("width: 8", "width: 4"))
    found = check(base_ref="main")
    assert {model.name: model.note.partition(" at ")[0] for model in found.models} == {
        "new.yaml": "new: main", "nice.yaml": "renamed from net.yaml",
    }  # fmt: skip
    (repository / "nice.yaml").unlink()
    assert check(base_ref="main").removed == ("net.yaml",)
    assert found.exit_status == 0


def test_what_was_not_there_yet_is_new_and_hides_nothing(repository: Path) -> None:
    (repository / "nets").mkdir()
    (repository / "nets" / "x.yaml").write_text(NET)
    (repository / "flopcount.yaml").write_text(GROWTH.replace("[{", "[{path: nets/*.yaml, budget: {params: 5K}}, {"))
    found = check(base_ref="main")
    assert [(model.name, model.compared) for model in found.models] == [("nets/x.yaml", None), ("net.yaml", "net.yaml")]
    assert found.notices == ()
    (repository / "flopcount.yaml").unlink()
    alone = check("nets/x.yaml", "nets/*.yaml", base_ref="main", max_increase="2%")
    assert (alone.models[0].compared, alone.notices, alone.exit_status) == (None, (), 0)


def test_other_inputs_are_not_compared_and_that_is_said(repository: Path) -> None:
    (repository / "net.yaml").write_text(NET.replace("3, 8, 8", "3, 6, 6"))
    found = check(base_ref="main")
    assert found.exit_status == 0
    assert found.models[0].note.startswith("not compared with main at ")
    assert found.models[0].verdicts[1].outcome == "not compared"


def test_limits_that_were_raised_or_dropped_are_named(repository: Path) -> None:
    (repository / "flopcount.yaml").write_text(GROWTH.replace("20K", "30K"))
    assert check(base_ref="main").notices == ("net.yaml: the limit on macs was raised from 20K to 30K",)
    (repository / "flopcount.yaml").write_text(GROWTH.replace("max: 20K, ", ""))
    assert check(base_ref="main").notices == ("net.yaml: the limit on macs, 20K, is gone",)
    (repository / "flopcount.yaml").write_text(GROWTH.replace("20K", "15K"))
    assert check(base_ref="main").notices == ()


def test_sources_named_by_hand_and_a_folder_below(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    inner = repository / "inner"
    inner.mkdir()
    (inner / "deep.yaml").write_text(NET)
    git(repository, "checkout", "-q", "main")
    commit(repository)
    git(repository, "checkout", "-q", "feature")
    git(repository, "merge", "-q", "main")
    monkeypatch.chdir(inner)
    (inner / "deep.yaml").write_text(NET.replace("out: 10", "out: 11"))
    for source in ("deep.yaml", "*.yaml", "../net.yaml"):
        (model,) = check(source, base_ref="main", max_increase="not worse").models
        grown = [verdict.outcome for verdict in model.verdicts]
        assert grown == ["within" if "net" in source else "over"] * 2
        assert model.compared == model.name


def test_a_spec_that_was_broken_is_a_notice(repository: Path) -> None:
    git(repository, "checkout", "-q", "main")
    (repository / "net.yaml").write_text("input: [3]\nlayers: [reul]\n")
    commit(repository)
    git(repository, "checkout", "-q", "-b", "repaired")
    (repository / "net.yaml").write_text(NET)
    found = check(base_ref="main")
    assert found.exit_status == 0
    assert found.notices[0].startswith("net.yaml at main at ")
    assert found.notices[0].endswith("net.yaml:2:10: unknown op or block 'reul'")


def test_a_configuration_that_was_broken_is_a_notice(repository: Path) -> None:
    git(repository, "checkout", "-q", "main")
    (repository / "flopcount.yaml").write_text("modles: []\n")
    commit(repository)
    git(repository, "checkout", "-q", "-b", "repaired")
    (repository / "flopcount.yaml").write_text(GROWTH)
    found = check(base_ref="main")
    assert found.exit_status == 0
    assert found.notices[0].endswith("and today's is used: flopcount.yaml:1:1: unknown key 'modles'")
    assert found.models[0].compared == "net.yaml"


def test_one_way_to_say_it(repository: Path) -> None:
    with pytest.raises(UsageError, match="--baseline and --base-ref are two ways to say one thing"):
        check(base_ref="main", baseline="base.json")
