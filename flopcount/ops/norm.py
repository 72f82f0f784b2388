"""Normalisation: shift and scale values to zero mean and unit variance, then scale and shift them as learned.

All ops but the last compute `y = γ·(x − μ) / √(σ² + ε) + β` (lecture, Batch Normalization), and differ in which
elements share a mean and a variance.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, ClassVar

from msgspec.structs import replace

from ..errors import OpError
from ..fields import Flag, Size
from ..op import Op, Shape, Work, add, div, mul, op, special, to_input, to_weight
from ..sizes import prod
from .conv import check_groups
from .standardise import (
    learned_back,
    mean,
    normalise,
    normalise_back,
    scale_and_shift,
    standardise,
    variance,
)  # fmt: skip


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

    In training every channel is normalised by the batch's own, unless the layer is frozen: then it keeps what it has
    and runs as at test time, as in Keras (users of torch call `eval()` on it).

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

    def in_training(self, trainable: bool) -> Op:
        return TrainedBatchNorm(affine=self.affine, track=self.track) if trainable else self

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """By kept statistics it is a scaling of each channel: `dx = dy·(γ / √(σ² + ε))`."""
        elements, channels = prod(y), y[1]
        if not self.track:
            return normalise_back(elements, channels, channels, self.affine, self.affine)
        scaled = (div(channels), mul(elements)) if self.affine else (div(elements),)
        return (*learned_back(elements, channels, self.affine, self.affine), *to_input(0, *scaled))


class TrainedBatchNorm(BatchNorm, frozen=True, kw_only=True):
    """Batch normalisation in training: by the mean and variance of the batch, for each channel.

    Mean, variance, normalisation, scale and shift take 8 primitives per element and 2 per channel (lecture, Batch
    Normalization). Besides, the running mean and variance come nearer to the batch's, `r = (1 − ρ)·r + ρ·μ`: for each
    2 multiplications and an addition per channel. What makes the running variance unbiased is one number with its ρ.

    Example:
        >>> bn = TrainedBatchNorm()
        >>> work = bn.work((32, 64, 28, 28), (32, 64, 28, 28))
        >>> sum(entry.count for entry in work if entry.part != "running") == 8 * (32 * 64 * 28 * 28) + 2 * 64
        True
    """

    citation: ClassVar = "lecture, Batch Normalization; Ioffe and Szegedy 2015, arXiv 1502.03167"

    def work(self, x: Any, y: Any) -> Sequence[Work]:
        elements, channels = prod(y), y[1]
        return (
            *_statistics("mean", mean(elements, channels)),
            *_statistics("variance", variance(elements, channels)),
            *_statistics("normalise", standardise(elements, channels)),
            *_statistics("scale and shift", scale_and_shift(elements, self.affine, self.affine)),
            *(_statistics("running", (mul(4 * channels), add(2 * channels))) if self.track else ()),
        )

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """`dx = (γ / √(σ² + ε))·(dy − mean(dy) − x̂·mean(dy·x̂))`, with the means from `dβ = Σ dy` and `dγ = Σ dy·x̂`.

        γ is one number per channel. So the two sums, 3 primitives per element less 2 per channel, serve all gradients;
        dx takes 4 per element and 3 per channel more.
        """
        elements, channels = prod(y), y[1]
        sums = (mul(elements), add(2 * (elements - channels)))
        scaled = (div(channels), mul(elements)) if self.affine else (div(elements),)
        whole = (
            *(to_weight("", *sums) if self.affine else to_input(0, *sums)),
            *to_input(0, div(2 * channels), add(2 * elements), mul(elements), *scaled),
        )
        return _statistics("", whole)


def _statistics(part: str, work: Iterable[Work]) -> tuple[Work, ...]:
    """Work that only training does."""
    return tuple(replace(entry, role="statistics", part=part) for entry in work)


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

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        return normalise_back(prod(y), y[0] * y[1], y[1], self.affine, self.affine)


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

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        return normalise_back(prod(y), y[0] * self.groups, y[1], self.affine, self.affine)


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

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        groups, learned = prod(y[: -self.axes]), prod(y[-self.axes :])
        return normalise_back(prod(y), groups, learned, self.affine, self._shift())

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

    def backward(self, x: Any, y: Any) -> Sequence[Work]:
        """`dx = (g − x̂·mean(g·x̂)) / √(mean(x²) + ε)` with g = γ·dy and x̂ the normalised x."""
        elements, groups, learned = prod(y), prod(y[: -self.axes]), prod(y[-self.axes :])
        scaled = to_input(0, mul(elements)) if self.affine else ()
        means = (mul(elements), add(elements - groups), div(groups))
        return (
            *learned_back(elements, learned, self.affine, shift=False),
            *scaled,
            *to_input(0, *means, mul(elements), add(elements), div(elements)),
        )


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
