"""Witnesses: tools that we did not write, asked about a module: that of a graph, or somebody's own. A file each.

A witness is `hear(subject) -> Testimony`: what it says of each part and of the whole network.
"""

from __future__ import annotations

from collections.abc import Iterable
from importlib import import_module
from typing import Any

from ...errors import FlopcountError
from ...readers.torch.skeleton import DataDependentError
from ._run import Subject, built, given, read_from
from ._testimony import Testimony

__all__ = ["Subject", "Testimony", "built", "given", "hear", "read_from"]

MODULES = {"torch": "structure", "FlopCounterMode": "flop_counter", "fvcore": "fvcore"}


def hear(name: str, subjects: Iterable[Subject]) -> Testimony | str:
    """What a witness says, or why it cannot.

    Args:
        name: A key of `MODULES`.
        subjects: The module to ask about (see `_run`), made for this witness alone; others are asked about where it
            cannot say anything of those before.

    Raises:
        FlopcountError: A tool is missing.
    """
    witness: Any = import_module(f".{MODULES[name]}", __name__)
    refusal = ""
    for subject in subjects:
        try:
            testimony: Testimony = witness.hear(subject)
        except DataDependentError:
            continue
        except FlopcountError:
            raise
        except Exception as error:
            first = str(error).strip().partition("\n")[0]
            refusal = refusal or " ".join((f"{type(error).__name__}: {first}", *getattr(error, "__notes__", ())))
        else:
            return testimony
    return refusal
