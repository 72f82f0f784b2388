from __future__ import annotations

import subprocess
import sys

import pytest

from flopcount.errors import UsageError
from flopcount.registry import entries, load, summaries


def test_a_folder_is_its_entries() -> None:
    assert {"csv", "html", "json", "latex", "markdown", "table"} <= entries("renderers").keys()
    assert not any(name.startswith("-") for name in entries("renderers"))


def test_names_have_hyphens_and_packages_count(tmp_path: object, monkeypatch: pytest.MonkeyPatch) -> None:
    from pathlib import Path

    folder = Path(str(tmp_path)) / "rewrites"
    (folder / "onnx").mkdir(parents=True)
    (folder / "__pycache__").mkdir()
    for name in ("fold_bn.py", "__init__.py", "_shared.py", "onnx/__init__.py", "notes.txt"):
        (folder / name).touch()
    monkeypatch.setattr("flopcount.registry.__file__", str(folder.parent / "registry.py"))
    assert entries("rewrites") == {"fold-bn": "flopcount.rewrites.fold_bn", "onnx": "flopcount.rewrites.onnx"}


def test_listing_imports_nothing() -> None:
    code = """
import sys
from flopcount.registry import entries
entries("renderers")
print(*(name for name in sys.modules if name.startswith("flopcount.renderers")))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == ""


def test_every_renderer_renders_and_says_what_it_is() -> None:
    for name, summary in summaries("renderers").items():
        assert callable(load("renderers", name).render)
        assert summary.endswith(".")


def test_unknown_name() -> None:
    with pytest.raises(UsageError) as caught:
        load("renderers", "marksdown")
    assert caught.value.what == "unknown format 'marksdown'"
    assert caught.value.hint == "did you mean 'markdown'?"
