"""Torch without memory for numbers: tensors that are only shapes, except where small ones may be asked for numbers.

Constructors and forward passes compute with small tensors whose numbers they then use in Python, as in
`linspace(...).tolist()`. These stay real; everything large, and everything that depends on it, is on the meta device,
where operators compute shapes and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any

import torch
from torch.nn.parameter import is_lazy
from torch.utils._python_dispatch import TorchDispatchMode

from ...errors import FlopcountError, SourceError

SMALL = 2**14
"""How many elements a tensor may have whose numbers are kept."""

AFFORDABLE = 2**30
"""How many numbers a model may hold to be made or run for real, where that is the only way."""

META = torch.device("meta")
CPU = torch.device("cpu")

_ASKING = (
    "item _local_scalar_dense is_nonzero equal allclose nonzero nonzero_numpy argwhere masked_select unique_dim "
    "unique_consecutive _unique2 _unique bincount"
)
ASKING = frozenset(_ASKING.split())
"""Operators whose result in Python, or whose result's shape, depends on numbers."""


TAKING_PLACES = ("index", "index_put", "_unsafe_index", "_index_put_impl")
"""Operators that are told places by masks too."""

FACTORIES = frozenset(
    getattr(torch.ops.aten, name).default for name in ("empty", "zeros", "ones", "rand", "randn") if name != "empty"
) | {torch.ops.aten.empty.memory_format}
"""Operators by which constructors take memory."""


class DataDependentError(FlopcountError):
    """Python that asks for a number which a tensor without numbers does not have."""


class HigherOrderError(DataDependentError):
    """An operator that runs functions of its own, which no recorder is shown."""


class Skeleton(TorchDispatchMode):
    """Runs every operator on shapes alone where its tensors are large, and for real where all of them are small.

    Args:
        real: Run everything for real, whatever it takes.
        most: How many numbers may be made for real.
    """

    def __init__(self, real: bool = False, most: int | None = None) -> None:
        TorchDispatchMode.__init__(self)
        self.real = real
        self._left = most
        self._stand_ins: dict[int, tuple[torch.Tensor, torch.Tensor]] = {}
        self._stale: set[int] = set()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        return self.run(func, self.without_masks(func.overloadpacket.__name__, args), kwargs or {})

    def without_masks(self, name: str, args: tuple[Any, ...]) -> tuple[Any, ...]:
        """The arguments of a look-up with the places that a mask of known numbers means."""
        if name.removesuffix("_") not in TAKING_PLACES:
            return args
        places: list[Any] = []
        for place in args[1]:
            is_mask = place is not None and place.dtype in (torch.bool, torch.uint8)
            if is_mask and self.is_fixed(place):
                places += place.nonzero().unbind(1)
            else:
                places.append(place)
        return (args[0], places, *args[2:])

    def is_fixed(self, mask: torch.Tensor) -> bool:
        """Whether a mask's numbers are there, and the same for every input."""
        return not self.real and self._is_known(mask)

    def run(self, func: Any, args: tuple[Any, ...], kwargs: dict[str, Any]) -> Any:
        """The operator's result."""
        if self.real:
            if self._left is not None and func in FACTORIES:
                self._left -= sum(tensor.numel() for tensor in tensors_in(self._on_meta(func, args, kwargs)))
                if self._left < 0:
                    raise SourceError(f"it needs more than {AFFORDABLE:,} numbers, and cannot be made without them")
            return func(*args, **kwargs)
        tensors = tensors_in((args, kwargs))
        if any(map(is_lazy, tensors)):
            return func(*args, **kwargs)  # no tensor yet
        name = func.overloadpacket.__name__
        if all(map(self._is_known, tensors)):
            if name in ASKING or (tensors and name.endswith("_")):
                return func(*args, **kwargs)
            shapes = self._on_meta(func, args, kwargs)
            if not all(map(_is_small, tensors_in(shapes))):
                return shapes
            return _placed(func, args, kwargs, CPU)
        if name in ASKING:
            raise DataDependentError(f"the operator {func} asks for numbers")
        if name.endswith("_") and tensors[0].device.type != "meta":
            self._stale.add(_storage(tensors[0]))
        return self._on_meta(func, args, kwargs)

    def _is_known(self, tensor: torch.Tensor) -> bool:
        """Whether it has numbers, and they are right: nothing without numbers was written into it."""
        if tensor.device.type == "meta" or not _is_small(tensor):
            return False
        return not self._stale or _storage(tensor) not in self._stale

    def _on_meta(self, func: Any, args: Any, kwargs: Any) -> Any:
        args, kwargs = mapped(args, self.stand_in), mapped(kwargs, self.stand_in)
        return _placed(func, args, kwargs, META)

    def stand_in(self, tensor: torch.Tensor) -> torch.Tensor:
        """The tensor without numbers that takes a real one's place: the same one every time."""
        if tensor.device.type == "meta":
            return tensor
        known = self._stand_ins.get(id(tensor))
        if known is None:
            known = self._stand_ins[id(tensor)] = (tensor, bare(tensor))
        return known[1]


@contextmanager
def ordinary(real: bool) -> Iterator[None]:
    """Torch as it is wherever a model runs: without fast paths, and with the same numbers every time.

    Its transformer layers have fast paths for some devices, which leave out what a padding mask hides; no shape says
    how much that is.
    """
    fast = torch.backends.mha.get_fastpath_enabled()
    torch.backends.mha.set_fastpath_enabled(False)
    try:
        with torch.random.fork_rng([], enabled=real):
            if real:
                torch.manual_seed(0)
            yield
    finally:
        torch.backends.mha.set_fastpath_enabled(fast)


def bare(tensor: torch.Tensor) -> torch.Tensor:
    """A tensor of the same sizes and strides without memory."""
    return torch.empty_strided(tensor.shape, tensor.stride(), dtype=tensor.dtype, device=META)


def _is_small(tensor: torch.Tensor) -> bool:
    return tensor.numel() <= SMALL


def _storage(tensor: torch.Tensor) -> int:
    return int(tensor.untyped_storage()._cdata)


@cache
def _place_of_device(func: Any) -> int | None:
    """Which argument of an operator chooses the device of its result; None: none does."""
    names = [argument.name for argument in func._schema.arguments]
    return names.index("device") if "device" in names else None


def _placed(func: Any, args: Any, kwargs: dict[str, Any], device: torch.device) -> Any:
    """What an operator gives on this device, where it lets one choose."""
    place = _place_of_device(func)
    if place is None:
        return func(*args, **kwargs)
    if place < len(args):
        return func(*args[:place], device, *args[place + 1 :], **kwargs)
    pinned = {"pin_memory": False} if "pin_memory" in kwargs else {}
    return func(*args, **{**kwargs, "device": device, **pinned})


def tensors_in(item: Any) -> list[torch.Tensor]:
    """Every tensor in nested lists, tuples and dictionaries."""
    if isinstance(item, torch.Tensor):
        return [item]
    if isinstance(item, list | tuple):
        return [tensor for each in item for tensor in tensors_in(each)]
    if isinstance(item, dict):
        return [tensor for each in item.values() for tensor in tensors_in(each)]
    return []


def mapped(item: Any, change: Callable[[torch.Tensor], Any]) -> Any:
    """The same nested lists, tuples and dictionaries with each tensor changed."""
    if isinstance(item, torch.Tensor):
        return change(item)
    if isinstance(item, list | tuple):
        return type(item)(mapped(each, change) for each in item)
    if isinstance(item, dict):
        return {key: mapped(each, change) for key, each in item.items()}
    return item
