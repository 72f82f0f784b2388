"""How work is priced: one entry a convention, side by side on one page.

The engine counts primitives; a convention says what each costs. So one count gives every convention's number, and two
numbers differ only by rules that can be read here.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from . import tools
from .errors import UsageError, did_you_mean
from .op import Op, Work
from .ops import OPS, find_op


class Quirk(Struct, frozen=True):
    """A known error of a tool, which its convention reproduces and a report names.

    Attributes:
        name: What the tool gets wrong, as a note says it.
        believed: The entry of the ledger that the tool takes the true one for, in a layer of this op.
    """

    name: str
    believed: Callable[[Work, Op], Work]


class Convention(Struct, frozen=True):
    """A way of pricing the ledger.

    Attributes:
        name: How users ask for it.
        unit: `FLOP`, `MAC` or `op`.
        summary: What it prices, in a sentence.
        source: Who counts this way (a paper, a tool and its version).
        product, output: Price of a dot product's work: `product` per multiplication plus `output` per result
            (2 and -1 count K multiplications and K - 1 additions).
        bias: Price of adding a bias to one result.
        primitive: Price of every other primitive (addition, comparison, exp ...).
        statistics: Price of a primitive of batch normalisation by the batch's own statistics, which only training does.
        masked: Whether products that a mask throws away are priced (causal attention's upper triangle).
        backward: Whether the tool sees the backward pass.
        recomputed: Whether work that the backward pass does once more is priced.
        quirks: Known errors of the tool.
        ledgers: By op tag, what the tool keeps account of in place of the true ledger (see `flopcount.tools`).
        counted: Op tags whose every primitive is priced 1, whatever `primitive` says (`--count`).
        ignored: Op tags, roles and kinds that are priced 0 (`--ignore`).
    """

    name: str
    unit: str
    summary: str
    source: str
    product: int = 2
    output: int = 0
    bias: int = 0
    primitive: int = 0
    statistics: int = 0
    masked: bool = False
    backward: bool = True
    recomputed: bool = False
    quirks: tuple[Quirk, ...] = ()
    ledgers: Mapping[str, tools.Ledger] = {}
    counted: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()

    def price(self, work: Work, op: Op) -> int:
        """What one entry of the ledger costs in a layer of this op.

        Example:
            >>> from flopcount.op import dot
            >>> from flopcount.ops.conv import Conv
            >>> LECTURE.price(dot(products=75 * 784, outputs=784), Conv(out=1, kernel=5))
            116816
        """
        if self.ignored and (op.tag in self.ignored or work.role in self.ignored or work.kind in self.ignored):
            return 0
        if (work.role == "masked" and not self.masked) or (work.role == "recomputed" and not self.recomputed):
            return 0
        if work.phase != "forward" and not self.backward:
            return 0
        for quirk in self.quirks:
            work = quirk.believed(work, op)
        if work.kind == "unit":
            return work.count
        if work.kind == "dot":
            return self.product * work.count + self.output * work.outputs
        if op.tag in self.counted:
            return work.count
        if work.role == "bias":
            return self.bias * work.count
        if work.role == "statistics":
            return self.statistics * work.count
        return self.primitive * work.count

    def ledger(self, op: Op, work: Sequence[Work], *shapes: Any) -> Sequence[Work]:
        """The entries that the convention prices: a layer's own, or what the tool believes instead.

        Args:
            op: The layer's op, as it runs.
            work: Its ledger.
            *shapes: The shapes of its inputs and outputs.

        Example:
            >>> from flopcount.ops.norm import LayerNorm
            >>> shape = (1, 197, 768)
            >>> work = LayerNorm().work(shape, shape)
            >>> [entry.count for entry in find_convention("fvcore").ledger(LayerNorm(), work, shape, shape)]
            [756480]
        """
        own = None if op.tag in self.counted else self.ledgers.get(op.tag)
        if own is None:
            return work
        forward = [entry for entry in work if entry.phase == "forward"]
        return (*own(op, forward, *shapes), *(entry for entry in work if entry.phase != "forward"))

    def adjusted(self, count: Iterable[str] = (), ignore: Iterable[str] = ()) -> Convention:
        """The same convention with ops counted besides, or parts ignored.

        Raises:
            UsageError: A name that is neither an op nor (to ignore) a role or kind of work.
        """
        counted, ignored = tuple(count), tuple(ignore)
        for tag in counted:
            find_op(tag)
        for name in ignored:
            if name not in ROLES and name not in KINDS and name not in OPS:
                raise UsageError(
                    f"cannot ignore '{name}'", hint=did_you_mean(name, [*ROLES, *KINDS, *OPS]) or IGNORABLE
                )
        return replace(self, counted=self.counted + counted, ignored=self.ignored + ignored)


ROLES = ("main", "bias", "masked", "statistics", "recomputed")
IGNORABLE = "roles (bias, masked), kinds of work (add, cmp ...), or ops (see `flopcount list ops`)"
KINDS = ("dot", "add", "mul", "div", "cmp", "special")


def _grouped_gradient(work: Work, op: Op) -> Work:
    """A grouped convolution's weight gradient counted as an ungrouped one's: groups times too high (torch 2.13.0)."""
    if work.kind != "dot" or work.phase != "grad_weight" or op.group != "convolution":
        return work
    return replace(work, count=work.count * getattr(op, "groups", 1))


LECTURE = Convention(
    "lecture", "FLOP",
    "every dot product of length K as K multiplications and K - 1 additions, its bias as one more; nothing else",
    "Convolutional Neural Networks II (lecture): FLOPs = [(D1·F²) + (D1·F² - 1) + 1]·D2·H2·W2",
    product=2, output=-1, bias=1, statistics=1,
)  # fmt: skip

CONVENTIONS: dict[str, Convention] = {
    convention.name: convention
    for convention in (
        LECTURE,
        Convention(
            "macs", "MAC", "one multiply-accumulate per product of a dot product; nothing else",
            "torchvision 0.28 and timm model tables; most papers", product=1,
        ),
        Convention(
            "torch", "FLOP", "two per product of a dot product, also those that a mask throws away; nothing else",
            "torch.utils.flop_counter.FlopCounterMode, torch 2.13.0", masked=True, recomputed=True,
            quirks=(Quirk("the weight gradient of a grouped convolution, groups times too high", _grouped_gradient),),
            ledgers={"einsum": tools.torch_einsum},
        ),
        Convention(
            "fvcore", "MAC",
            "one per product of a dot product; norms, adaptive average pooling and upsampling by rules of its own; "
            "nothing else",
            "fvcore.nn.FlopCountAnalysis, fvcore 0.1.5.post20221221, on a model in evaluation mode",
            product=1, backward=False,
            ledgers={
                "conv": tools.fvcore_conv, "bn": tools.fvcore_bn,
                **dict.fromkeys(("gn", "instance_norm", "ln"), tools.fvcore_norm),
                **dict.fromkeys(("adaptive_avgpool", "global_avgpool"), tools.fvcore_average),
                "upsample": tools.fvcore_upsample, "grid_sample": tools.fvcore_grid_sample,
                "matmul": tools.fvcore_matmul, "einsum": tools.fvcore_einsum,
                "attention": tools.fvcore_attention, **dict.fromkeys(("gru", "lstm", "rnn", "sdpa"), tools.nothing),
            },
        ),
        Convention(
            "arithmetic", "op", "every primitive once: multiplications, additions, divisions, comparisons, exp ...",
            "flopcount: the ledger itself", output=-1, bias=1, primitive=1, statistics=1,
        ),
    )
}  # fmt: skip


def find_convention(name: str) -> Convention:
    """The convention of this name.

    Raises:
        UsageError: Unknown name, with the nearest known ones.
    """
    try:
        return CONVENTIONS[name]
    except KeyError:
        raise UsageError(f"unknown convention '{name}'", hint=did_you_mean(name, CONVENTIONS)) from None
