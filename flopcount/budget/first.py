"""A first configuration: what models cost today, and a quarter more."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from ..api import analyze
from ..errors import FlopcountError, UsageError
from ..units import DECIMAL, grouped
from .config import NAMES, find_config
from .models import files_of
from .places import exists, is_file, parted, place_of

LIMITED = ("params", "macs")
SPARE = 25
"""How many percent a first limit leaves above today's number."""

MAX_FILES = 1_000


def find_specs() -> list[str]:
    """The specs of the working folder and the folders below it: YAML files with `layers` and an input."""
    files = sorted({*glob.glob("**/*.yaml", recursive=True), *glob.glob("**/*.yml", recursive=True)})  # noqa: PTH207
    return [file for file in files[:MAX_FILES] if _looks_like_a_spec(file)]


def _looks_like_a_spec(file: str) -> bool:
    try:
        with Path(file).open(encoding="utf-8") as text:
            lines = text.read(2**20).splitlines()
    except (OSError, ValueError):
        return False
    keys = {line.partition(":")[0] for line in lines}
    return "layers" in keys and bool(keys & {"input", "inputs"})


def first_config(sources: Sequence[str], folder: str = "") -> str:
    """A configuration's text for these sources, whose paths it states from the folder that it will lie in.

    Raises:
        UsageError: There are none.
        FlopcountError: One of them cannot be read.
    """
    if not sources:
        raise UsageError(
            "there is no spec here or below", hint="name one: flopcount init net.yaml, or flopcount init resnet50"
        )
    lines = [
        f"# What these models may cost: `flopcount check` fails where one is over. Today's numbers + {SPARE} %,",
        "# rounded up, to begin with: lower them to what you really want to allow (`flopcount check --update` helps).",
        "models:",
    ]
    for source in sources:
        lines += _entry(source, folder)
    return "\n".join(lines) + "\n"


def _entry(source: str, folder: str) -> Iterable[str]:
    if source == "-":
        raise UsageError("standard input has no path that a configuration could name")
    totals = analyze(source).totals
    if unknown := sum(totals[key].unknown for key in LIMITED[:1]):
        raise FlopcountError(
            f"{source} has {unknown} layer{'s'[: unknown > 1]} that nobody can count, so that it has no first budget",
            hint="name the models that have one: flopcount init net.yaml",
        )
    yield f"  - path: {_quoted(_path(source, folder))}"
    yield "    budget:"
    for key in LIMITED:
        today = totals[key].value
        limit = f"{key}: {rounded_up(-(-today * (100 + SPARE) // 100))}"
        yield f"      {limit:<16}  # today {grouped(today)}"


def _path(source: str, folder: str) -> str:
    """A source as the configuration names it: no pattern, and seen from its folder."""
    file, variant = parted(source)
    if not is_file(file):
        return source
    seen = file if os.path.isabs(file) else os.path.relpath(file, folder or ".")  # noqa: PTH117
    return glob.escape(seen.replace(os.sep, "/")) + variant


def _quoted(text: str) -> str:
    return text if all(char.isalnum() or char in "_-./" for char in text) else "'" + text.replace("'", "''") + "'"


def rounded_up(value: int) -> str:
    """A quantity in three significant digits, never less than the number.

    Example:
        >>> rounded_up(5_289_970), rounded_up(710_925_440), rounded_up(784), rounded_up(999_999)
        ('5.29M', '711M', '784', '1M')
    """
    if value < 1000:
        return str(value)
    scale = 10 ** (len(str(value)) - 3)
    value = -(-value // scale) * scale
    step = min((len(str(value)) - 1) // 3, len(DECIMAL) - 1)
    whole, rest = divmod(value, 1000**step)
    digits = f"{whole}.{rest:0{3 * step}}".rstrip("0").rstrip(".")
    return f"{digits}{DECIMAL[step]}"


def write_first(path: str | None, sources: Sequence[str]) -> tuple[str, int]:
    """Write a first configuration, where there is none yet.

    Returns:
        Where it stands, and how many models it has.

    Raises:
        UsageError: There is one already.
    """
    from ..files import write_whole

    target = path or NAMES[0]
    folder, name = os.path.split(target)
    lowers = "`flopcount check --update` lowers its limits"
    if exists(target):
        raise UsageError(f"there is a '{target}' already", hint=lowers)
    if name in NAMES and (other := find_config(folder)):
        what = f"a [tool.flopcount] in '{other}'" if other.endswith(".toml") else f"a '{other}'"
        raise UsageError(f"there is {what} already, and only one of the two would be read", hint=lowers)
    named = [found for source in sources for found in files_of(source)] or find_specs()
    chosen = list({place_of(source): source for source in named}.values())
    write_whole(target, first_config(chosen, folder))
    return target, len(chosen)
