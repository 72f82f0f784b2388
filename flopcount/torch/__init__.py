"""What needs torch: a graph as a real `nn.Module`, and the witnesses that `verify` asks about it.

Importing this costs nothing; calling it imports torch, and without torch says how to install it.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..errors import MissingExtraError
from ..graph import Graph

if TYPE_CHECKING:
    from .network import Network

__all__ = ["build", "require_torch"]


def build(graph: Graph, *, device: str | None = None) -> Network:
    """A real torch module that runs and trains, from a graph.

    Its submodules and parameters have the graph's names (`layer1.0.conv1.weight`); tied weights are one parameter,
    frozen ones need no gradient. `train()` and `eval()` do what they do in torch. Weights start as torch starts them.

    Args:
        graph: The network.
        device: Where its weights lie; `meta` gives them shapes and no memory. None: torch's own default.

    Returns:
        A module that takes the graph's inputs, in order or by name, batch first.

    Raises:
        IncompleteError: A layer is opaque, or has a form that no module has; something is used that no layer makes.
        MissingExtraError: torch is not installed.

    Example:
        >>> from flopcount import load
        >>> network = build(load("resnet18"), device="meta")
        >>> tuple(network.get_parameter("layer1.0.conv1.weight").shape)
        (64, 64, 3, 3)
    """
    require_torch("building a torch module")
    from .network import Network

    return Network(graph, device)


def require_torch(capability: str) -> None:
    """Refuse to go on where torch is not installed.

    Raises:
        MissingExtraError: With the command that installs it.
    """
    try:
        import torch  # noqa: F401
    except ModuleNotFoundError:
        raise MissingExtraError(capability, "torch") from None
