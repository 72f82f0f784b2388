"""Values of the spec language: from YAML nodes, and to numbers once the parameters are known."""

from __future__ import annotations

import re
from typing import Any

from msgspec import Struct
from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from ...errors import SpecError, did_you_mean
from ...graph import Tensor
from .document import is_null, kind_of, mapping_items, where
from .expression import TORN_HINT, parse
from .grammar import RESERVED
from .scalars import TEXT, resolve
from .syntax import Node, Template, Value

Environment = dict[str, Any]

NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")
LAYER_NAME = re.compile(r"[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*")
MAX_NAMES = 1000
"""How many parameters, arguments, derived values or lists walked together may stand in one place."""

_BRACES = re.compile(r"\{([^{}]*)\}")


def read_value(path: str, node: Node, words: tuple[str, ...] = ()) -> Value:
    """A value: a constant, an expression, or a list of such; `words` are the bare words that stand for themselves."""
    if type(node) is ScalarNode:
        text = node.value
        try:
            if not node.style:
                constant = resolve(text)
                if constant is not TEXT:
                    return Value(node, constant)
            if text in words:
                return Value(node, text)
            return Value(node, expression=parse(text))
        except SpecError as error:
            raise error.located(where(path, node)) from None
    if type(node) is SequenceNode:
        items = tuple(read_value(path, item, words) for item in node.value)
        if all(item.is_constant for item in items):
            return Value(node, [item.constant for item in items])
        if len(items) > MAX_NAMES:
            raise SpecError(f"a list with expressions has more than {MAX_NAMES} elements", where=where(path, node))
        return Value(node, items=items)
    raise SpecError("a mapping stands where a number or list belongs", where=where(path, node), hint=TORN_HINT)


def evaluate(path: str, value: Value, env: Environment) -> Any:
    """What a value is under these parameters."""
    if value.expression is not None:
        try:
            return value.expression.evaluate(env)
        except SpecError as error:
            raise error.located(where(path, value.node)) from None
    if value.items is not None:
        return [evaluate(path, item, env) for item in value.items]
    return value.constant


def bind(path: str, values: dict[str, Value], env: Environment) -> None:
    """Evaluate one after another, each seeing those before it."""
    for name, value in values.items():
        env[name] = evaluate(path, value, env)


def read_text(path: str, node: Node, what: str) -> str:
    """A text: any scalar, as it is written."""
    if type(node) is not ScalarNode or is_null(node):
        raise SpecError(f"{what} must be text, not {kind_of(node)}", where=where(path, node))
    return str(node.value)


def read_texts(path: str, node: Node, what: str) -> tuple[Node, ...]:
    """One text, or a list of them, as nodes."""
    return tuple(node.value) if type(node) is SequenceNode else (node,)


def read_names(path: str, node: Node, what: str) -> tuple[str, ...]:
    """One identifier, or a list of them without repetition."""
    names = [read_identifier(path, item, what) for item in read_texts(path, node, what)]
    if len(set(names)) != len(names):
        raise SpecError(f"{what} names the same thing twice", where=where(path, node))
    return tuple(names)


def read_identifier(path: str, node: Node, what: str) -> str:
    """A name that expressions can use."""
    text = read_text(path, node, what)
    if not NAME.fullmatch(text):
        raise SpecError(
            f"{what} '{text}' is not a name", where=where(path, node), hint="letters, digits and _, no digit first"
        )
    if text in RESERVED or text == "input":
        raise SpecError(
            f"{what} '{text}' cannot be named so: expressions give that word a meaning", where=where(path, node)
        )
    return text


def read_template(path: str, node: Node, what: str) -> Template:
    """The name of a layer, with expressions in braces: `layer{i + 1}`."""
    text = read_text(path, node, what)
    parts: list[Any] = []
    for i, piece in enumerate(_BRACES.split(text)):
        try:
            parts += [parse(piece)] if i % 2 else [piece] if piece else []
        except SpecError as error:
            raise error.located(where(path, node)) from None
    literal = all(isinstance(part, str) for part in parts)
    if literal:
        _check_layer_name(path, node, text, what)
    return Template(node, text, () if literal else tuple(parts))


def fill(path: str, template: Template, env: Environment) -> str:
    """The name that a template makes under these parameters."""
    if not template.parts:
        return template.text
    try:
        text = "".join(part if isinstance(part, str) else str(part.evaluate(env)) for part in template.parts)
    except SpecError as error:
        raise error.located(where(path, template.node)) from None
    _check_layer_name(path, template.node, text, "name")
    return text


def _check_layer_name(path: str, node: Node, text: str, what: str) -> None:
    if not LAYER_NAME.fullmatch(text):
        raise SpecError(
            f"{what} '{text}' is not a layer name",
            where=where(path, node),
            hint="letters, digits, _ and -, joined by dots; an expression stands in braces: layer{i + 1}",
        )


def read_mapping(path: str, node: Node, what: str) -> list[tuple[str, Node, Node]]:
    """The entries of a mapping: key, the key's node, the value's node; null is an empty mapping."""
    if is_null(node):
        return []
    if type(node) is not MappingNode:
        raise SpecError(f"{what} must be a mapping of names to values", where=where(path, node))
    return mapping_items(path, node)


def refuse_many(path: str, node: Node, entries: list[tuple[str, Node, Node]], what: str) -> list[Any]:
    """The same entries: every use of a block, and every copy, sets all its names anew, so they must be few."""
    if len(entries) > MAX_NAMES:
        raise SpecError(f"more than {MAX_NAMES} {what} names stand here", where=where(path, node))
    return entries


def unknown_key(path: str, key: str, node: Node, what: str, known: Any) -> SpecError:
    """The error for a key that nobody expects here, with the nearest one that is."""
    torn = any(mark in key for mark in "()[]'\"")
    kind, of, owner = what.partition(" of ")
    return SpecError(
        f"unknown {kind} '{key}'{of}{owner}",
        where=where(path, node),
        hint=TORN_HINT if torn else did_you_mean(key, known),
    )


class InputView(Struct):
    """What `input` is in an expression: the tensor that the layer reads, batch first.

    `input.channels` is axis 1; `input.features` the last; `input.height` and `input.width` the last two of an image;
    `input.length` axis 1 of a sequence; `input.shape` one sample's sizes.
    """

    tensors: tuple[Tensor, ...]
    batched: bool = True

    def __repr__(self) -> str:
        return "input"

    def get_attribute(self, name: str) -> Any:
        """The value of `input.NAME`."""
        if not self.tensors:
            raise SpecError(f"input.{name} does not exist: no layer stands before", hint="`from` says what is read")
        shape = self.tensors[0].shape
        sample = shape[1:] if self.batched else shape
        readers: dict[str, tuple[int, Any]] = {
            "channels": (1, lambda: sample[0]),
            "length": (1, lambda: sample[0]),
            "features": (1, lambda: sample[-1]),
            "height": (2, lambda: sample[-2]),
            "width": (1, lambda: sample[-1]),
            "shape": (0, lambda: list(sample)),
            "rank": (0, lambda: len(sample)),
        }
        if name not in readers:
            raise SpecError(f"input has no '{name}'", hint=did_you_mean(name, readers))
        axes, read = readers[name]
        if len(sample) < axes:
            raise SpecError(f"input.{name} does not exist: the input has {len(sample)} axes")
        return read()
