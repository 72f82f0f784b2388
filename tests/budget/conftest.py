from __future__ import annotations

from pathlib import Path

import pytest

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
