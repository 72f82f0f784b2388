"""Comparing with where a branch began, in real repositories."""

from __future__ import annotations

from pathlib import Path

import pytest

from flopcount.budget import check
from flopcount.budget.base import baseline_at
from flopcount.budget.checking import request_for, snapshot_text
from flopcount.budget.config import load_config
from flopcount.budget.document import headline
from flopcount.budget.models import ByHand
from flopcount.errors import UsageError
from tests.budget.conftest import GROWTH, NET, OTHER, commit, git


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
    (repository / "new.yaml").write_text(OTHER)
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


def test_other_inputs_are_refused_where_growth_is_limited(repository: Path) -> None:
    (repository / "net.yaml").write_text(NET.replace("3, 8, 8", "3, 6, 6"))
    (repository / "nice.yaml").write_text(OTHER)
    found = check(base_ref="main")
    assert found.exit_status == 2
    net, nice = found.models
    assert net.problem
    assert net.problem.what.startswith("net.yaml cannot be compared with main at ")
    assert net.problem.what.endswith(
        ": it was counted on input 1×3×8×8 float32, and is counted on input 1×3×6×6 float32"
    )
    assert "leave `max_increase` out of this one change" in net.problem.text
    assert net.problem.kind == "refused"
    assert net.verdicts[1].message == net.note
    assert headline(found) == "budgets: 1 comparison refused, 2 not compared, 2 limits kept"
    # What else limits it is still checked, and so are the others.
    assert [[verdict.outcome for verdict in model.verdicts] for model in (net, nice)] == [
        ["within", "not compared"]
    ] * 2


def test_other_inputs_are_not_compared_and_that_is_said(repository: Path) -> None:
    (repository / "net.yaml").write_text(NET.replace("3, 8, 8", "3, 6, 6"))
    for budget in ("20K", "{max: 20K, max_increase: 2%, level: warn}"):
        (repository / "flopcount.yaml").write_text(f"models: [{{path: net.yaml, budget: {{macs: {budget}}}}}]\n")
        found = check(base_ref="main")
        assert found.exit_status == 0
        assert found.models[0].note.startswith("not compared with main at ")


@pytest.mark.parametrize("how", ["batch: 2", "set: {width: 9}", "input: 3x9x9", "mode: train"])
def test_another_measurement_is_refused(repository: Path, how: str) -> None:
    (repository / "flopcount.yaml").write_text(GROWTH.replace("path:", f"{how}, path:"))
    (model,) = check(base_ref="main").models
    assert model.problem
    assert f"cannot be compared with 'net.yaml' in main at {merge(repository)}: " in model.problem.what


def merge(repository: Path) -> str:
    return git(repository, "merge-base", "HEAD", "main")[:12]


def test_another_name_is_the_same_model(repository: Path) -> None:
    (repository / "flopcount.yaml").write_text(GROWTH.replace("'n*.yaml'", "net.yaml, name: fresh"))
    (repository / "net.yaml").write_text(NET.replace("out: 10", "out: 11").replace("name: net", "name: fresh"))
    found = check(base_ref="main")
    assert (found.exit_status, found.models[0].compared, found.models[0].note) == (
        1,
        "net.yaml",
        "renamed from net.yaml",
    )


def test_a_renamed_file_is_known_by_git_whatever_else_changed(repository: Path) -> None:
    """Its layers have other names, so that nothing but its text tells."""
    long = NET + "".join(f"  - relu: {{name: a{i}}}\n" for i in range(20))
    (repository / "net.yaml").write_text(long)
    git(repository, "checkout", "-q", "main")
    commit(repository)
    git(repository, "checkout", "-q", "feature")
    git(repository, "merge", "-q", "main")
    (repository / "net.yaml").unlink()
    (repository / "nice.yaml").write_text(
        long.replace("first", "stem").replace("name: fc, out: 10", "name: head, out: 11")
    )
    git(repository, "add", "-A")
    for arguments in ((), ("nice.yaml",)):
        found = check(*arguments, base_ref="main", max_increase="not worse")
        assert (found.models[0].note, found.exit_status, found.removed) == ("renamed from net.yaml", 1, ())
    commit(repository)
    assert check(base_ref="main").models[0].note == "renamed from net.yaml"


def test_a_model_that_nothing_limited_is_compared_with_what_it_was(repository: Path) -> None:
    (repository / "other.yaml").write_text(OTHER)
    git(repository, "checkout", "-q", "main")
    commit(repository)
    git(repository, "checkout", "-q", "feature")
    git(repository, "merge", "-q", "main")
    (repository / "other.yaml").write_text(OTHER.replace("out: 4", "out: 5"))
    (repository / "flopcount.yaml").write_text(
        GROWTH.replace("]\n", ", {path: other.yaml, budget: {macs: {max_increase: 2%}}}]\n")
    )
    found = check(base_ref="main")
    assert [(model.name, model.compared) for model in found.models] == [
        ("net.yaml", "net.yaml"), ("other.yaml", "other.yaml"),
    ]  # fmt: skip
    assert found.exit_status == 1


def test_a_name_that_moves_to_a_file_that_was_there(repository: Path) -> None:
    (repository / "other.yaml").write_text(OTHER)
    (repository / "flopcount.yaml").write_text(GROWTH.replace("'n*.yaml'", "net.yaml, name: small"))
    git(repository, "checkout", "-q", "main")
    commit(repository)
    git(repository, "checkout", "-q", "feature")
    git(repository, "merge", "-q", "main")
    (repository / "flopcount.yaml").write_text(GROWTH.replace("'n*.yaml'", "other.yaml, name: small"))
    found = check(base_ref="main")
    assert [(model.name, model.note) for model in found.models] == [("small", "renamed from other.yaml")]
    assert found.removed == ("small",)


def test_a_file_whose_name_looks_like_a_pattern(repository: Path) -> None:
    (repository / "n[1].yaml").write_text(NET)
    (repository / "n1.yaml").write_text(OTHER)
    git(repository, "checkout", "-q", "main")
    commit(repository)
    git(repository, "checkout", "-q", "feature")
    git(repository, "merge", "-q", "main")
    (repository / "n[1].yaml").write_text(NET.replace("out: 10", "out: 11"))
    for arguments in ((), ("n[1].yaml",)):
        found = check(*arguments, base_ref="main")
        (model,) = (model for model in found.models if model.name == "n[1].yaml")
        assert (found.exit_status, model.compared, found.notices) == (1, "n[1].yaml", ())


def test_a_variant_that_was_not_there_is_new(repository: Path) -> None:
    (repository / "net.yaml").write_text(NET + "variants: {big: {width: 9}}\n")
    (repository / "flopcount.yaml").write_text(
        GROWTH.replace("]\n", ", {path: net.yaml#big, budget: {macs: {max_increase: 2%}}}]\n")
    )
    found = check(base_ref="main")
    assert [model.note.partition(" at ")[0] for model in found.models] == ["", "new: main"]
    assert found.notices == ()
    (repository / "flopcount.yaml").write_text(GROWTH.replace("n*.yaml", "net.yaml#big"))
    found = check(base_ref="main")  # it takes the place of the other
    assert (found.models[0].note, found.exit_status) == ("renamed from net.yaml", 1)


def test_a_file_that_git_does_not_give_is_a_notice(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("flopcount.budget.git.MAX_BYTES", 10)
    found = check("net.yaml", base_ref="main", max_increase="2%")
    title = f"main at {merge(repository)}"
    assert found.models[0].note == f"not compared: it cannot be counted in {title}"
    assert found.notices[-1] == f"net.yaml at {title}: git has it as no plain file of at most 64 MB"


@pytest.mark.parametrize("name", ["#n.yaml", "n#1.yaml"])
def test_a_file_whose_name_has_a_hash(repository: Path, name: str) -> None:
    (repository / name).write_text(NET)
    (repository / "flopcount.yaml").write_text(GROWTH.replace("n*.yaml", name))
    git(repository, "checkout", "-q", "main")
    commit(repository)
    git(repository, "checkout", "-q", "feature")
    git(repository, "merge", "-q", "main")
    (repository / "base.json").write_text(snapshot_text(request_for())[1])
    (repository / name).write_text(NET.replace("out: 10", "out: 11"))
    for arguments in ((), (name,)):
        for found in (check(*arguments, base_ref="main"), check(*arguments, baseline="base.json")):
            ((model,), status) = found.models, found.exit_status
            assert (model.name, model.compared, model.note, status, found.notices) == (name, name, "", 1, ())


def test_what_lies_outside_of_the_repository_is_not_compared_with_itself(
    repository: Path, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    outside = tmp_path_factory.mktemp("outside")
    (outside / "mix.yaml").write_text(OTHER)
    monkeypatch.setattr("tempfile.tempdir", str(repository.parent))  # from where the path leads there too
    source = f"../{outside.name}/mix.yaml"
    assert (repository / source).exists()
    (repository / "flopcount.yaml").write_text(GROWTH.replace("n*.yaml", source))
    git(repository, "checkout", "-q", "main")
    commit(repository)
    git(repository, "checkout", "-q", "-b", "next")
    for arguments in ((), (source,), (str(outside / "mix.yaml"),)):
        (model,) = check(*arguments, base_ref="main", max_increase="2%").models
        assert model.note.startswith("new: main at ")


def test_a_bad_budget_in_a_spec_of_that_time_hides_nothing(repository: Path) -> None:
    git(repository, "checkout", "-q", "main")
    (repository / "nice.yaml").write_text(OTHER + "budget: {prams: 5}\n")
    commit(repository)
    git(repository, "checkout", "-q", "-b", "repaired")
    (repository / "nice.yaml").write_text(OTHER.replace("out: 4", "out: 5") + "budget: {params: 50}\n")
    (repository / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    found = check(base_ref="main")
    assert [model.compared for model in found.models] == ["net.yaml", "nice.yaml"]
    assert [verdict.outcome for _, verdict in found.verdicts] == ["within", "over", "within", "over", "within"]
    assert found.notices == (
        f"the budget in main at {merge(repository)} cannot be read: nice.yaml:5:10: unknown metric 'prams'",
    )


@pytest.mark.parametrize("way", ["./net.yaml", "absolute", "below"])
def test_another_spelling_of_a_path_is_the_same_model(
    repository: Path, monkeypatch: pytest.MonkeyPatch, way: str
) -> None:
    (repository / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    (repository / "inner").mkdir()
    source = str(repository / "net.yaml") if way == "absolute" else "./net.yaml"
    if way == "below":
        monkeypatch.chdir(repository / "inner")
        source = ".//../net.yaml"
    found = check(source, base_ref="main", max_increase="not worse")
    assert found.exit_status == 1
    assert all(model.compared for model in found.models)


def test_a_submodule_is_a_notice(repository: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    other = tmp_path_factory.mktemp("other")
    git(other, "init", "-q")
    (other / "deep.yaml").write_text(OTHER)
    commit(other)
    git(repository, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "nets")
    git(repository, "checkout", "-q", "main")
    commit(repository)
    git(repository, "checkout", "-q", "feature")
    git(repository, "merge", "-q", "main")
    found = check("nets/deep.yaml", base_ref="main", max_increase="2%")
    assert found.notices[1:] == ("nets/deep.yaml lies in the submodule 'nets', whose past is not looked at",)
    assert found.exit_status == 0


def test_a_detached_head(repository: Path) -> None:
    (repository / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    commit(repository)
    git(repository, "checkout", "-q", "--detach")
    assert check(base_ref="main").exit_status == 1


def test_a_configuration_in_a_folder_below(repository: Path) -> None:
    (repository / "conf").mkdir()
    git(repository, "mv", "net.yaml", "flopcount.yaml", "conf")
    git(repository, "checkout", "-q", "main")
    commit(repository)
    git(repository, "checkout", "-q", "feature")
    git(repository, "merge", "-q", "main")
    (repository / "conf" / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    found = check(config="conf/flopcount.yaml", base_ref="main")
    assert (found.exit_status, found.models[0].compared, found.notices) == (1, "net.yaml", ())


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


@pytest.mark.parametrize("other", ["pyproject.toml", "flopcount.yml"])
def test_a_configuration_that_moved_to_another_file_is_found(repository: Path, other: str) -> None:
    (repository / "flopcount.yaml").unlink()
    (repository / other).write_text(
        GROWTH.replace("20K", "30K") if other.endswith("yml")
        else "[[tool.flopcount.models]]\npath = 'n*.yaml'\nbudget.macs = { max = '30K', max_increase = '2%' }\n"
    )  # fmt: skip
    assert check(base_ref="main").notices == ("net.yaml: the limit on macs was raised from 20K to 30K",)


def test_a_configuration_of_another_name_that_was_not_there(repository: Path) -> None:
    (repository / "budgets.yaml").write_text(GROWTH.replace("20K", "30K"))
    (notice,) = check(config="budgets.yaml", base_ref="main").notices
    assert notice.startswith("there was no budgets.yaml at ")


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


def test_that_nothing_could_have_grown_is_said(repository: Path) -> None:
    """As in a run on the main branch itself, whose green says nothing."""
    assert check(base_ref="main").notices == (
        "HEAD has nothing that 'main' has not, so that nothing can have grown; "
        "after a merge, --base-ref HEAD^ compares with what was before it",
    )
    (repository / "net.yaml").write_text(NET.replace("out: 10", "out: 20"))
    assert check(base_ref="main").notices == ()
    commit(repository)
    assert check(base_ref="main").notices == ()
    git(repository, "branch", "-f", "main", "HEAD")
    assert (check(base_ref="main").exit_status, len(check(base_ref="main").notices)) == (0, 1)
    assert (check(base_ref="HEAD^").exit_status, check(base_ref="HEAD^").notices) == (1, ())


def test_a_model_in_python_has_no_past_in_git(repository: Path) -> None:
    """What is imported today is not what was, and is not passed off as that."""
    (repository / "flopcount.yaml").write_text("models: [{path: 'nets:Tagger', budget: {macs: {max_increase: 2%}}}]")
    commit(repository)
    _, notices = baseline_at("feature", load_config(None, needed=True), (), ByHand(), ())
    assert notices[-1].endswith(
        ": nothing but files is read from git; `flopcount snapshot` and --baseline compare what is none"
    )
