from __future__ import annotations

import glob
from pathlib import Path

import pytest

from flopcount.budget import check
from flopcount.budget.git import matching, merge_base
from flopcount.errors import SourceError, UsageError
from tests.budget.conftest import NET, commit, git


def test_files_of_the_merge_base(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "ü b").mkdir()
    (repository / "ü b" / "x.yaml").write_bytes(b"\r\n\xff")
    (repository / "link.yaml").symlink_to("net.yaml")
    (repository / "out.yaml").symlink_to("/etc/hostname")
    git(repository, "checkout", "-q", "-B", "main")
    commit(repository)
    git(repository, "checkout", "-q", "-b", "next")
    monkeypatch.chdir(repository / "ü b")
    base = merge_base("main")
    assert base
    assert (base.prefix, base.path_of("x.yaml"), base.path_of("../net.yaml")) == ("ü b/", "ü b/x.yaml", "net.yaml")
    assert base.path_of(str(repository / "net.yaml")) == "net.yaml"
    assert base.files == {"flopcount.yaml", "net.yaml", "ü b/x.yaml", "link.yaml", "out.yaml"}
    base.extract(["link.yaml", "out.yaml", "ü b/x.yaml", "net.yaml", "gone.yaml", "net.yaml"], tmp_path / "out")
    assert (tmp_path / "out" / "link.yaml").read_bytes() == (repository / "net.yaml").read_bytes()
    assert not (tmp_path / "out" / "out.yaml").exists()
    assert (tmp_path / "out" / "ü b" / "x.yaml").read_bytes() == b"\r\n\xff"
    assert (tmp_path / "out" / "net.yaml").read_bytes() == (repository / "net.yaml").read_bytes()
    assert not (tmp_path / "out" / "gone.yaml").exists()


@pytest.mark.parametrize("ref", ["gone", "origin/main", "--help", "-x", "main:net.yaml"])
def test_a_commit_that_git_does_not_know(repository: Path, ref: str) -> None:
    with pytest.raises(UsageError) as caught:
        check(base_ref=ref)
    assert caught.value.what == f"git knows no commit '{ref}'"
    assert "fetch-depth: 0" in (caught.value.hint or "")


def test_no_commit_in_common(repository: Path) -> None:
    git(repository, "checkout", "-q", "--orphan", "other")
    commit(repository, "unrelated")
    found = check(base_ref="main")
    assert found.exit_status == 0
    assert found.notices == ("growth is not checked: HEAD and 'main' have no commit in common",)


def test_a_clone_that_is_too_shallow_is_no_missing_base(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It would switch the gate off for good."""
    (repository / "net.yaml").write_text(NET.replace("out: 10", "out: 11"))
    commit(repository)
    git(repository.parent, "clone", "-q", "--no-single-branch", "--depth", "1", f"file://{repository}", "shallow")
    monkeypatch.chdir(repository.parent / "shallow")
    with pytest.raises(UsageError) as caught:
        check(base_ref="origin/main")
    assert caught.value.what == "this clone is too shallow to have the commit at which HEAD left 'origin/main'"
    assert "fetch-depth: 0" in (caught.value.hint or "")
    git(Path.cwd(), "fetch", "-q", "--unshallow")
    assert check(base_ref="origin/main").exit_status == 1


def test_a_repository_without_a_commit(folder: Path) -> None:
    git(folder, "init", "-q", "-b", "main")
    with pytest.raises(UsageError, match="git knows no commit 'main'"):
        check("net.yaml", base_ref="main", max_increase="2%")


def test_no_repository_and_no_git(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(folder.parent))
    with pytest.raises(UsageError, match="--base-ref needs a git repository"):
        check("net.yaml", base_ref="main", max_increase="2%")
    monkeypatch.setenv("PATH", "")
    with pytest.raises(SourceError, match="--base-ref needs git, which is not installed"):
        merge_base("main")


@pytest.mark.parametrize(
    "pattern", ["*.yaml", "**/*.yaml", "a/**/b.yaml", "[ab]*/?.yaml", "[!a]*.yaml", "a/**", "x.yaml"]
)
def test_patterns_match_as_glob_does(tmp_path: Path, pattern: str) -> None:
    names = ["x.yaml", "y.yml", "a/b.yaml", "a/c/b.yaml", "a/c/d/b.yaml", "b/x.yaml", "ab.yaml"]
    for name in names:
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("")
    found = glob.glob(pattern, root_dir=tmp_path, recursive=True)  # noqa: PTH207
    assert sorted(matching(names, pattern)) == sorted(name for name in found if (tmp_path / name).is_file())
