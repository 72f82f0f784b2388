"""torch.utils.flop_counter.FlopCounterMode: the operators that torch runs, here on shapes alone."""

from __future__ import annotations

from torch.utils.flop_counter import FlopCounterMode

from ._run import Subject, quietly
from ._testimony import Testimony


def hear(subject: Subject) -> Testimony:
    """Its counts by module."""
    with quietly(), subject.running(), FlopCounterMode(display=False) as counter:
        subject.run()
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
