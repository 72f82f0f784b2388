"""A convention of one's own, from a YAML file: the prices of another, changed, and rules of so many per element.

name: edge
like: macs
prices: {bias: 1}
rules:
relu: {per_output: 1}
bn: {per_input: 2}
matmul: nothing
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import msgspec
from msgspec import UNSET, Struct, UnsetType
from msgspec.structs import replace

from .conventions import CONVENTIONS, Convention
from .errors import SourceError, UsageError, did_you_mean
from .ops import OPS
from .tools import Rule, nothing, per_input, per_output, unknown

SUFFIXES = (".yaml", ".yml")
WORDS = {"nothing": nothing, "unknown": unknown}


class Prices(Struct, frozen=True, forbid_unknown_fields=True):
    """What may be priced otherwise; see `Convention`."""

    product: int | UnsetType = UNSET
    output: int | UnsetType = UNSET
    bias: int | UnsetType = UNSET
    primitive: int | UnsetType = UNSET
    statistics: int | UnsetType = UNSET
    masked: bool | UnsetType = UNSET
    backward: bool | UnsetType = UNSET
    recomputed: bool | UnsetType = UNSET


class PerElement(Struct, frozen=True, forbid_unknown_fields=True):
    """So many per element of the first input or of the output; one of them."""

    per_input: int | UnsetType = UNSET
    per_output: int | UnsetType = UNSET


class File(Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the file; without `like`, products alone are priced."""

    name: str = ""
    like: str = "macs"
    unit: str | UnsetType = UNSET
    summary: str | UnsetType = UNSET
    source: str | UnsetType = UNSET
    prices: Prices = Prices()
    rules: Mapping[str, str | PerElement] = {}


def read_convention(path: str) -> Convention:
    """The convention that a file describes.

    Raises:
        SourceError: The file is missing, is no YAML, or says what no convention can.
    """
    from .readers.spec.document import compose, read_text

    try:
        file = msgspec.convert(_plain(compose(read_text(path), path)), File)
        return _convention(file, path)
    except (msgspec.ValidationError, UsageError) as error:
        hint = error.hint if isinstance(error, UsageError) else "a convention has name, like, unit, prices and rules"
        what = error.what if isinstance(error, UsageError) else _lower(str(error))
        raise SourceError(what, where=path, hint=hint) from None


def _convention(file: File, path: str) -> Convention:
    if file.like not in CONVENTIONS:
        raise UsageError(f"like: unknown convention '{file.like}'", hint=did_you_mean(file.like, CONVENTIONS))
    base = CONVENTIONS[file.like]
    prices = {key: value for key, value in msgspec.structs.asdict(file.prices).items() if value is not UNSET}
    unit = base.unit if file.unit is UNSET else str(file.unit)
    if unit not in ("FLOP", "MAC", "op"):
        raise UsageError(f"unit: {unit!r} is none", hint="one of: FLOP, MAC, op")
    summary = f"as {base.name}, with prices and rules of its own" if file.summary is UNSET else str(file.summary)
    return replace(
        base, name=file.name or Path(path).stem, unit=unit, summary=summary,
        source=path if file.source is UNSET else str(file.source),
        rules=(*base.rules, *(_rule(tag, belief) for tag, belief in file.rules.items())), **prices,
    )  # fmt: skip


def _rule(tag: str, belief: str | PerElement) -> Rule:
    if tag not in OPS:
        raise UsageError(f"rules: unknown op '{tag}'", hint=did_you_mean(tag, OPS))
    if isinstance(belief, str):
        if belief not in WORDS:
            raise UsageError(f"rules: '{belief}' is no rule for {tag}", hint="nothing, unknown, or {per_output: 1}")
        return Rule(f"{belief} of {tag}", (tag,), WORDS[belief])
    given = [(key, value) for key, value in msgspec.structs.asdict(belief).items() if value is not UNSET]
    if len(given) != 1 or given[0][1] < 0:
        raise UsageError(f"rules: {tag} needs one number per input or per output", hint="{per_output: 1}")
    ((key, number),) = given
    per_element = per_input if key == "per_input" else per_output
    return Rule(f"{number} {key.replace('_', ' ')} of {tag}", (tag,), per_element(number))


def _plain(node: Any) -> Any:
    """A composed YAML node as plain values: numbers and truth values where they are not quoted."""
    import yaml

    if isinstance(node, yaml.MappingNode):
        return {str(_plain(key)): _plain(value) for key, value in node.value}
    if isinstance(node, yaml.SequenceNode):
        return [_plain(each) for each in node.value]
    return node.value if node.style else yaml.load(node.value, yaml.SafeLoader)


def _lower(text: str) -> str:
    return text[:1].lower() + text[1:]
