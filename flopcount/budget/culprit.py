"""Which line to look at: a layer's own, unless that stands in a shipped spec or a library, which nobody edits here."""

from __future__ import annotations

import re

from ..verdict import Verdict
from .places import is_file
from .workshop import is_spec

_PLACE = re.compile(r"(.+?):\d+(?::\d+)?", re.DOTALL)


def culprit_of(verdict: Verdict, source: str) -> str:
    """The line of the layer that grew most, or holds most, in a file that is here; the limit's own where none is.

    Args:
        verdict: On a model.
        source: Where that was read.
    """
    layers = (held.where for held in (*verdict.grew, *verdict.holds))
    return next((where for where in layers if _is_here(where, source)), verdict.where)


def _is_here(where: str, source: str) -> bool:
    if not (found := _PLACE.fullmatch(where)):
        return False
    # A shipped spec is read by its name, and a file here that is called like its own is another.
    return found[1] in (source, source.partition("#")[0]) if is_spec(source) else is_file(found[1])
