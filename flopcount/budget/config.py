"""The configuration: `flopcount.yaml`, or `[tool.flopcount]` in `pyproject.toml`."""

from __future__ import annotations

import os
from pathlib import Path

from msgspec import Struct
from yaml.nodes import MappingNode, SequenceNode

from ..engine import MODES
from ..errors import ConfigError, SourceError, SpecError, UsageError, did_you_mean
from ..readers.spec.document import compose, read_text, where
from ..readers.spec.values import read_mapping, unknown_key
from ..sources import parse_input
from . import toml
from .limits import Limit, Terms
from .marks import Mark, Node, items, mark_of, scalar, written
from .places import below, is_file
from .reading import TERMS, read_budget, read_terms

NAMES, PYPROJECT, SECTION = ("flopcount.yaml", "flopcount.yml"), "pyproject.toml", ("tool", "flopcount")
KEYS = ("models", "baseline", *TERMS)
MODEL_KEYS = ("path", "name", "input", "batch", "mode", "set", "budget", *TERMS)


class Measurement(Struct, frozen=True):
    """How a model is measured: two numbers can be compared where these are the same.

    Attributes:
        inputs: Other input sizes, as `--input` takes them.
        batch: Samples in a batch; None: there is no batch axis.
        settings: The spec's parameters, names and values as text.
        mode: `eval` or `train`.
    """

    inputs: tuple[str, ...] = ()
    batch: int | None = 1
    settings: tuple[tuple[str, str], ...] = ()
    mode: str = "eval"

    def __str__(self) -> str:
        """What differs from the defaults, empty where nothing does."""
        parts = [f"{name}={value}" for name, value in self.settings]
        parts += [f"input {text}" for text in self.inputs]
        parts += [f"batch {self.batch}"] if self.batch != 1 else []
        parts += [self.mode] if self.mode != "eval" else []
        return ", ".join(parts)


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
        measurement=_measurement(path, nodes),
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


def _measurement(path: str, nodes: dict[str, Node]) -> Measurement:
    inputs = _inputs(path, nodes["input"]) if "input" in nodes else ()
    settings = []
    for name, _, value in read_mapping(path, nodes["set"], "set") if "set" in nodes else ():
        settings.append((name, written(path, value)))
    batch = _batch(path, nodes["batch"]) if "batch" in nodes else 1
    mode = _mode(path, nodes["mode"]) if "mode" in nodes else "eval"
    return Measurement(inputs, batch, tuple(settings), mode)


def _inputs(path: str, node: Node) -> tuple[str, ...]:
    """`3x160x160`, `[3, 160, 160]`, or a mapping of names to these."""
    if type(node) is MappingNode:
        entries = read_mapping(path, node, "input")
        if not entries:
            raise ConfigError("`input` names no input", where=where(path, node), hint="input: {tokens: 128:int64}")
        if nested := next((value for _, _, value in entries if type(value) is MappingNode), None):
            raise ConfigError("an input's sizes must be a value or a list", where=where(path, nested))
        return tuple(f"{name}={text}" for name, _, value in entries for text in _inputs(path, value))
    text = "x".join(scalar(path, item, "a size") for item in node.value) if type(node) is SequenceNode else node.value
    try:
        parse_input(text)
    except UsageError as error:
        raise ConfigError(error.what, hint=error.hint, where=where(path, node)) from None
    return (text,)


def _batch(path: str, node: Node) -> int | None:
    text = scalar(path, node, "batch")
    if text == "none":
        return None
    if not (text.isascii() and text.isdigit() and len(text) < 12 and int(text) > 0):
        raise ConfigError(
            f"batch must be a positive integer, not '{text}'",
            where=where(path, node), hint="or none, where the input has no batch",
        )  # fmt: skip
    return int(text)


def _mode(path: str, node: Node) -> str:
    text = scalar(path, node, "mode")
    if text not in MODES:
        raise ConfigError(f"unknown mode '{text}'", where=where(path, node), hint=did_you_mean(text, MODES))
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
