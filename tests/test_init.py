"""The public face of the package, what importing it costs, and which way its parts depend on one another."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import flopcount

PACKAGE = Path(flopcount.__file__).parent
QUIET = {"flopcount"}
COUNTING = QUIET | {"yaml", "msgspec", "typing_extensions", "cython_runtime"}
COMMAND = COUNTING | {"typer", "shellingham", "annotated_doc", "click", "rich", "colorama"}

COUNT = """
import os
flopcount.analyze(os.path.join(os.path.dirname(flopcount.__file__), "..", "specs", "alexnet.yaml"))
"""
REPORT = """
import contextlib, io
from flopcount.__main__ import main
sys.argv = ["flopcount", "report", "resnet50", "--format", "{}"]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    main()
"""

CHECK = """
import contextlib, io
from flopcount.__main__ import main
sys.argv = ["flopcount", "check", "resnet50", "--max-params", "26M"]
with contextlib.suppress(SystemExit), contextlib.redirect_stdout(io.StringIO()):
    main()
"""


def loaded(code: str) -> set[str]:
    """The top-level modules outside of the standard library that code after `import flopcount` loads."""
    script = f"""
import json, sys
before = set(sys.modules)
import flopcount
{code}
print(json.dumps(sorted(set(sys.modules) - before)))
"""
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    names = {name.partition(".")[0] for name in json.loads(done.stdout)} - sys.stdlib_module_names
    return {name for name in names if not name.startswith(("_cython_", "__editable__"))}


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        ("", QUIET),
        (COUNT, COUNTING),
        (REPORT.format("json"), COMMAND),
        (REPORT.format("table"), COMMAND),
        (CHECK, COMMAND),
    ],
)  # fmt: skip
def test_nobody_waits_for_what_is_not_needed(code: str, allowed: set[str]) -> None:
    assert loaded(code) <= allowed


@pytest.mark.parametrize("heavy", ["numpy", "torch"])
def test_that_the_test_above_can_fail(heavy: str) -> None:
    assert heavy in loaded(f"import {heavy}") - COMMAND


def test_everything_public_can_be_imported() -> None:
    assert sorted(flopcount.__all__) == flopcount.__all__ == dir(flopcount)
    for name in flopcount.__all__:
        assert getattr(flopcount, name) is not None
    homes = {*flopcount.__all__} - {"__version__"}
    assert homes == flopcount._HOMES.keys()


def test_types_and_names_agree_on_where_they_live() -> None:
    tree = ast.parse((PACKAGE / "__init__.py").read_text())
    (block,) = (node for node in tree.body if isinstance(node, ast.If))
    typed = {alias.name: node.module for node in block.body if isinstance(node, ast.ImportFrom) for alias in node.names}
    assert typed == flopcount._HOMES


def test_what_is_not_public_is_an_attribute_error() -> None:
    with pytest.raises(AttributeError, match="module 'flopcount' has no attribute 'analyse'"):
        flopcount.analyse  # noqa: B018


FLOORS = (
    "flopcount errors op sizes table collector library",
    "units formula fields graph files registry",
    "folding ops resizing",
    "tools",
    "conventions gradients readers",
    "engine rewrites convention_file pricelist",
    "metrics remarks rewriting",
    "footer payload explain torch verdict part",
    "summary explanation",
    "renderers sources listing advice",
    "advisory verifying comparing bridges",
    "api",
    "sweeps budget",
    "pytest_plugin cli",
    "__main__",
)
"""From the ground up: what a module imports when it is itself imported lies on a lower floor or in its own package."""


def floor(part: str) -> int:
    return next(number for number, names in enumerate(FLOORS) if part in names.split())


def imports(source: str, package: str) -> Iterator[str]:
    """The parts of flopcount that a module imports at its top level."""
    for node in ast.parse(source).body:
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package.split(".")[: len(package.split(".")) - node.level + 1]
            base += node.module.split(".") if node.module else []
            for alias in node.names:
                yield [*base, alias.name][1]


def part_of(path: Path) -> tuple[str, str]:
    """A module's part of the house, and the package that its relative imports start from."""
    inside = path.relative_to(PACKAGE.parent).with_suffix("").parts
    package = ".".join(inside[:-1])
    return ("flopcount" if inside == ("flopcount", "__init__") else inside[1]), package


@pytest.mark.parametrize("path", sorted(PACKAGE.rglob("*.py")), ids=lambda path: str(path.relative_to(PACKAGE)))
def test_dependencies_point_down(path: Path) -> None:
    part, package = part_of(path)
    for name in imports(path.read_text(), package):
        target = "flopcount" if name == "__version__" else name
        assert target == part or floor(target) < floor(part), f"{part} imports {target}"


def test_that_an_upward_import_is_seen() -> None:
    assert list(imports("from .errors import X\nfrom . import cli, __version__", "flopcount")) == [
        "errors", "cli", "__version__",
    ]  # fmt: skip
    assert list(imports("from ..op import Op\nfrom .axes import y", "flopcount.ops")) == ["op", "ops"]
    assert list(imports("def f():\n    from .cli import main", "flopcount")) == []
