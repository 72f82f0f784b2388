"""The README's blocks do what they show. `FLOPCOUNT_GOLDEN=write` puts the real outputs there."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from flopcount import assert_within_budget

README = Path(__file__).parent.parent / "README.md"
TEXT = README.read_text(encoding="utf-8")
STEP = re.compile(r"```(yaml|diff|console)\n(.*?)```", flags=re.S)
COMMAND = re.compile(r"\$ flopcount (.*?)( \|\| echo \"exit status \$\?\")?\n")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, flags=re.S)


def is_spec(text: str) -> bool:
    return text.startswith("name: ")


def write(text: str, folder: Path) -> None:
    """Write a YAML block where it says: a spec by its name, another file by its first line."""
    first = text.partition("\n")[0]
    name = f"{first.removeprefix('name: ')}.yaml" if is_spec(text) else first.removeprefix("# ")
    (folder / name).write_text(text, encoding="utf-8")


def patch(text: str, folder: Path) -> None:
    """Change a line of a file as a block says: `--- FILE`, then lines that go and lines that come in their place."""
    head, *lines = text.splitlines()
    path = folder / head.removeprefix("--- ")
    before = "\n".join(line[1:] for line in lines if line.startswith("-"))
    after = "\n".join(line[1:] for line in lines if line.startswith("+"))
    assert path.read_text(encoding="utf-8").count(before) == 1
    path.write_text(path.read_text(encoding="utf-8").replace(before, after), encoding="utf-8")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the README's specs and modules in it, by their names."""
    for text in blocks("python"):
        if (first := text.partition("\n")[0]).startswith("# "):
            (tmp_path / first.removeprefix("# ")).write_text(text, encoding="utf-8")
    for text in filter(is_spec, blocks("yaml")):
        write(text, tmp_path)
    return tmp_path


def run(arguments: str, folder: Path, *, may_fail: bool = False) -> str:
    """What a terminal shows of a command; with its exit status where it asks for it and that is not 0."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GITHUB_")}
    result = subprocess.run(
        [sys.executable, "-m", "flopcount", *shlex.split(arguments)],
        cwd=folder, env={**environment, "COLUMNS": "100"}, text=True, check=not may_fail,
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip
    return result.stdout + (f"exit status {result.returncode}\n" if result.returncode else "")


def test_console_blocks_show_what_the_commands_print(folder: Path) -> None:
    """From the first block to the last, in one folder: a block may change what later ones read."""

    def retold(found: re.Match[str]) -> str:
        language, text = found.groups()
        if language == "yaml":
            if is_spec(text):
                write(text, folder)
        elif language == "diff":
            patch(text, folder)
        elif command := COMMAND.match(text):
            text = command[0] + run(command[1], folder, may_fail=command[2] is not None)
        return f"```{language}\n{text}```"

    shown = STEP.sub(retold, TEXT)
    if os.environ.get("FLOPCOUNT_GOLDEN") == "write":
        README.write_text(shown, encoding="utf-8")
    else:
        assert shown == TEXT


def test_specs_in_the_readme_are_valid(folder: Path) -> None:
    specs = sorted(folder.glob("*.yaml"))
    assert len(specs) == len([*filter(is_spec, blocks("yaml"))]) >= 2
    for path in specs:
        assert "total" in run(f"report {path.name}", folder)


def test_the_story_of_a_budget(folder: Path) -> None:
    """MobileNet keeps its budget; with one block a standard convolution it does not, and the block's line is named."""
    within = ("params ≤ 4.3M       4,231,976", "macs ≤ 570 MMACs  568,740,352")
    text = run("check mobilenet.yaml", folder)
    assert all(f"mobilenet.yaml  {limit}" in text for limit in within)
    run("snapshot mobilenet.yaml -o baseline.json", folder)
    (change,) = blocks("diff")
    patch(change, folder)
    lines = (folder / "mobilenet.yaml").read_text().splitlines()
    line = next(number for number, each in enumerate(lines, start=1) if "- conv: {name: last" in each)
    compare = "check mobilenet.yaml --baseline baseline.json"
    text = run(compare, folder, may_fail=True)
    assert text.endswith("exit status 1\n")
    assert f"last (conv) is new with 9.44 M [mobilenet.yaml:{line}:5]" in " ".join(text.split())
    body = run(f"{compare} --format markdown", folder, may_fail=True)
    assert body.startswith("<!-- flopcount check -->\n")
    # 1024 x 1024 x 9 weights in place of 1024 x 9 and 1024 x 1024, each with two numbers of normalisation a channel
    grown = 1024 * 1024 * 9 - (1024 * 9 + 1024 * 1024 + 4 * 1024)
    assert f"| params |  | 4,231,976 | {4_231_976 + grown:,} | +{grown:,} |  |" in body


def test_the_configuration_in_the_readme_is_valid(folder: Path) -> None:
    (config,) = [text for text in blocks("yaml") if text.startswith("# flopcount.yaml\n")]
    write(config, folder)
    text = run("check", folder)
    assert "resnet50, small  flops:lecture ≤ 4.3 GFLOPs" in text
    assert "mobilenet.yaml" in text


def test_python_blocks_run() -> None:
    assert blocks("python")
    for block in blocks("python"):
        defined: dict[str, Any] = {}
        exec(compile(block, "README.md", "exec"), defined)
        for name in [name for name in defined if name.startswith("test_")]:
            defined[name](assert_within_budget)


def test_set_up_is_the_first_two_sh_blocks_of_one_line_each() -> None:
    first, second = blocks("sh")
    assert first.count("\n") == second.count("\n") == 1
    assert "flopcount report" in first
    assert "pytest" in second
    assert "test" not in first
