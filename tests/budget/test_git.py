from __future__ import annotations

import glob
from pathlib import Path

import pytest

from flopcount.budget import check
from flopcount.budget.git import matching, merge_base
from flopcount.errors import SourceError, UsageError
from tests.budget.conftest import commit, git


def test_files_of_the_merge_base(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (repository / "ü b").mkdir()
    (repository / "ü b" / "x.yaml").write_bytes(b"\r\n\xff")
    (repository / "link.yaml").symlink_to("net.yaml")
    git(repository, "checkout", "-q", "-B", "main")
    commit(repository)
    git(repository, "checkout", "-q", "-b", "next")
    monkeypatch.chdir(repository / "ü b")
    base = merge_base("main")
    assert (base.prefix, base.path_of("x.yaml"), base.path_of("../net.yaml")) == ("ü b/", "ü b/x.yaml", "net.yaml")
    assert base.path_of(str(repository / "net.yaml")) == "net.yaml"
    assert base.files == {"flopcount.yaml", "net.yaml", "ü b/x.yaml", "link.yaml"}
    base.extract(["ü b/x.yaml", "net.yaml", "gone.yaml", "net.yaml"], tmp_path / "out")
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
    with pytest.raises(UsageError, match="HEAD and 'main' have no commit in common"):
        check(base_ref="main")


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
