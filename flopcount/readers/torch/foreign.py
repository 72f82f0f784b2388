"""Somebody else's code: found by its name, run without a trace in our output, its errors said in ours."""

from __future__ import annotations

import inspect
import os
import sys
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager, redirect_stdout, suppress
from functools import cache
from pathlib import Path
from typing import Any
from warnings import catch_warnings, simplefilter

from ...errors import FlopcountError, SourceError, did_you_mean
from .compiled import import_any


def find_object(reference: str) -> Any:
    """The object that `package.module:name` names, looked for from the working folder too."""
    module, _, path = reference.partition(":")
    with foreign_code(reference):
        sys.path.insert(0, str(Path.cwd()))
        try:
            found: Any = import_any(module)
        except ModuleNotFoundError as error:
            if error.name is None or not f"{module}.".startswith(f"{error.name}."):
                raise
            raise SourceError(
                f"there is no module '{error.name}'", hint="run flopcount where `python -c 'import ...'` finds it"
            ) from None
        finally:
            sys.path.remove(str(Path.cwd()))
    for attribute in path.split("."):
        if not hasattr(found, attribute):
            raise SourceError(f"{module} has no '{attribute}'", hint=did_you_mean(attribute, public_names(found)))
        found = getattr(found, attribute)
    return found


def public_names(found: Any) -> list[str]:
    """What an object shows of itself."""
    return [name for name in dir(found) if not name.startswith("_")]


@contextmanager
def foreign_code(what: str, hint: str | None = None) -> Iterator[None]:
    """Run somebody else's code: what it prints goes to standard error, what it raises becomes an error of ours."""
    try:
        with redirect_stdout(sys.stderr), _descriptor_redirected(), catch_warnings():
            simplefilter("ignore")
            yield
    except FlopcountError:
        raise
    except (Exception, SystemExit) as error:
        text = str(error).strip().partition("\n")[0]
        place = line_of(error)
        raise SourceError(
            f"{what} raised {type(error).__name__}{': ' * bool(text)}{text}",
            facts={"at": place} if place else {},
            hint=hint,
        ) from error


@contextmanager
def _descriptor_redirected() -> Iterator[None]:
    """What is written past Python, by a library or another process, goes to standard error too."""
    try:
        kept = os.dup(1)
    except OSError:  # there is no standard output
        yield
        return
    try:
        _flush()
        with suppress(OSError):
            os.dup2(2, 1)
        yield
    finally:
        _flush()
        os.dup2(kept, 1)
        os.close(kept)


def _flush() -> None:
    if sys.__stdout__ is not None:
        with suppress(OSError, ValueError):
            sys.__stdout__.flush()


def line_of(error: BaseException) -> str:
    """The last line of the user's own that an exception passed; where there is none, the last of a library's."""
    frames = [frame for frame in traceback.extract_tb(error.__traceback__) if not is_inner(frame.filename)]
    own = [frame for frame in frames if "-packages/" not in frame.filename]
    for frame in reversed(own or frames):
        return f"{frame.filename}:{frame.lineno}"
    return ""


@cache
def is_inner(file: str) -> bool:
    """Whether a file is flopcount's or torch's, or none."""
    torch = sys.modules.get("torch")
    inner = (f"{Path(__file__).parents[2]}/", f"{Path(torch.__file__ or '').parent}/" if torch else "<", "<")
    return file.startswith(inner)


@cache
def shortened(place: str) -> str:
    """A file as people know it: below the folder that Python found it in."""
    for folder in sorted({*sys.path, str(Path.cwd())}, key=len, reverse=True):
        if folder and place.startswith(f"{folder}/"):
            return place[len(folder) + 1 :]
    return place


def arguments_of(function: Callable[..., Any]) -> list[str] | None:
    """The names of the arguments that a function takes; None where it takes any, or nobody can say."""
    try:
        found = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return None
    if any(each.kind is inspect.Parameter.VAR_KEYWORD for each in found):
        return None
    return [each.name for each in found if each.kind not in (each.POSITIONAL_ONLY, each.VAR_POSITIONAL)]
