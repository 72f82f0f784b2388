"""What a rule is: it reads one node and returns the values of its outputs."""

from __future__ import annotations

from collections.abc import Callable

from ..call import Call, Results

Rule = Callable[[Call], Results]
