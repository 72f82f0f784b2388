"""The specs that ship with flopcount: one lookup, from a wheel, an sdist and an editable install alike."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path


@cache
def folder() -> Path:
    """Where the shipped specs lie: inside an installed package, beside it in a checkout."""
    package = Path(__file__).parent
    inside = package / "specs"
    return inside if inside.is_dir() else package.parent / "specs"


def files() -> list[Path]:
    """Every shipped spec file, by name."""
    return sorted(folder().glob("*.yaml"))


def candidates(name: str) -> list[Path]:
    """The files that may hold a spec or variant of this name: the one called so, then those that mention it."""
    own = folder() / f"{name}.yaml"
    word = re.compile(rf"(?<![\w-]){re.escape(name)}(?![\w-])")
    return ([own] if own.is_file() else []) + [
        path for path in files() if path != own and word.search(path.read_text(encoding="utf-8"))
    ]
