"""The README's blocks do what they show. `FLOPCOUNT_GOLDEN=write` puts the real outputs there."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text(encoding="utf-8")
CONSOLE = re.compile(r"```console\n\$ flopcount (.*)\n([^`]*)```")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.S)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the README's specs and modules in it, by their names."""
    for text in blocks("python"):
        if (first := text.partition("\n")[0]).startswith("# "):
            (tmp_path / first.removeprefix("# ")).write_text(text, encoding="utf-8")
    for text in blocks("yaml"):
        name = text.partition("\n")[0].removeprefix("name: ")
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")
    return tmp_path


def run(arguments: str, folder: Path) -> str:
    result = subprocess.run(
        [sys.executable, "-m", "flopcount", *arguments.split()],
        cwd=folder, env={**os.environ, "COLUMNS": "100"}, capture_output=True, text=True, check=True,
    )  # fmt: skip
    return result.stdout


def test_console_blocks_show_what_the_commands_print(folder: Path) -> None:
    shown = CONSOLE.sub(lambda found: f"```console\n$ flopcount {found[1]}\n{run(found[1], folder)}```", TEXT)
    if os.environ.get("FLOPCOUNT_GOLDEN") == "write":
        README.write_text(shown, encoding="utf-8")
    else:
        assert shown == TEXT


def test_specs_in_the_readme_are_valid(folder: Path) -> None:
    specs = sorted(folder.glob("*.yaml"))
    assert len(specs) == len(blocks("yaml")) >= 2
    for path in specs:
        assert "total" in run(f"report {path.name}", folder)


def test_python_blocks_run() -> None:
    assert blocks("python")
    for block in blocks("python"):
        exec(compile(block, "README.md", "exec"), {})


def test_set_up_is_the_first_two_sh_blocks_of_one_line_each() -> None:
    first, second = blocks("sh")
    assert first.count("\n") == second.count("\n") == 1
    assert "flopcount report" in first
    assert "pytest" in second
    assert "test" not in first
