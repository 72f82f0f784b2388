from __future__ import annotations

import subprocess
from pathlib import Path
from typing import Any

import pytest

from flopcount.budget.checking import request_for, snapshot_text

NET = """\
name: net
params: {width: 8}
input: [3, 8, 8]
layers:
  - conv: {name: first, out: width, kernel: 3}
  - flatten
  - linear: {name: fc, out: 10}
"""
"""params 3·9·8 + 8 = 224 and 288·10 + 10 = 2,890, together 3,114; MACs 27·8·36 = 7,776 and 2,880, together 10,656."""

OTHER = """\
input: [3, 8, 8]
layers:
  - maxpool: {name: pool, kernel: 2}
  - conv: {name: mix, out: 4, kernel: 1}
"""
"""A network that resembles the first one in nothing."""

UNKNOWN = """\
name: unknown
input: [3, 8, 8]
layers:
  - opaque: {out: [4, 8, 8]}
    name: magic
  - conv: {out: 8, kernel: 1}
"""


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working folder with a network, outside of any repository and of GitHub."""
    monkeypatch.chdir(tmp_path)
    for name in ("GITHUB_ACTIONS", "GITHUB_STEP_SUMMARY", "GIT_DIR", "GIT_INDEX_FILE", "GIT_WORK_TREE"):
        monkeypatch.delenv(name, raising=False)
    (tmp_path / "net.yaml").write_text(NET)
    (tmp_path / "unknown.yaml").write_text(UNKNOWN)
    return tmp_path


BASELINE = "baseline: base.json\nmodels: [{path: '[nuo]*.yaml', budget: {macs: {max_increase: 2%}}}]\n"


@pytest.fixture
def base(folder: Path) -> Path:
    """A working folder whose one model has a baseline."""
    (folder / "unknown.yaml").unlink()
    (folder / "flopcount.yaml").write_text(BASELINE)
    snapshot(folder)
    return folder


def snapshot(folder: Path, **options: Any) -> None:
    path, text, _ = snapshot_text(request_for(**options))
    (folder / path).write_text(text)


GROWTH = "models: [{path: 'n*.yaml', budget: {macs: {max: 20K, max_increase: 2%}}}]\n"


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=n", "-c", "user.email=e@example.org", "-c", "commit.gpgsign=false"]
    return subprocess.run(
        ["git", *identity, *arguments], cwd=folder, check=True, capture_output=True, text=True
    ).stdout  # fmt: skip


def commit(folder: Path, message: str = "change") -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", message)


@pytest.fixture
def repository(folder: Path) -> Path:
    """A repository with a model and its budget on main, and a branch that begins there."""
    (folder / "unknown.yaml").unlink()
    (folder / "flopcount.yaml").write_text(GROWTH)
    git(folder, "init", "-q", "-b", "main")
    commit(folder)
    git(folder, "checkout", "-q", "-b", "feature")
    return folder
