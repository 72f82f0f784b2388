"""torch.utils.flop_counter.FlopCounterMode: the operators that torch runs, here on shapes alone."""

from __future__ import annotations

from typing import Any

from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import FlopCounterMode

from ._run import Subject, quietly
from ._testimony import Testimony

UNSEEN = ("mv", "dot", "vdot", "addmv")
"""Products with vectors, for which torch has operators of their own that it does not count."""


class _Noticing(TorchDispatchMode):
    """Notices an operator that the counter overlooks."""

    def __init__(self) -> None:
        TorchDispatchMode.__init__(self)
        self.unseen = ""

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        name = func.overloadpacket.__name__
        self.unseen = self.unseen or (name if name in UNSEEN else "")
        return func(*args, **(kwargs or {}))


def hear(subject: Subject) -> Testimony:
    """Its counts by module."""
    with quietly(), subject.running(), _Noticing() as noticed, FlopCounterMode(display=False) as counter:
        subject.run()
    if noticed.unseen:
        raise ValueError(f"it does not see torch.{noticed.unseen}")
    counts = counter.get_flop_counts()
    root = type(subject.module).__name__
    names: dict[int, list[str]] = {}  # it calls a module that stands in two places by either
    for name, module in subject.module.named_modules(remove_duplicate=False):
        names.setdefault(id(module), []).append(f"{root}.{name}")
    layers = {
        name: {"FLOPs": sum(sum(counts.get(each, {}).values()) for each in names[id(modules[0])])}
        for name, modules in subject.parts.items()
    }
    return Testimony(layers, {"FLOPs": counter.get_total_flops()})
