"""The configuration: `flopcount.yaml`, or `[tool.flopcount]` in `pyproject.toml`."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

from msgspec import Struct
from yaml.nodes import MappingNode

from ..errors import ConfigError, SourceError, SpecError, UsageError
from ..readers.spec.document import compose, read_text, where
from ..readers.spec.values import read_mapping, unknown_key
from . import toml
from .limits import Limit, Terms
from .marks import Mark, Node, items, mark_of, scalar
from .measurement import Measurement, read_measurement
from .places import below, is_file
from .reading import TERMS, read_budget, read_terms

NAMES, PYPROJECT, SECTION = ("flopcount.yaml", "flopcount.yml"), "pyproject.toml", ("tool", "flopcount")
KEYS = ("models", "baseline", *TERMS)
MODEL_KEYS = ("path", "name", "input", "batch", "mode", "set", "budget", *TERMS)


class Entry(Struct, frozen=True):
    """One entry of `models:`.

    Attributes:
        path: A source, or a pattern of files, seen from the configuration's folder.
        mark: Where it stands.
        name: What the model is called; empty: its path.
        measurement: How it is measured.
        limits: What it may cost.
        terms: What holds for the limits that come from elsewhere.
    """

    path: str
    mark: Mark
    name: str
    measurement: Measurement
    limits: tuple[Limit, ...]
    terms: Terms


class Config(Struct, frozen=True):
    """A configuration.

    Attributes:
        path: Its file; empty where there is none.
        folder: Where its paths start from.
        entries: Its models.
        baseline: The file that `snapshot` writes and `check` compares with; empty for none.
        terms: What holds for all limits.
    """

    path: str = ""
    folder: str = ""
    entries: tuple[Entry, ...] = ()
    baseline: str = ""
    terms: Terms = Terms()


def find_config(folder: str = "") -> str | None:
    """The configuration file of a folder: `flopcount.yaml`, or a `pyproject.toml` with a section for it."""
    for name in NAMES:
        if is_file(str(Path(folder, name))):
            return str(Path(folder, name))
    path = Path(folder, PYPROJECT)
    return str(path) if is_file(str(path)) and has_section(str(path)) else None


def unread_beside(path: str) -> Iterator[str]:
    """The other configurations of a folder, which nobody reads while this one is there."""
    folder = os.path.dirname(path)  # noqa: PTH120 - "" and not "."
    for name in (*NAMES, PYPROJECT):
        other = str(Path(folder, name))
        if other != path and is_file(other) and (name != PYPROJECT or has_section(other)):
            yield other


def has_section(path: str) -> bool:
    """Whether a `pyproject.toml` has, or tries to have, a section for flopcount."""
    text = read_text(path)
    if SECTION[-1] not in text:  # sooner said than by reading it
        return False
    try:
        _section(toml.compose(text, path), path)
    except ConfigError as error:
        return error.what != NO_SECTION
    return True


def read_config(path: str) -> Config:
    """Read a configuration.

    Raises:
        ConfigError, SpecError, SourceError: With file, line and column.
    """
    text = read_text(path)
    root = _section(toml.compose(text, path), path) if path.endswith(".toml") else _yaml(text, path)
    nodes: dict[str, Node] = {}
    for key, key_node, value in read_mapping(path, root, "the configuration"):
        if key not in KEYS:
            raise unknown_key(path, key, key_node, "key", KEYS)
        nodes[key] = value
    terms = read_terms(path, nodes, Terms())
    if "models" not in nodes:
        raise ConfigError("the configuration has no `models`", where=where(path, root), hint=EXAMPLE)
    entries = tuple(_entry(path, node, terms) for node in items(path, nodes["models"], "models"))
    if not entries:
        raise ConfigError("`models` is empty", where=where(path, nodes["models"]), hint=EXAMPLE)
    baseline = _baseline(path, nodes["baseline"]) if "baseline" in nodes else ""
    return Config(path, os.path.dirname(path), entries, baseline, terms)  # noqa: PTH120 - "" and not "."


NO_SECTION = "there is no [tool.flopcount] in it"
EXAMPLE = "models: [{path: specs/*.yaml, budget: {params: 5M}}]"


def _yaml(text: str, path: str) -> Node:
    try:
        return compose(text, path)
    except SpecError as error:
        if error.what == "the file is empty":
            raise ConfigError(error.what, where=f"{path}:1:1", hint=EXAMPLE) from None
        raise


def _section(root: MappingNode, path: str) -> Node:
    node: Node = root
    for name in SECTION:
        node = next((value for key, value in node.value if key.value == name), None)
        if node is None:
            raise ConfigError(
                "there is no [tool.flopcount] in it", where=path, hint="`flopcount init` writes a first one"
            )
        if type(node) is not MappingNode:
            raise ConfigError(f"{name} is no table", where=where(path, node))
    return node


def _entry(path: str, node: Node, terms: Terms) -> Entry:
    if type(node) is not MappingNode:
        raise ConfigError(
            "a model must be a mapping", where=where(path, node), hint="- path: net.yaml, then budget: {params: 5M}"
        )
    nodes: dict[str, Node] = {}
    for key, key_node, value in read_mapping(path, node, "a model"):
        if key not in MODEL_KEYS:
            raise unknown_key(path, key, key_node, "key of a model", MODEL_KEYS)
        nodes[key] = value
    if "path" not in nodes:
        raise ConfigError("a model has no `path`", where=where(path, node), hint="path: specs/*.yaml, or resnet50")
    source = scalar(path, nodes["path"], "path")
    if not source.strip() or source == "-":
        raise ConfigError(
            "a model's path must be a file, a pattern of files or a shipped name", where=where(path, nodes["path"])
        )
    terms = read_terms(path, nodes, terms)
    limits = read_budget(path, nodes["budget"], terms) if "budget" in nodes else ()
    return Entry(
        path=source,
        mark=mark_of(path, nodes["path"]),
        name=_name(path, nodes["name"]) if "name" in nodes else "",
        measurement=read_measurement(path, nodes),
        limits=limits,
        terms=terms,
    )


def _name(path: str, node: Node) -> str:
    text = scalar(path, node, "name")
    if not text.strip():
        raise ConfigError("the name is empty", where=where(path, node))
    return text


def _baseline(path: str, node: Node) -> str:
    text = scalar(path, node, "baseline")
    if not text.strip() or os.path.isdir(below(os.path.dirname(path), text)):  # noqa: PTH112, PTH120 - see `below`
        raise ConfigError(
            f"baseline must be a file, not '{text}'", where=where(path, node), hint="baseline: flopcount.baseline.json"
        )
    return text


def load_config(path: str | None, *, needed: bool) -> Config:
    """The configuration to use: the one named, or the folder's own, or an empty one.

    Raises:
        UsageError: There is none, and nothing else says what to check.
    """
    if path is not None:
        return read_config(path)
    if found := find_config():
        try:
            return read_config(found)
        except SourceError:
            if needed:
                raise
    if needed:
        raise UsageError(
            f"there is nothing to check: no {NAMES[0]} here, and no [tool.flopcount] in {PYPROJECT}",
            hint="`flopcount init` writes a first one; or name specs: flopcount check net.yaml --max-params 5M",
        )
    return Config()
