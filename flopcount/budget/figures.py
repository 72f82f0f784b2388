"""The numbers of a report by the full names that budgets use, whatever convention each of them asks for."""

from __future__ import annotations

from msgspec.structs import replace

from ..engine import Report, Total
from ..metrics import Figures, sum_known
from .limits import priced


class Measures:
    """One report's numbers, each measured when it is first asked for.

    Example:
        >>> import flopcount
        >>> measures = Measures(flopcount.analyze("alexnet"))
        >>> measures.total("flops:torch").value, measures.total("macs").value
        (2270512192, 1135256096)
    """

    def __init__(self, report: Report) -> None:
        self.report = report
        self._priced: dict[str, Figures] = {}

    def of(self, name: str) -> list[int | None]:
        """One number per layer, in the report's order."""
        metric, convention = priced(name)
        if convention.name not in self._priced:
            self._priced[convention.name] = Figures(replace(self.report, convention=convention))
        return self._priced[convention.name].of(metric)

    def total(self, name: str) -> Total:
        """Their sum, a lower bound where a layer is unknown."""
        return sum_known(self.of(name))
