"""Attribute types: what a field of an op may hold, how a spec's value becomes it, and its JSON Schema.

A field is annotated with one of the names at the end of this file (`kernel: PerAxis = 1`); the annotation says both the
Python type and how to read a value that a spec's expression gave.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from fractions import Fraction
from functools import cache
from inspect import get_annotations
from typing import Annotated, Any, Literal, get_args, get_origin, get_type_hints

from msgspec import NODEFAULT, Struct

from .errors import OpError, did_you_mean

MAX_SIZE = 2**40
"""The largest size of one axis: a thousand times beyond any tensor ever made, and small enough to stay printable."""

REQUIRED: Any = NODEFAULT


class FieldType(Struct, frozen=True, eq=False):
    """How to read one kind of value.

    Attributes:
        noun: What an error says was expected: "a positive integer".
        read: Turns an evaluated value into the field's; raises OpError.
        schema: A JSON Schema fragment for literal values (the spec language allows an expression in their place).
        words: The bare words that are values themselves (`same`); any other is an expression.
    """

    noun: str
    read: Callable[[Any], Any]
    schema: dict[str, Any]
    words: tuple[str, ...] = ()


class Field(Struct, frozen=True):
    """A field of an op: its type and its default (`REQUIRED` where there is none)."""

    name: str
    type: FieldType
    default: Any


def show_value(value: Any) -> str:
    """A value as a spec would write it."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Fraction):
        return str(value.numerator) if value.denominator == 1 else repr(float(value))
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(show_value, value)) + "]"
    return str(value) if isinstance(value, int) else repr(value)


def integer(value: Any, noun: str = "an integer", least: int | None = None) -> int:
    """Read an integer, and help with a number that is none.

    Example:
        >>> integer(Fraction(6, 2))
        3
    """
    if isinstance(value, Fraction):
        if value.denominator != 1:
            raise OpError(
                f"must be {noun}, not {show_value(value)}",
                hint=f"int(...) gives {int(value)}; round8(...) gives the nearest multiple of 8, as MobileNets do",
            )
        value = value.numerator
    if isinstance(value, bool) or not isinstance(value, int):
        raise OpError(f"must be {noun}, not {show_value(value)}")
    if least is not None and value < least:
        raise OpError(f"must be {noun}, not {value}")
    if abs(value) > MAX_SIZE:
        raise OpError(f"must be {noun} of reasonable size, not {value}", hint=f"the limit is 2^40 = {MAX_SIZE}")
    return value


def _at_least(least: int | None, noun: str) -> Callable[[Any], int]:
    return lambda value: integer(value, noun, least)


def _per_axis(least: int, noun: str) -> Callable[[Any], int | tuple[int, ...]]:
    def read(value: Any) -> int | tuple[int, ...]:
        if isinstance(value, list | tuple):
            if not 1 <= len(value) <= 3:
                raise OpError(f"must be {noun} or a list of one per spatial axis, not {show_value(value)}")
            return tuple(integer(item, noun, least) for item in value)
        return integer(value, f"{noun} or a list of one per spatial axis", least)

    return read


def _padding(value: Any) -> Any:
    noun = "a non-negative integer, a list of one per axis (or a [before, after] pair per axis), 'same' or 'valid'"
    if isinstance(value, str):
        if value not in ("same", "valid"):
            raise OpError(f"must be {noun}, not {value!r}", hint=did_you_mean(value, ("same", "valid")))
        return value
    return _ends(value, noun, 3)


def _pads(value: Any) -> Any:
    return _ends(value, "a non-negative integer, or a list of one (or a [before, after] pair) per axis")


def _ends(value: Any, noun: str, most: int | None = None) -> Any:
    if not isinstance(value, list | tuple):
        return integer(value, noun, 0)
    pairs = [side for side in value if isinstance(side, list | tuple)]
    if not value or (most and len(value) > most) or any(len(side) != 2 for side in pairs):
        raise OpError(f"must be {noun}, not {show_value(value)}")
    return tuple(
        tuple(integer(end, noun, 0) for end in side) if isinstance(side, list | tuple) else integer(side, noun, 0)
        for side in value
    )


def _integers(least: int | None, noun: str) -> Callable[[Any], tuple[int, ...]]:
    def read(value: Any) -> tuple[int, ...]:
        items = value if isinstance(value, list | tuple) else [value]
        return tuple(integer(item, noun, least) for item in items)

    return read


def _shapes(value: Any) -> Any:
    """One shape, or a list of them where all that it holds are lists."""
    noun = "a non-negative integer"
    if isinstance(value, list | tuple) and value and all(isinstance(item, list | tuple) for item in value):
        return tuple(tuple(integer(size, noun, 0) for size in shape) for shape in value)
    return _integers(0, noun)(value)


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(map(_text, value if isinstance(value, list | tuple) else [value]))


def _number(value: Any) -> float:
    if isinstance(value, bool) or not isinstance(value, int | Fraction | float):
        raise OpError(f"must be a number, not {show_value(value)}")
    return value if isinstance(value, int) else float(value)


class AnyWord(tuple[str, ...]):
    """The words of a field of text: each is itself, none is an expression."""

    __slots__ = ()

    def __contains__(self, word: object) -> bool:
        return isinstance(word, str)


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise OpError(f"must be text, not {show_value(value)}", hint="put it in quotes")
    return value


def _flag(value: Any) -> bool:
    if not isinstance(value, bool):
        raise OpError(f"must be true or false, not {show_value(value)}")
    return value


def choice(*options: str) -> FieldType:
    """One of a few words."""

    def read(value: Any) -> str:
        if value not in options or not isinstance(value, str):
            raise OpError(
                f"must be one of {', '.join(options)}, not {show_value(value)}",
                hint=did_you_mean(value, options) if isinstance(value, str) else None,
            )
        return value

    return FieldType("one of " + ", ".join(options), read, {"enum": list(options)}, options)


_INTEGER = {"type": "integer"}
_POSITIVE = {"type": "integer", "minimum": 1}
_NATURAL = {"type": "integer", "minimum": 0}


def _list_of(item: dict[str, Any], most: int | None = None) -> dict[str, Any]:
    return {"type": "array", "items": item, "minItems": 1, **({"maxItems": most} if most else {})}


def _one_or_list(item: dict[str, Any]) -> dict[str, Any]:
    return {"anyOf": [item, {"type": "array", "items": item}]}  # a scalar's shape is an empty list


_PADS = {"anyOf": [_NATURAL, {"type": "array", "items": _NATURAL, "minItems": 2, "maxItems": 2}]}

Size = Annotated[int, FieldType("a positive integer", _at_least(1, "a positive integer"), _POSITIVE)]
Count = Annotated[int, FieldType("a non-negative integer", _at_least(0, "a non-negative integer"), _NATURAL)]
Integer = Annotated[int, FieldType("an integer", _at_least(None, "an integer"), _INTEGER)]
Axis = Annotated[int, FieldType("an axis (batch is axis 0)", _at_least(None, "an axis"), _INTEGER)]
Number = Annotated[float, FieldType("a number", _number, {"type": "number"})]
Flag = Annotated[bool, FieldType("true or false", _flag, {"type": "boolean"})]
Text = Annotated[str, FieldType("text", _text, {"type": "string"}, AnyWord())]
PerAxis = Annotated[
    int | tuple[int, ...],
    FieldType(
        "a positive integer or one per spatial axis",
        _per_axis(1, "a positive integer"),
        {"anyOf": [_POSITIVE, _list_of(_POSITIVE, 3)]},
    ),
]
CountPerAxis = Annotated[
    int | tuple[int, ...],
    FieldType(
        "a non-negative integer or one per spatial axis",
        _per_axis(0, "a non-negative integer"),
        {"anyOf": [_NATURAL, _list_of(_NATURAL, 3)]},
    ),
]
Padding = Annotated[
    int | str | tuple[int | tuple[int, int], ...],
    FieldType(
        "a non-negative integer, a list, 'same' or 'valid'",
        _padding,
        {"anyOf": [_NATURAL, _list_of(_PADS, 3), {"enum": ["same", "valid"]}]},
        words=("same", "valid"),
    ),
]
Pads = Annotated[
    int | tuple[int | tuple[int, int], ...],
    FieldType(
        "a non-negative integer, or a list of one (or a [before, after] pair) per axis",
        _pads,
        {"anyOf": [_NATURAL, _list_of(_PADS)]},
    ),
]
Sizes = Annotated[
    tuple[int, ...],
    FieldType("a positive integer, or a list of them", _integers(1, "a positive integer"), _one_or_list(_POSITIVE)),
]
Shapes = Annotated[
    tuple[int, ...] | tuple[tuple[int, ...], ...],
    FieldType(
        "a shape, or a list of shapes",
        _shapes,
        {"anyOf": [_NATURAL, {"type": "array", "items": {"anyOf": [_NATURAL, {"type": "array", "items": _NATURAL}]}}]},
    ),
]
Texts = Annotated[
    tuple[str, ...], FieldType("a text, or a list of them", _texts, _one_or_list({"type": "string"}), AnyWord())
]
Integers = Annotated[
    tuple[int, ...], FieldType("an integer, or a list of them", _integers(None, "an integer"), _one_or_list(_INTEGER))
]


@cache
def fields_of(op: type[Struct]) -> dict[str, Field]:
    """The fields of an op, by name and in order; the first is what a spec's short form sets (`linear: 1000`).

    Example:
        >>> from flopcount.ops.conv import Conv
        >>> list(fields_of(Conv))
        ['out', 'kernel', 'stride', 'padding', 'dilation', 'groups', 'bias']
    """
    names: Sequence[str] = op.__struct_fields__
    defaults = (REQUIRED,) * (len(names) - len(op.__struct_defaults__)) + op.__struct_defaults__
    return {name: Field(name, _declared(op, name), default) for name, default in zip(names, defaults, strict=True)}


def _declared(op: type[Struct], name: str) -> FieldType:
    """The type of one field. Most annotations are a name of this file, looked up here: compiling each takes long."""
    owner = next(cls for cls in op.__mro__ if name in get_annotations(cls))
    text, bar, rest = get_annotations(owner)[name].partition(" | ")
    hint = vars(sys.modules[owner.__module__]).get(text)
    if hint is None or rest not in ("", "None"):
        return _type_of(get_type_hints(owner, include_extras=True)[name])
    return _optional(_type_of(hint)) if bar else _type_of(hint)


def _type_of(hint: Any) -> FieldType:
    if get_origin(hint) is Literal:
        return choice(*get_args(hint))
    if get_origin(hint) is Annotated:
        return next(extra for extra in hint.__metadata__ if isinstance(extra, FieldType))
    kinds = [member for member in get_args(hint) if member is not type(None)]  # `Size | None`
    return _optional(_type_of(kinds[0]))


def _optional(kind: FieldType) -> FieldType:
    return FieldType(
        f"{kind.noun}, or null",
        lambda value: None if value is None else kind.read(value),
        {"anyOf": [kind.schema, {"type": "null"}]},
        kind.words,
    )
