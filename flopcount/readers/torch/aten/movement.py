"""Elements under another shape, in another order or type, repeated or padded: free, whatever they are called."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from ....op import Shape
from ..site import Site, Unmapped
from ..trace import Value
from .table import aten, passes

passes("clone detach contiguous alias lift lift_fresh lift_fresh_copy data resolve_conj resolve_neg conj _conj")
passes("_assert_async _assert_tensor_metadata _reshape_alias requires_grad_ set_ cpu cuda positive")


@aten("to type_as _to_copy float double half bfloat16 long int bool real imag")
def cast(site: Site, x: Value, *_: Any, **__: Any) -> Value:
    """aten.to(x, dtype): another type, or only another place."""
    out = site.call.outputs[0]
    if out is None or out.dtype == x.dtype:
        return x
    return site.layer("cast", x, to=out.dtype)


@aten("view_as_real")
def parts(site: Site, x: Value) -> Value:
    """aten.view_as_real(x): the two numbers of each complex one, side by side."""
    return site.layer("expand", site.layer("unsqueeze", x, axes=(-1,)), shape=site.shape, keep_batch=False)


@aten("view_as_complex")
def whole(site: Site, x: Value) -> Value:
    """aten.view_as_complex(x): two numbers as one."""
    return site.layer("select", x, axis=-1, index=0)


@aten("dropout feature_dropout alpha_dropout feature_alpha_dropout native_dropout")
def dropout(site: Site, x: Value, p: float = 0.5, train: bool | None = False) -> Any:
    """aten.dropout(x, p, train)."""
    y = site.layer("dropout", x, p=p) if p else x
    return [y, None] if site.call.operator == "native_dropout" else y


def reshaped(site: Site, x: Value, shape: Shape) -> Value:
    """An input under another shape, its batch kept where both have it; as it is where nothing changes."""
    if shape == x.shape:
        return x
    batch = site.builder.batch
    if batch is not None and len(shape) > 1 and shape[:1] == x.shape[:1] == (batch,):
        return site.layer("reshape", x, shape=shape[1:])
    return site.layer("reshape", x, shape=shape, keep_batch=False)


@aten("view reshape _unsafe_view view_copy unflatten view_as reshape_as")
def reshape(site: Site, x: Value, *sizes: Any) -> Value:
    """aten.view(x, shape) and its kin; a view in another dtype of as many bytes is a cast."""
    if sizes and type(sizes[0]).__name__ == "dtype":
        return cast(site, x)
    return reshaped(site, x, site.shape)


@aten("flatten")
def flatten(site: Site, x: Value, start: int = 0, end: int = -1) -> Value:
    """aten.flatten(x, start_dim, end_dim)."""
    if not x.shape:
        return site.layer("unsqueeze", x, axes=(0,))
    rank = len(x.shape)
    return x if start % rank == end % rank else site.layer("flatten", x, start=start, end=end)


@aten("expand expand_as expand_copy broadcast_to")
def expand(site: Site, x: Value, *_: Any, **__: Any) -> Value:
    """aten.expand(x, sizes)."""
    return expanded(site, x, site.shape)


def expanded(site: Site, x: Value, shape: Shape) -> Value:
    """An input stretched to a shape; as it is where nothing changes."""
    if shape == x.shape:
        return x
    if len(shape) == len(x.shape) and shape[:1] == x.shape[:1]:
        return site.layer("expand", x, shape=shape[1:])
    return site.layer("expand", x, shape=shape, keep_batch=False)


@aten("permute permute_copy")
def permute(site: Site, x: Value, dims: Sequence[int]) -> Value:
    """aten.permute(x, dims)."""
    order = tuple(dim % len(x.shape) for dim in dims)
    return x if order == tuple(range(len(order))) else site.layer("permute", x, order=order)


@aten("transpose swapaxes swapdims transpose_copy")
def transpose(site: Site, x: Value, a: int, b: int) -> Value:
    """aten.transpose(x, dim0, dim1)."""
    return site.layer("transpose", x, axes=(a, b)) if x.shape and a % len(x.shape) != b % len(x.shape) else x


@aten("t numpy_T mT adjoint matrix_H")
def t(site: Site, x: Value) -> Value:
    """aten.t(x): the last two axes swapped, or with numpy_T all axes in reverse order."""
    if len(x.shape) < 2:
        return x
    if site.call.operator == "numpy_T":
        return permute(site, x, range(len(x.shape))[::-1])
    return site.layer("transpose", x, axes=(-2, -1))


@aten("squeeze squeeze_copy")
def squeeze(site: Site, x: Value, dim: Any = None) -> Value:
    """aten.squeeze(x, dim): axes that have another size than 1 stay."""
    rank = len(x.shape)
    asked = range(rank) if dim is None else [dim] if isinstance(dim, int) else dim
    axes = tuple(axis for axis in sorted({axis % max(rank, 1) for axis in asked}) if rank and x.shape[axis] == 1)
    return site.layer("squeeze", x, axes=axes) if axes else x


@aten("unsqueeze unsqueeze_copy")
def unsqueeze(site: Site, x: Value, dim: int) -> Value:
    """aten.unsqueeze(x, dim)."""
    return site.layer("unsqueeze", x, axes=(dim,))


@aten("repeat tile")
def repeat(site: Site, x: Value, repeats: Sequence[int]) -> Value:
    """aten.repeat(x, repeats): new axes in front where there are more repeats than axes."""
    repeats = [1] * (len(x.shape) - len(repeats)) + list(repeats)
    if more := len(repeats) - len(x.shape):
        x = site.layer("unsqueeze", x, axes=tuple(range(more)))
    for axis, times in enumerate(repeats):
        x = site.layer("tile", x, repeats=times, axis=axis) if times != 1 else x
    return x


@aten("repeat_interleave")
def repeat_interleave(site: Site, x: Value, repeats: Any, dim: int | None = None, **_: Any) -> Value:
    """aten.repeat_interleave(x, repeats, dim): as many elements as tiling makes."""
    if not isinstance(repeats, int):
        raise Unmapped
    x = reshaped(site, x, (x.elements,)) if dim is None else x
    return site.layer("tile", x, repeats=repeats, axis=dim or 0) if repeats != 1 else x


@aten("pad")
def pad(site: Site, x: Value, ends: Sequence[int], mode: str = "constant", value: float | None = None) -> Value:
    """aten.pad(x, ends, mode, value): ends from the last axis on; a negative one crops."""
    before, after = list(ends[::2])[::-1], list(ends[1::2])[::-1]
    first = len(x.shape) - len(before)
    for axis, (low, high) in enumerate(zip(before, after, strict=True), start=first):
        if low < 0 or high < 0:
            size = x.shape[axis]
            x = site.layer("slice", x, axis=axis, start=max(-low, 0), end=size - max(-high, 0))
    pads = tuple((max(low, 0), max(high, 0)) for low, high in zip(before, after, strict=True))
    if not any(map(any, pads)):
        return x
    return site.layer("pad", x, padding=pads, mode=mode, value=value or 0, keep_batch=first > 0)


@aten("constant_pad_nd")
def constant_pad(site: Site, x: Value, ends: Sequence[int], value: float = 0) -> Value:
    """aten.constant_pad_nd(x, ends, value)."""
    return pad(site, x, ends, value=value)


@aten("reflection_pad1d reflection_pad2d reflection_pad3d")
def reflect(site: Site, x: Value, ends: Sequence[int]) -> Value:
    """aten.reflection_pad2d(x, ends)."""
    return pad(site, x, ends, "reflect")


@aten("replication_pad1d replication_pad2d replication_pad3d")
def replicate(site: Site, x: Value, ends: Sequence[int]) -> Value:
    """aten.replication_pad2d(x, ends)."""
    return pad(site, x, ends, "replicate")


@aten("roll")
def roll(site: Site, x: Value, shifts: Any, dims: Any = ()) -> Value:
    """aten.roll(x, shifts, dims); without dims the elements lie in one row."""
    shifts = tuple(shifts) if isinstance(shifts, list | tuple) else (shifts,)
    axes = tuple(dims) if isinstance(dims, list | tuple) else (dims,)
    if axes:
        return site.layer("roll", x, shifts=shifts, axes=axes)
    return reshaped(site, site.layer("roll", reshaped(site, x, (x.elements,)), shifts=shifts, axes=(0,)), x.shape)


@aten("flip")
def flip(site: Site, x: Value, dims: Sequence[int]) -> Value:
    """aten.flip(x, dims)."""
    return site.layer("flip", x, axes=tuple(dims))


@aten("tril triu")
def triangle(site: Site, x: Value, diagonal: int = 0) -> Value:
    """aten.tril(x, diagonal)."""
    return site.layer(site.call.operator, x)
