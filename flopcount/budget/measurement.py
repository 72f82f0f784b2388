"""How a model is measured: with which inputs, batch, parameters and mode."""

from __future__ import annotations

from msgspec import Struct
from yaml.nodes import MappingNode, SequenceNode

from ..engine import MODES
from ..errors import ConfigError, UsageError, did_you_mean
from ..readers.spec.document import where
from ..readers.spec.values import read_mapping
from ..sources import parse_input
from .marks import Node, scalar, written


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


def read_measurement(path: str, nodes: dict[str, Node]) -> Measurement:
    """How an entry of a configuration is measured: its `input`, `batch`, `set` and `mode`.

    Raises:
        ConfigError: One of them makes no sense, at its place.
    """
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
