"""Ask a counter in a process of its own, so that what it writes on the model or patches in torch touches nothing here.

The process reads an order from its standard input and writes what the counter says to its standard output.
"""

from __future__ import annotations

import pickle
import subprocess
import sys
import warnings
from collections.abc import Callable, Iterator, Sequence
from contextlib import redirect_stdout
from functools import partial
from typing import TYPE_CHECKING, Any

import msgspec

from ...errors import FlopcountError
from ...graph import Graph

if TYPE_CHECKING:
    from torch import nn

COMMAND = (sys.executable, "-m", "flopcount.torch.witnesses.apart")
MISSING = "is not installed"


class Answer(msgspec.Struct):
    """What a counter says: in all, and of each module; or why it cannot."""

    whole: int = 0
    layers: dict[str, int] = {}
    refusal: str = ""


def ask(name: str, graph: Graph, source: str | nn.Module | None = None, kwargs: dict[str, Any] | None = None) -> Answer:
    """What a counter says of a network.

    Args:
        name: A key of `counters.COUNTERS`.
        graph: The network; it is built.
        source: The torch model that the graph was read from, or what makes it: then it is asked about itself.
        kwargs: Arguments for what makes it.
    """
    try:
        order = pickle.dumps((name, graph, source, kwargs))
    except Exception as error:
        return Answer(refusal=f"the model cannot be handed to another process: {error}")
    made = subprocess.run(COMMAND, input=order, capture_output=True, check=False)
    if made.returncode:
        lines = made.stderr.decode(errors="replace").strip().splitlines()
        return Answer(refusal=lines[-1] if lines else f"its process ended with status {made.returncode}")
    return msgspec.json.decode(made.stdout, type=Answer)


def main() -> None:
    """The other process."""
    order = pickle.loads(sys.stdin.buffer.read())
    with redirect_stdout(sys.stderr), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        answer = _answer(*order)
    sys.stdout.buffer.write(msgspec.json.encode(answer))


def _answer(name: str, graph: Graph, source: str | nn.Module | None, kwargs: dict[str, Any] | None) -> Answer:
    from ..network import example_inputs
    from .counters import DEVICES, count

    refusal = ""
    for device, make in _models(graph, source, kwargs, DEVICES.get(name, ("meta", "cpu"))):
        try:
            whole, layers = count(name, make(), example_inputs(graph, device))
        except ModuleNotFoundError as error:
            return Answer(refusal=f"{error.name or name} {MISSING}")
        except Exception as error:
            text = str(error).strip().partition("\n")[0].removeprefix("error: ")
            refusal = text if isinstance(error, FlopcountError) else f"{type(error).__name__}: {text}"
        else:
            return Answer(whole, dict(layers))
    return Answer(refusal=refusal)


def _models(
    graph: Graph, source: str | nn.Module | None, kwargs: dict[str, Any] | None, devices: Sequence[str]
) -> Iterator[tuple[str, Callable[[], nn.Module]]]:
    """The network without memory, and where the counter asks for numbers, with them."""
    from ..network import Network

    for device in devices:
        if source is None:
            yield device, partial(Network, graph, device)
        else:
            yield device, partial(_made, source, kwargs, device)


def _made(source: str | nn.Module, kwargs: dict[str, Any] | None, device: str) -> nn.Module:
    from ...readers.torch.build import prepared
    from ...readers.torch.origin import find_origin

    if not isinstance(source, str):
        return source.to(device)
    origin = find_origin(source, kwargs or {})
    return prepared(source, origin, real=device != "meta").to(device)


if __name__ == "__main__":
    main()
