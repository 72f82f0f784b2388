"""A whole spec file: its top-level keys, from YAML nodes to a `Spec`."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Any

from yaml.nodes import MappingNode, ScalarNode, SequenceNode

from ...errors import SpecError, did_you_mean
from ...graph import DTYPE_BYTES
from ...ops import OPS
from .document import compose, where
from .modifiers import MODIFIERS, read_templates
from .parse import BLOCK_KEYS, BodyParser
from .syntax import Input, Node, Spec, Variant
from .values import read_identifier, read_mapping, read_text, read_value, unknown_key

KEYS = (
    "name", "about", "source", "dtype", "params", "variants", "let", "input", "inputs", "blocks", "layers", "outputs",
    "expect", "budget",
)  # fmt: skip
VARIANT_KEYS = ("expect", "budget", "about", "source")
EXPECTABLE = ("params", "trainable_params", "buffers", "macs", "flops", "activations")
"""The totals that `expect:` may promise; `flops` is the lecture's."""
SHAPE_OF_COMMANDS = re.compile(r"[0-9]{1,9}(?:x[0-9]{1,9}){1,9}")
"""How the command line writes a shape."""


def parse_spec(text: str, path: str) -> Spec:
    """Parse a spec.

    Args:
        text: The file's text.
        path: What messages call the file.

    Raises:
        SpecError: Anything that breaks the language's rules, with file, line and column.
    """
    root = compose(text, path)
    if type(root) is not MappingNode:
        raise SpecError("a spec is a mapping with at least `input` and `layers`", where=where(path, root))
    keys: dict[str, Node] = {}
    for key, key_node, value in read_mapping(path, root, "the spec"):
        if key not in KEYS:
            raise unknown_key(path, key, key_node, "key", KEYS)
        keys[key] = value
    if "layers" not in keys:
        raise SpecError("the spec has no `layers`", where=where(path, root), hint="layers: a list, one op an entry")
    parser = BodyParser(path, _block_arguments(path, keys))
    blocks = {name: parser.block(name, node) for name, node in _mapping(path, keys, "blocks")}
    name = read_text(path, keys["name"], "name") if "name" in keys else _stem(path)
    params = parser.values(keys["params"], "parameter") if "params" in keys else {}
    return Spec(
        path=path,
        name=name,
        about=_text(path, keys, "about"),
        source=_text(path, keys, "source"),
        dtype=_dtype(path, keys["dtype"]) if "dtype" in keys else "float32",
        params=params,
        variants={name: _variant(path, name, node, params) for name, node in _mapping(path, keys, "variants")},
        let=parser.values(keys["let"], "let") if "let" in keys else {},
        inputs=_inputs(path, keys, root),
        blocks=blocks,
        body=parser.body(keys["layers"]),
        outputs=read_templates(path, keys["outputs"], "outputs") if "outputs" in keys else None,
        expect=_expect(path, keys["expect"]) if "expect" in keys else {},
        budget=keys.get("budget"),  # read by whoever checks it
    )


def _stem(path: str) -> str:
    return path.replace("\\", "/").rpartition("/")[2].rpartition(".")[0] or path


def _text(path: str, keys: dict[str, Node], key: str) -> str:
    return read_text(path, keys[key], key) if key in keys else ""


def _mapping(path: str, keys: dict[str, Node], key: str) -> list[tuple[str, Node]]:
    return [(name, node) for name, _, node in read_mapping(path, keys[key], key)] if key in keys else []


def _block_arguments(path: str, keys: dict[str, Node]) -> dict[str, tuple[str, ...]]:
    """The names of every block's arguments, known before any body is read, so that blocks may stand in any order."""
    result: dict[str, tuple[str, ...]] = {}
    parser = BodyParser(path, {})
    for name, key_node, node in read_mapping(path, keys["blocks"], "blocks") if "blocks" in keys else []:
        read_identifier(path, key_node, "block")
        if name in OPS or name in MODIFIERS or name in ("layers", "branches", "join", "let"):
            raise SpecError(
                f"a block cannot be named '{name}': the language has that word", where=where(path, key_node)
            )
        arguments: Any = ()
        if type(node) is MappingNode:
            for key, _, value in read_mapping(path, node, f"block '{name}'"):
                if key == BLOCK_KEYS[0]:
                    arguments = parser.arguments(value)
        result[name] = tuple(arguments)
    return result


def _inputs(path: str, keys: dict[str, Node], root: Node) -> dict[str, Input]:
    if ("input" in keys) == ("inputs" in keys):
        raise SpecError(
            "a spec has either `input` or `inputs`",
            where=where(path, root),
            hint="input: [3, 224, 224], one sample without the batch",
        )
    if "input" in keys:
        return {"input": _input(path, keys["input"])}
    inputs = {name: _input(path, node) for name, node in _mapping(path, keys, "inputs")}
    if not inputs:
        raise SpecError("`inputs` names none", where=where(path, keys["inputs"]))
    return inputs


def _input(path: str, node: Node) -> Input:
    if type(node) in (SequenceNode, ScalarNode):
        if type(node) is ScalarNode and SHAPE_OF_COMMANDS.fullmatch(node.value):
            raise SpecError(
                f"a shape is a list here, not '{node.value}'",
                where=where(path, node),
                hint=f"input: [{node.value.replace('x', ', ')}]",
            )
        return Input(node, read_value(path, node))
    parts: dict[str, Node] = {}
    for key, key_node, value in read_mapping(path, node, "an input"):
        if key not in ("shape", "dtype"):
            raise unknown_key(path, key, key_node, "key of an input", ("shape", "dtype"))
        parts[key] = value
    if "shape" not in parts:
        raise SpecError("an input needs a shape", where=where(path, node), hint="{shape: [128], dtype: int64}")
    dtype = _dtype(path, parts["dtype"]) if "dtype" in parts else None
    return Input(node, read_value(path, parts["shape"]), dtype)


def _dtype(path: str, node: Node) -> str:
    text = read_text(path, node, "dtype")
    if text not in DTYPE_BYTES:
        raise SpecError(f"unknown dtype '{text}'", where=where(path, node), hint=did_you_mean(text, DTYPE_BYTES))
    return text


def _variant(path: str, name: str, node: Node, params: Collection[str]) -> Variant:
    variant = Variant(node, {})
    for key, key_node, value in read_mapping(path, node, f"variant '{name}'"):
        if key == "expect":
            variant.expect = _expect(path, value)
        elif key == "budget":
            variant.budget = value
        elif key in VARIANT_KEYS:
            setattr(variant, key, read_text(path, value, key))
        elif key in params:
            variant.settings[key] = read_value(path, value)
        else:
            raise unknown_key(path, key, key_node, f"parameter of variant '{name}'", [*params, *VARIANT_KEYS])
    return variant


def _expect(path: str, node: Node) -> dict[str, int]:
    expect = {}
    for key, key_node, value in read_mapping(path, node, "expect"):
        if key not in EXPECTABLE:
            raise unknown_key(path, key, key_node, "total", EXPECTABLE)
        constant = read_value(path, value).constant
        if isinstance(constant, bool) or not isinstance(constant, int) or constant < 0:
            raise SpecError(f"expect: {key} must be a non-negative integer", where=where(path, value))
        expect[key] = constant
    return expect
