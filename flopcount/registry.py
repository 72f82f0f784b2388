"""Folders whose files are their entries: readers, renderers, rewrites.

To add one, add a file: `rewrites/fold_bn.py` is `fold-bn`. A folder is listed without importing anything, and an entry
is imported when somebody asks for it.
"""

from __future__ import annotations

from importlib import import_module
from pathlib import Path
from types import ModuleType

from .errors import UsageError, did_you_mean

NOUNS = {"readers": "kind of source", "renderers": "format", "rewrites": "rewrite"}
"""What the entries of a folder are called."""


def entries(folder: str) -> dict[str, str]:
    """The entries of a folder: their names and the modules that hold them, sorted. Nothing is imported.

    Example:
        >>> entries("renderers")["csv"]
        'flopcount.renderers.csv'
    """
    stems = (
        path.stem
        for path in (Path(__file__).parent / folder).iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    )
    return {stem.replace("_", "-"): f"{__package__}.{folder}.{stem}" for stem in sorted(stems) if stem[0] != "_"}


def load(folder: str, name: str) -> ModuleType:
    """The module of one entry.

    Raises:
        UsageError: Unknown name, with the nearest known ones.
    """
    known = entries(folder)
    if name not in known:
        raise UsageError(f"unknown {NOUNS.get(folder, folder)} '{name}'", hint=did_you_mean(name, known))
    return import_module(known[name])


def summaries(folder: str) -> dict[str, str]:
    """Every entry with the first line of its docstring, as listings show it.

    Example:
        >>> summaries("renderers")["csv"]
        'Comma-separated values: one line per row, exact numbers, for spreadsheets and scripts.'
    """
    return {name: (load(folder, name).__doc__ or "").partition("\n")[0] for name in entries(folder)}
