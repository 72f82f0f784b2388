"""torch itself, by forward hooks: the shape of every output, and how many parameters and buffers there are."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from torch import Tensor, nn

from ...readers.torch.record import outputs_in
from ._run import Subject, quietly
from ._testimony import Testimony


def hear(subject: Subject) -> Testimony:
    """Run the module on shapes alone. Weights of several layers count where torch meets them first."""
    made: dict[str, Any] = {}
    handles = [modules[0].register_forward_hook(_noting(made, name)) for name, modules in subject.parts.items()]
    with quietly(), subject.running():
        outputs = subject.run()
    for handle in handles:
        handle.remove()
    layers = {}
    seen: set[int] = set()
    for name, modules in subject.parts.items():
        seen = seen if subject.disjoint else set()
        params = _new(seen, (p for module in modules for p in module.parameters(recurse=False)))
        buffers = _new(seen, (b for module in modules for b in module.buffers(recurse=False)))
        layers[name] = {"outputs": made.get(name), "params": params, "buffers": buffers}
    whole = {
        "outputs": _shapes(outputs),
        "params": sum(p.numel() for p in subject.module.parameters()),
        "buffers": sum(b.numel() for b in subject.module.buffers()),
    }
    canonical = {id(weight): name for name, weight in subject.module.named_parameters()}
    idle = {
        canonical[id(weight)]: weight.numel()
        for name, modules in subject.parts.items()
        if name not in made
        for weight in modules[0].parameters(recurse=False)
    }
    return Testimony(layers, whole, idle)


def _noting(made: dict[str, Any], name: str) -> Any:
    def hook(module: nn.Module, inputs: Any, outputs: Any) -> None:
        made[name] = _shapes(outputs)

    return hook


def _shapes(outputs: Any) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(y.shape) for y in outputs_in(outputs))


def _new(seen: set[int], tensors: Iterable[Tensor]) -> int:
    """Elements of the tensors that have not been seen yet."""
    elements = 0
    for tensor in tensors:
        if id(tensor) not in seen:
            seen.add(id(tensor))
            elements += tensor.numel()
    return elements
