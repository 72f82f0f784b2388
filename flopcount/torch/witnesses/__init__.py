"""Witnesses: tools that we did not write, asked about a module: that of a graph, or somebody's own. A file each.

A witness is `hear(subject) -> Testimony`: what it says of each part and of the whole network.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any

from ...errors import FlopcountError
from ._run import Subject, built, given
from ._testimony import Testimony

__all__ = ["Subject", "Testimony", "built", "given", "hear"]

MODULES = {"torch": "structure", "FlopCounterMode": "flop_counter", "fvcore": "fvcore"}


def hear(name: str, subject: Subject) -> Testimony | str:
    """What a witness says, or why it cannot.

    Args:
        name: A key of `MODULES`.
        subject: The module to ask about (see `_run`), made for this witness alone.

    Raises:
        FlopcountError: A tool is missing.
    """
    witness: Any = import_module(f".{MODULES[name]}", __name__)
    try:
        testimony: Testimony = witness.hear(subject)
    except FlopcountError:
        raise
    except Exception as error:
        first = str(error).strip().partition("\n")[0]
        return " ".join((f"{type(error).__name__}: {first}", *getattr(error, "__notes__", ())))
    return testimony
