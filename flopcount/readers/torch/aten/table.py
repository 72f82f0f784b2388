"""The table of mappings, and how its entries are made."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from ..site import Site
from ..trace import Value

Mapping = Callable[..., Any]
AnyMapping = TypeVar("AnyMapping", bound=Mapping)

_TABLE: dict[str, Mapping] = {}
_NO_LAYERS: set[str] = set()


def aten(names: str) -> Callable[[AnyMapping], AnyMapping]:
    """Declare a function as the mapping of these operators. It returns the value of each output, or of the only one."""

    def declare(mapping: AnyMapping) -> AnyMapping:
        for name in names.split():
            if name in _TABLE:
                raise ValueError(f"{name} is mapped twice")
            _TABLE[name] = mapping
        return mapping

    return declare


def same(names: str, tag: str) -> None:
    """Declare operators of one input that an op of ours without fields is equal to."""
    aten(names)(lambda site, x, *_, **__: site.layer(tag, x))


def passes(names: str) -> None:
    """Declare operators that hand on what they are given."""
    aten(no_layers(names))(lambda site, x, *_, **__: x)


def no_layers(names: str) -> str:
    """Declare operators that are no layers, so that a module of one other operator still goes by its name."""
    _NO_LAYERS.update(names.split())
    return names


def find(operator: str) -> Mapping | None:
    """The mapping of an operator, in place or not."""
    return _TABLE.get(operator)


def is_layer(operator: str) -> bool:
    """Whether an operator is a layer, and not a constant made or a tensor handed on."""
    return operator not in _NO_LAYERS


def per_axis(value: Any) -> Any:
    """One number where all are equal, else one per axis, as a spec would write it.

    Example:
        >>> per_axis([3, 3]), per_axis([3, 1])
        (3, (3, 1))
    """
    if not isinstance(value, list | tuple):
        return value
    return value[0] if len(set(value)) == 1 else tuple(value)


def is_value(item: Any) -> bool:
    """Whether an argument is a tensor: torch's operators of two often take a number for the second."""
    return isinstance(item, Value)


def with_batch_axis(site: Site, x: Value, rank: int, build: Callable[[Value], Value]) -> Value:
    """Run a layer that needs a batch on an input that may have none: `rank` axes, or one fewer."""
    if len(x.shape) == rank:
        return build(x)
    return site.moved("squeeze", build(site.moved("unsqueeze", x, axes=(0,))), axes=(0,))


def named(names: Iterable[str], values: Iterable[Value | None]) -> dict[str, Value | None]:
    """Weights by their names in the op."""
    return dict(zip(names, values, strict=False))
