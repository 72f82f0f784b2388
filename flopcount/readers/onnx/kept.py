"""Tensors that the file holds and a layer reads beside its weights: each a source of its own, as in a spec.

A class token, positions, a layer's scale are learned; the numbers of a formula are not. A number
that many formulas have is one source.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from msgspec.structs import replace

from ...graph import DISCRETE_DTYPES, GraphBuilder, Tensor
from ...op import Op
from ...ops.source import Constant, Parameter
from .values import Value

NAME = re.compile(r"[A-Za-z_][\w-]*(\.[\w-]+)*", re.ASCII)


class Kept:
    """The sources of one graph, each put up where it is first read."""

    def __init__(self, builder: GraphBuilder, unique: Callable[[str], str]) -> None:
        self._builder = builder
        self._unique = unique
        self._made: dict[Any, Tensor] = {}

    def tensor(self, value: Value, reader: str, where: str) -> Tensor:
        """What a layer reads: a tensor that a layer has made, or that of a source.

        Args:
            value: The value that it reads.
            reader: The layer's name.
            where: Its place in the file.
        """
        tensor = value.known
        # A source makes real numbers: integers and truth values (places, masks) are read as they lie.
        if not value.held or 0 in tensor.shape or value.dtype in DISCRETE_DTYPES:
            return tensor
        number = value.data.items if value.data is not None and tensor.elements == 1 and not value.sources else None
        key = (number or tensor.name, tensor.shape, value.dtype, tuple(source.name for source in value.sources))
        if key not in self._made:
            self._made[key] = self._source(value, "" if number else tensor.name, reader, where)
        return self._made[key]

    def _source(self, value: Value, name: str, reader: str, where: str) -> Tensor:
        tensor = value.known
        learned = tensor.kind == "parameter"
        op: Op = (Parameter if learned else Constant)(shape=tensor.shape, keep_batch=False)
        if not NAME.fullmatch(name):
            name = f"{reader.rpartition('.')[0]}.{op.tag}".lstrip(".")
        name = self._unique(name)
        held = tensor if learned else Tensor(f"{name}.value", tensor.shape, value.dtype, "buffer")
        kept = [] if learned else value.sources
        tied = {"weight" if learned else "value": held}
        (made,) = self._builder.add(op, [], name=name, where=where, tied=tied, kept=kept)
        return replace(made, dtype=value.dtype)
