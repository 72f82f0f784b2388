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
    from .advice import advise
    from .api import analyze, compare
    from .bridges.bridge import bridge
    from .bridges.identifying import Identification, identify
    from .budget import assert_within_budget, check
    from .comparing.comparison import Comparison
    from .comparing.pair import Pair
    from .conventions import CONVENTIONS, Convention
    from .engine import Layer, Report, Total
    from .errors import FlopcountError
    from .explain import dominant_layers, explain_layer
    from .graph import Graph, GraphBuilder, Node, Tensor
    from .op import Op, Work
    from .payload import envelope
    from .rewriting import Rewriting, rewrite
    from .sources import load
    from .sweeps.sweep import Sweep, sweep
    from .verdict import Check
    from .verifying.verify import Verification, verify

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
    "Rewriting",
    "Sweep",
    "Tensor",
    "Total",
    "Verification",
    "Work",
    "__version__",
    "advise",
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
    "rewrite",
    "sweep",
    "verify",
]

_HOMES = {
    "advise": "advice",
    "analyze": "api",
    "compare": "api",
    "bridge": "bridges.bridge",
    "assert_within_budget": "budget",
    "check": "budget",
    "Comparison": "comparing.comparison",
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
    "Identification": "bridges.identifying",
    "identify": "bridges.identifying",
    "Op": "op",
    "Work": "op",
    "Pair": "comparing.pair",
    "envelope": "payload",
    "Rewriting": "rewriting",
    "rewrite": "rewriting",
    "load": "sources",
    "Sweep": "sweeps.sweep",
    "sweep": "sweeps.sweep",
    "Check": "verdict",
    "Verification": "verifying.verify",
    "verify": "verifying.verify",
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
