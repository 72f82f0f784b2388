"""A part of a counted network: one layer, or a module and all that it holds."""

from __future__ import annotations

from msgspec.structs import replace

from .engine import Report
from .errors import UsageError, did_you_mean


def part_of(report: Report, name: str) -> Report:
    """The layers of one name, or of the module of that name.

    Raises:
        UsageError: There is neither, with the nearest names.

    Example:
        >>> from flopcount.api import analyze
        >>> part_of(analyze("resnet18"), "layer1").totals["macs"].value
        462422016
    """
    layers = tuple(
        layer for layer in report.layers if layer.node.name == name or layer.node.name.startswith(f"{name}.")
    )
    if not layers:
        names = [layer.node.name for layer in report.layers]
        modules = {name.rpartition(".")[0] for name in names} - {""}
        raise UsageError(f"no layer or module is named '{name}'", hint=did_you_mean(name, [*names, *modules]))
    return replace(report, layers=layers)
