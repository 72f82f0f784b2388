"""Counters that write on the model or patch torch: called in a process of their own alone (see `apart`)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from importlib.metadata import version
from typing import Any

from torch import nn
from torch.nn.attention import SDPBackend, sdpa_kernel

from ...readers.torch.compiled import import_any

Counts = tuple[int, Mapping[str, int]]
"""The whole, and what each module has where the tool says it."""


def thop(model: nn.Module, args: tuple[Any, ...]) -> Counts:
    """By module."""
    from thop import profile

    total, _, layers = profile(model, args, verbose=False, ret_layer_info=True)
    return _whole(total), dict(_flat("", layers))


def torchinfo(model: nn.Module, args: tuple[Any, ...]) -> Counts:
    """By module; those with modules inside are only summed."""
    from torchinfo import summary

    paths = {id(module): path for path, module in model.named_modules()}
    said = summary(model, input_data=list(args), verbose=0, device=_device(model, args))
    layers: dict[str, int] = {}
    for layer in said.summary_list:
        if layer.is_leaf_layer and (path := paths[layer.layer_id]):
            layers[path] = layers.get(path, 0) + layer.macs
    return _whole(said.total_mult_adds), layers


def calflops(model: nn.Module, args: tuple[Any, ...]) -> Counts:
    """In all."""
    from calflops import calculate_flops

    flops, _, _ = calculate_flops(
        model, args=list(args), output_as_string=False, print_results=False, print_detailed=False
    )
    return _whole(flops), {}


def deepspeed(model: nn.Module, args: tuple[Any, ...]) -> Counts:
    """In all."""
    from deepspeed.profiling.flops_profiler import get_model_profile

    flops, _, _ = get_model_profile(model, args=list(args), print_profile=False, as_string=False, warm_up=0)
    return _whole(flops), {}


def flop_counter(model: nn.Module, args: tuple[Any, ...]) -> Counts:
    """By module."""
    from torch.utils.flop_counter import FlopCounterMode

    with FlopCounterMode(display=False) as counter:
        model(*args)
    root = f"{type(model).__name__}."
    said = {name.removeprefix(root): sum(each.values()) for name, each in counter.get_flop_counts().items()}
    return counter.get_total_flops(), {name: said.get(name, 0) for name, _ in model.named_modules() if name}


def _ptflops(backend: str, **config: Any) -> Callable[[nn.Module, tuple[Any, ...]], Counts]:
    def count(model: nn.Module, args: tuple[Any, ...]) -> Counts:
        from ptflops import get_model_complexity_info

        (x,) = args
        if len(x) != 1:
            raise ValueError("it divides a part of what it counts by the batch: ask it with --batch 1")
        with sdpa_kernel(SDPBackend.MATH):  # decomposed, wherever it runs
            total, _ = get_model_complexity_info(
                model, (1,), input_constructor=lambda _: x, backend=backend, backend_specific_config=config,
                as_strings=False, print_per_layer_stat=False, verbose=False,
            )  # fmt: skip
        if total is None:
            raise ValueError("it could not run the network")
        return _whole(total), {}

    return count


COUNTERS: dict[str, Callable[[nn.Module, tuple[Any, ...]], Counts]] = {
    "thop": thop,
    "torchinfo": torchinfo,
    "calflops": calflops,
    "ptflops": _ptflops("pytorch"),
    "ptflops-cpu": _ptflops("pytorch"),
    "ptflops-modules": _ptflops("pytorch", count_functional=False),
    "ptflops-aten": _ptflops("aten"),
    "torch-cpu": flop_counter,
    "deepspeed": deepspeed,
}

DEVICES = {
    "ptflops": ("meta",), "ptflops-cpu": ("cpu",), "ptflops-aten": ("meta", "cpu"), "torch-cpu": ("cpu",),
    "deepspeed": ("cpu",), "calflops": ("cpu",),
}  # fmt: skip
"""Where a counter's number depends on it: on which devices it is asked. The others are asked on shapes, if they can."""


def count(name: str, model: nn.Module, args: tuple[Any, ...]) -> Counts:
    """What a counter says of a model, at test time; gradients are on, as a user has them: they decide what torch calls.

    Raises:
        ModuleNotFoundError: It is not installed.
    """
    version(package := name.partition("-")[0])  # raises PackageNotFoundError, a ModuleNotFoundError
    import_any(package)  # some import torchvision
    return COUNTERS[name](model.eval(), args)


def _flat(prefix: str, layers: Mapping[str, Any]) -> Any:
    for name, (operations, _, inner) in layers.items():
        yield prefix + name, _whole(operations)
        yield from _flat(f"{prefix}{name}.", inner)


def _device(model: nn.Module, args: tuple[Any, ...]) -> Any:
    return next((tensor.device for tensor in (*model.parameters(), *args)), None)


def _whole(number: Any) -> int:
    if number != int(number):
        raise ValueError(f"{number} is no whole number")
    return int(number)
