"""flopcount: what a network costs, layer by layer, exactly, and why.

Everything public is here, and imported when it is first used: `import flopcount` costs next to nothing.

Example:
    >>> import flopcount
    >>> report = flopcount.analyze("resnet50")
    >>> report.totals["macs"]
    Total(value=4089184256, unknown=0)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from .api import analyze, compare
    from .bridging import bridge
    from .budget import assert_within_budget, check
    from .comparison import Comparison
    from .conventions import CONVENTIONS, Convention
    from .engine import Layer, Report, Total
    from .errors import FlopcountError
    from .explain import dominant_layers, explain_layer
    from .graph import Graph, GraphBuilder, Node, Tensor
    from .identifying import Identification, identify
    from .op import Op, Work
    from .pair import Pair
    from .payload import envelope
    from .sources import load
    from .sweeping import Sweep, sweep
    from .verdict import Check

__version__ = "0.1.0"

__all__ = [
    "CONVENTIONS",
    "Check",
    "Comparison",
    "Convention",
    "FlopcountError",
    "Graph",
    "GraphBuilder",
    "Identification",
    "Layer",
    "Node",
    "Op",
    "Pair",
    "Report",
    "Sweep",
    "Tensor",
    "Total",
    "Work",
    "__version__",
    "analyze",
    "assert_within_budget",
    "bridge",
    "check",
    "compare",
    "dominant_layers",
    "envelope",
    "explain_layer",
    "identify",
    "load",
    "sweep",
]

_HOMES = {
    "analyze": "api",
    "compare": "api",
    "bridge": "bridging",
    "assert_within_budget": "budget",
    "check": "budget",
    "Comparison": "comparison",
    "CONVENTIONS": "conventions",
    "Convention": "conventions",
    "Layer": "engine",
    "Report": "engine",
    "Total": "engine",
    "FlopcountError": "errors",
    "dominant_layers": "explain",
    "explain_layer": "explain",
    "Graph": "graph",
    "GraphBuilder": "graph",
    "Node": "graph",
    "Tensor": "graph",
    "Identification": "identifying",
    "identify": "identifying",
    "Op": "op",
    "Work": "op",
    "Pair": "pair",
    "envelope": "payload",
    "load": "sources",
    "Sweep": "sweeping",
    "sweep": "sweeping",
    "Check": "verdict",
}


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value = getattr(import_module(f".{_HOMES[name]}", __name__), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return __all__
