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

import re
from collections.abc import Iterator
from pathlib import PurePath
from typing import Any

from msgspec.structs import replace
from yaml.nodes import MappingNode, Node, ScalarNode

from .conventions import CONVENTIONS, Convention
from .errors import ConfigError, did_you_mean
from .ops import OPS
from .readers.spec.document import compose, where
from .readers.spec.document import read_text as read_file
from .readers.spec.values import read_mapping, read_text, unknown_key
from .tools import Rule, nothing, per_input, per_output, unknown

UNITS = ("FLOP", "MAC", "op")
PRICES = ("product", "output", "bias", "primitive", "statistics")
SWITCHES = ("masked", "backward")
KEYS = ("name", "like", "unit", "summary", "source", "prices", "rules")
WORDS = {"nothing": nothing, "unknown": unknown}
PER_ELEMENT = {"per_input": per_input, "per_output": per_output}
MOST = 10**6
"""The largest price; no tool's comes near it."""
NAME = r"[\w.+-]{1,60}"


def read_convention(path: str) -> Convention:
    """The convention that a file describes.

    Args:
        path: A YAML file: `name` (else that of the file), `like` (a convention to start from, else `macs`), `unit`,
            `summary`, `source`; `prices` as `Convention` has them; `rules` by op: `nothing`, `unknown`,
            `{per_input: 2}` or `{per_output: 1}`.

    Raises:
        SourceError: There is no such file, or it cannot be read.
        SpecError: It is no YAML, or has a key that no convention has.
        ConfigError: A value is none that a convention can have; with file, line and column.
    """
    return _Reader(path).convention()


class _Reader:
    """One file, whose every value knows its place."""

    def __init__(self, path: str) -> None:
        self.path = path
        text = read_file(path)
        if not text.strip():
            raise ConfigError("the file is empty", where=path, hint="a convention is at least `like: macs`")
        self.root = compose(text, path)
        self.nodes = dict(self.entries(self.root, "a convention", KEYS))

    def convention(self) -> Convention:
        base = CONVENTIONS[self.one_of("like", CONVENTIONS, "macs")]
        changed: dict[str, Any] = {
            "name": self.name(),
            "unit": self.one_of("unit", UNITS, base.unit),
            "summary": self.text("summary", f"as {base.name}, with prices and rules of its own"),
            "source": self.text("source", self.path),
        }
        if changed["name"] in CONVENTIONS:
            hint = "give yours a name of its own, and name that one under `like`"
            raise self.error(self.nodes.get("name", self.root), f"'{changed['name']}' is a convention already", hint)
        for key, node in self.entries(self.nodes.get("prices"), "prices", (*PRICES, *SWITCHES)):
            changed[key] = self.number(node, key) if key in PRICES else self.switch(node, key)
        rules = [self.rule(tag, node) for tag, node in self.entries(self.nodes.get("rules"), "rules", OPS)]
        own = {tag for rule in rules for tag in rule.ops}
        kept = [rule if not own & {*rule.ops} else _without(rule, own) for rule in base.rules]
        return replace(base, **changed, rules=(*filter(None, kept), *rules))

    def rule(self, tag: str, node: Node) -> Rule:
        if type(node) is not MappingNode:
            word = read_text(self.path, node, f"the rule for {tag}")
            if word not in WORDS:
                raise self.error(node, f"'{word}' is no rule for {tag}", "nothing, unknown, or {per_output: 1}")
            return Rule(f"{word} of {tag}", (tag,), WORDS[word])
        given = [*self.entries(node, f"the rule for {tag}", PER_ELEMENT)]
        if len(given) != 1:
            raise self.error(node, f"{tag} needs one number, per input or per output", "{per_output: 1}")
        ((key, value),) = given
        number = self.number(value, key)
        return Rule(f"{number} {key.replace('_', ' ')} of {tag}", (tag,), PER_ELEMENT[key](number))

    def entries(self, node: Node | None, what: str, known: Any) -> Iterator[tuple[str, Node]]:
        """The entries of a mapping, whose keys are known."""
        for key, key_node, value in read_mapping(self.path, node, what) if node is not None else ():
            if key not in known:
                raise unknown_key(self.path, key, key_node, "op" if known is OPS else "key", known)
            yield key, value

    def name(self) -> str:
        """What tables and lists of conventions call it, whatever the file is called."""
        name = self.text("name", re.sub(r"[^\w.+-]+", "-", PurePath(self.path).stem) or "own")
        if not re.fullmatch(NAME, name):
            raise self.error(self.nodes["name"], f"'{name}' is no name for a convention", "letters, digits and . + - _")
        return name

    def text(self, key: str, default: str) -> str:
        return read_text(self.path, self.nodes[key], f"'{key}'") if key in self.nodes else default

    def one_of(self, key: str, known: Any, default: str) -> str:
        text = self.text(key, default)
        if text not in known:
            what = "convention" if key == "like" else key
            raise self.error(self.nodes[key], f"unknown {what} '{text}'", did_you_mean(text, known))
        return text

    def number(self, node: Node, key: str) -> int:
        text = node.value if type(node) is ScalarNode else ""
        if not re.fullmatch(r"-?\d+", text, re.ASCII):
            raise self.error(node, f"the price '{key}' is an integer{f', not {text!r}' if text else ''}")
        least = -1 if key == "output" else 0  # a dot product of K products has K - 1 additions
        if text.startswith("-") and text != str(least):
            raise self.error(node, f"the price '{key}' is at least {least}, not {text[:12]}")
        if len(text) > len(str(MOST)) or int(text) > MOST:
            raise self.error(node, f"the price '{key}' is at most {MOST:,}")
        return int(text)

    def switch(self, node: Node, key: str) -> bool:
        text = read_text(self.path, node, f"'{key}'")
        if text not in ("true", "false"):
            raise self.error(node, f"'{key}' is true or false, not '{text}'")
        return text == "true"

    def error(self, node: Node, what: str, hint: str | None = None) -> ConfigError:
        return ConfigError(what, where=where(self.path, node), hint=hint)


def _without(rule: Rule, tags: set[str]) -> Rule | None:
    """A rule for its other ops, since these have one of their own."""
    left = tuple(tag for tag in rule.ops if tag not in tags)
    return replace(rule, ops=left) if left else None
