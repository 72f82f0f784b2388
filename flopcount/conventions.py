"""How work is priced: one entry a convention, side by side on one page.

The engine counts primitives; a convention says what each costs. So one count gives every convention's number, and two
numbers differ only by rules that can be read here.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from msgspec import Struct
from msgspec.structs import replace

from .errors import UsageError, did_you_mean
from .op import KINDS, ROLES, Op, Work
from .ops import OPS, find_op
from .tools import Rule, Use, deepspeed, flop_counter, fvcore, netscope, onnx_tool, ptflops, tf, thop, torchinfo, xla


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
        rules: What the tool keeps account of in place of the true ledger, one after another (see `flopcount.tools`);
            its known errors are among them.
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
    rules: tuple[Rule, ...] = ()
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
        if work.role == "masked" and not self.masked:
            return 0
        if work.phase != "forward" and not self.backward:
            return 0
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

    def ledger(self, use: Use) -> Sequence[Work] | None:
        """The entries that the convention prices: a layer's own, or what the tool believes instead; None: unknown.

        Example:
            >>> from flopcount.ops.norm import LayerNorm
            >>> shape = (1, 197, 768)
            >>> use = Use(LayerNorm(), LayerNorm().work(shape, shape), (shape,), (shape,))
            >>> [entry.count for entry in find_convention("fvcore").ledger(use)]
            [756480]
        """
        *_, (_, _, believed) = [(None, None, use), *self.steps(use)]
        return None if believed is None else believed.work

    def steps(self, use: Use) -> Iterator[tuple[Rule, Use, Use | None]]:
        """Every rule that changes what the tool believes of a layer, its belief before and after it; None: unknown."""
        if use.op.tag in self.counted:
            return
        for rule in self.rules:
            believed = rule.apply(use)
            if believed is not use:
                yield rule, use, believed
            if believed is None:
                return
            use = believed

    def total(self, use: Use) -> int | None:
        """What a layer costs; None where nobody knows."""
        work = self.ledger(use)
        return None if work is None else sum(self.price(entry, use.op) for entry in work)

    def errors(self, use: Use) -> Iterator[Rule]:
        """The known errors of the tool that change what this layer costs."""
        for rule, before, believed in self.steps(use):
            if rule.wrong and (believed is None or self._sum(believed) != self._sum(before)):
                yield rule

    def _sum(self, use: Use) -> int:
        return sum(self.price(entry, use.op) for entry in use.work)

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


IGNORABLE = "roles (bias, masked), kinds of work (add, cmp ...), or ops (see `flopcount list ops`)"


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
            "arithmetic", "op", "every primitive once: multiplications, additions, divisions, comparisons, exp ...",
            "flopcount: the ledger itself", output=-1, bias=1, primitive=1, statistics=1,
        ),
        Convention(
            "torch", "FLOP", "two per product of a dot product, also those that a mask throws away; nothing else",
            "torch.utils.flop_counter.FlopCounterMode, torch 2.13.0", masked=True,
            rules=flop_counter.RULES,
        ),
        Convention(
            "torch-cpu", "FLOP", "as torch, without what a CPU has whole operators for: attention's core, LSTMs",
            "torch.utils.flop_counter.FlopCounterMode, torch 2.13.0, on a model with numbers in an x86 CPU's memory",
            masked=True, rules=flop_counter.CPU,
        ),
        Convention(
            "fvcore", "MAC",
            "one per product of a dot product; norms, adaptive average pooling and upsampling by rules of its own; "
            "nothing else",
            "fvcore.nn.FlopCountAnalysis, fvcore 0.1.5.post20221221 (mmengine's counter is made of it)",
            product=1, backward=False, rules=fvcore.RULES,
        ),
        Convention(
            "ptflops", "MAC",
            "one per product and per bias; norms, activations, pooling; functions that modules call are counted again",
            "ptflops 0.7.5, backend 'pytorch', its default, on a model without memory (device meta)",
            product=1, bias=1, backward=False, rules=ptflops.DEFAULT,
        ),
        Convention(
            "ptflops-cpu", "MAC", "the same, but linear layers once",
            "ptflops 0.7.5, backend 'pytorch', its default, on a model with numbers",
            product=1, bias=1, backward=False, rules=ptflops.FUNCTIONAL,
        ),
        Convention(
            "ptflops-modules", "MAC", "one per product and per bias; norms, activations, pooling; modules alone",
            "ptflops 0.7.5, backend 'pytorch', count_functional=False",
            product=1, bias=1, backward=False, rules=ptflops.MODULES,
        ),
        Convention(
            "ptflops-aten", "MAC", "one per product of a dot product and per bias; nothing else",
            "ptflops 0.7.5, backend 'aten', attention as torch decomposes it",
            product=1, bias=1, masked=True, backward=False, rules=ptflops.ATEN,
        ),
        Convention(
            "thop", "MAC", "one per product of a module; norms, average pooling and softmax by rules of its own",
            "thop 0.1.1.post2209072238", product=1, backward=False, rules=thop.RULES,
        ),
        Convention(
            "torchinfo", "MAC", "the parameters of every module, times the positions of a convolution's output",
            "torchinfo 1.8.0, total mult-adds", product=1, bias=1, backward=False, rules=torchinfo.RULES,
        ),
        Convention(
            "deepspeed", "FLOP",
            "two per product, one per bias of a convolution; norms, activations, pooling, softmax by rules of its own",
            "deepspeed 0.19.8, flops profiler", bias=1, masked=True, backward=False, rules=deepspeed.DEEPSPEED,
        ),
        Convention(
            "calflops", "FLOP", "as deepspeed, without attention", "calflops 0.3.2",
            bias=1, masked=True, backward=False, rules=deepspeed.CALFLOPS,
        ),
        Convention(
            "onnx-tool", "MAC",
            "one per product and per bias; every other node by weights: division 4, exp 32, root 24",
            "onnx-tool 1.0.1", product=1, bias=1, masked=True, backward=False, rules=onnx_tool.RULES,
        ),
        Convention(
            "tf", "FLOP", "two per product, one per bias, sum and product; pooling per tap, 5 per softmax",
            "tf.profiler, TensorFlow's registered statistics", bias=1, masked=True, backward=False, rules=tf.RULES,
        ),
        Convention(
            "netscope", "MAC", "one per product of a dot product: its column of multiply-accumulates",
            "Netscope CNN analyzer", product=1, backward=False, rules=netscope.RULES,
        ),
        Convention(
            "xla", "FLOP", "two per product of a dot product, zeros of the padding left out; all else is not surveyed",
            "XLA's HloCostAnalysis, as jax and flax print it", masked=True, backward=False, rules=xla.RULES,
        ),
    )
}  # fmt: skip


def find_convention(name: str) -> Convention:
    """The convention of this name, or of this YAML file (see `flopcount.convention_file`).

    Raises:
        UsageError: Unknown name, with the nearest known ones.
        FlopcountError: The file cannot be read, or describes none.
    """
    if name.endswith((".yaml", ".yml")):
        from .convention_file import read_convention

        return read_convention(name)
    try:
        return CONVENTIONS[name]
    except KeyError:
        raise UsageError(f"unknown convention '{name}'", hint=did_you_mean(name, CONVENTIONS)) from None
