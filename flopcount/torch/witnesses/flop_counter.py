"""torch.utils.flop_counter.FlopCounterMode: the operators that torch runs, here on shapes alone."""

from __future__ import annotations

from torch.utils.flop_counter import FlopCounterMode

from ._run import Subject, quietly
from ._testimony import Testimony


def hear(subject: Subject) -> Testimony:
    """Its counts by module."""
    with quietly(), FlopCounterMode(display=False) as counter:
        subject.run()
    counts = counter.get_flop_counts()
    root = type(subject.module).__name__
    layers = {name: {"FLOPs": sum(counts.get(f"{root}.{name}", {}).values())} for name in subject.parts}
    return Testimony(layers, {"FLOPs": counter.get_total_flops()})
