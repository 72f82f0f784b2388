"""Normalisation: shift and scale values to zero mean and unit variance, then scale and shift them as learned.

All ops but two compute `y = γ·(x − μ) / √(σ² + ε) + β` (lecture, Batch Normalization) and differ in what shares a mean
and a variance: a *group* of elements. So the work is stated once, for all `elements` and all `groups` together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from ..errors import OpError
from ..fields import Flag, Size
from ..op import Op, Shape, Work, add, div, mul, op, special
from ..sizes import prod
from .conv import check_groups


def statistics(elements: Any, groups: Any) -> Sequence[Work]:
    """The mean and the variance of each group.

    For a group of m elements the mean takes m − 1 additions and 1 division, the variance m subtractions, m squares,
    m − 1 additions and 1 division.

    Example:
        >>> [(work.kind, work.count) for work in statistics(elements=100, groups=10)]
        [('add', 280), ('mul', 100), ('div', 20)]
    """
    return (add(3 * elements - 2 * groups), mul(elements), div(2 * groups))


def standardise(elements: Any, groups: Any) -> Sequence[Work]:
    """`(x − μ) / √(σ² + ε)`: a subtraction and a division per element, an addition and a root per group.

    Example:
        >>> [(work.kind, work.count) for work in standardise(elements=100, groups=10)]
        [('add', 110), ('div', 100), ('special', 10)]
    """
    return (add(elements + groups), div(elements), special(groups))


def scale_and_shift(elements: Any, scale: bool = True, shift: bool = True) -> Sequence[Work]:
    """`γ·x + β`: a multiplication and an addition per element, where they are learned.

    With `statistics` and `standardise` that makes 8 primitives per element and 2 per group.

    Example:
        >>> [(work.kind, work.count) for work in scale_and_shift(elements=100)]
        [('mul', 100), ('add', 100)]
    """
    return ((mul(elements),) if scale else ()) + ((add(elements),) if shift else ())


def normalise(elements: Any, groups: Any, scale: bool, shift: bool) -> Sequence[Work]:
    """Statistics from the elements themselves, normalised, scaled and shifted."""
    return (*statistics(elements, groups), *standardise(elements, groups), *scale_and_shift(elements, scale, shift))


def per_channel(x: Any, affine: bool) -> dict[str, Any]:
    """γ and β, one each for every channel."""
    return {"weight": (x[1],), "bias": (x[1],)} if affine else {}


class Norm(Op, frozen=True, kw_only=True):
    """What every normalisation has in common: its output has its input's shape."""

    group: ClassVar = "normalisation"
    signature: ClassVar = "N D *1 -> N D *1"

    def check(self, x: Shape) -> None:
        check_channels(x)

    def infer(self, x: Any) -> Any:
        return x


@op
class BatchNorm(Norm, frozen=True, kw_only=True):
    """Batch normalisation at test time, by the mean and variance that training has kept for each channel.

    x: (N, D, *I)   weight, bias: (D,)   running_mean, running_var: (D,)   ->   y: (N, D, *I)

    `track: false` keeps none: then also at test time every channel of the batch is normalised by its own.

    Example:
        >>> bn = BatchNorm()
        >>> bn.weights((1, 64, 56, 56))
        {'weight': (64,), 'bias': (64,)}
        >>> bn.buffers((1, 64, 56, 56))
        {'running_mean': (64,), 'running_var': (64,)}
    """

    affine: Flag = True
    track: Flag = True

    tag: ClassVar = "bn"
    citation: ClassVar = "lecture, Batch Normalization – Test Time; Ioffe and Szegedy 2015, arXiv 1502.03167"

    def weights(self, x: Any) -> dict[str, Any]:
        return per_channel(x, self.affine)

    def buffers(self, x: Any) -> dict[str, Any]:
        return {"running_mean": (x[1],), "running_var": (x[1],)} if self.track else {}

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        elements, channels = prod(y), y[1]
        if not self.track:
            return normalise(elements, channels, self.affine, self.affine)
        return (*standardise(elements, channels), *scale_and_shift(elements, self.affine, self.affine))


@op
class InstanceNorm(Norm, frozen=True, kw_only=True):
    """Instance normalisation: every channel of every sample by its own mean and variance.

    x: (N, D, *I)   weight, bias: (D,)   ->   y: (N, D, *I)
    """

    affine: Flag = False

    tag: ClassVar = "instance_norm"
    citation: ClassVar = "Ulyanov et al. 2016, arXiv 1607.08022"

    def check(self, x: Shape) -> None:
        check_channels(x, spatial=True)

    def weights(self, x: Any) -> dict[str, Any]:
        return per_channel(x, self.affine)

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return normalise(prod(y), y[0] * y[1], self.affine, self.affine)


@op
class GroupNorm(Norm, frozen=True, kw_only=True):
    """Group normalisation: the channels of every sample, in `groups` of neighbours that share mean and variance.

    x: (N, D, *I)   weight, bias: (D,)   ->   y: (N, D, *I)
    """

    groups: Size
    affine: Flag = True

    tag: ClassVar = "gn"
    letters: ClassVar = {"groups": "g"}
    citation: ClassVar = "Wu and He 2018, arXiv 1803.08494"

    def check(self, x: Shape) -> None:
        super().check(x)
        check_groups(x[1], x[1], self.groups)

    def weights(self, x: Any) -> dict[str, Any]:
        return per_channel(x, self.affine)

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return normalise(prod(y), y[0] * self.groups, self.affine, self.affine)


@op
class LayerNorm(Norm, frozen=True, kw_only=True):
    """Layer normalisation over the last `axes` axes: every token by its own mean and variance.

    x: (..., *D)   weight, bias: (*D,)   ->   y: (..., *D)

    Example:
        >>> LayerNorm().weights((1, 197, 768))
        {'weight': (768,), 'bias': (768,)}
    """

    axes: Size = 1
    affine: Flag = True
    bias: Flag = True

    tag: ClassVar = "ln"
    signature: ClassVar = "... -> ..."
    citation: ClassVar = "Ba et al. 2016, arXiv 1607.06450"

    def check(self, x: Shape) -> None:
        check_last(x, self.axes)

    def weights(self, x: Any) -> dict[str, Any]:
        shape = tuple(x[-self.axes :])
        return {name: shape for name, kept in (("weight", self.affine), ("bias", self._shift())) if kept}

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        return normalise(prod(y), prod(y[: -self.axes]), self.affine, self._shift())

    def _shift(self) -> bool:
        return self.affine and self.bias


@op
class RMSNorm(Norm, frozen=True, kw_only=True):
    """Root-mean-square normalisation over the last `axes` axes: `y = γ·x / √(mean(x²) + ε)`.

    x: (..., *D)   weight: (*D,)   ->   y: (..., *D)

    For m elements that share a mean square it takes m squares, m − 1 additions and 1 division, 1 addition for ε and 1
    root, m divisions, and m multiplications with γ.

    Example:
        >>> RMSNorm().weights((1, 2048, 4096))
        {'weight': (4096,)}
    """

    axes: Size = 1
    affine: Flag = True

    tag: ClassVar = "rms_norm"
    signature: ClassVar = "... -> ..."
    citation: ClassVar = "Zhang and Sennrich 2019, arXiv 1910.07467"

    def check(self, x: Shape) -> None:
        check_last(x, self.axes)

    def weights(self, x: Any) -> dict[str, Any]:
        return {"weight": tuple(x[-self.axes :])} if self.affine else {}

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        elements, groups = prod(y), prod(y[: -self.axes])
        mean_square = (mul(elements), add(elements - groups), div(groups))
        root = (add(groups), special(groups))
        return (*mean_square, *root, div(elements), *scale_and_shift(elements, self.affine, shift=False))


def check_channels(x: Shape, spatial: bool = False) -> None:
    """Refuse an input without channels, or without the spatial axes that are needed besides.

    Raises:
        OpError: With the number of axes.
    """
    if len(x) < 2 + spatial:
        raise OpError(
            f"needs a batch{', channels and spatial axes' if spatial else ' and channels'}, not {len(x)} axes",
            hint="the input of a spec is one sample, channels first: [3, 224, 224]",
        )


def check_last(x: Shape, axes: int) -> None:
    """Refuse to normalise over more axes than there are besides the batch.

    Raises:
        OpError: With both numbers.
    """
    if axes >= len(x):
        raise OpError(
            f"normalises over the last {axes} axes, but its input has {len(x)} with the batch",
            hint=f"axes is at most {len(x) - 1} here",
        )
