"""Random valid layers, and random networks of them: every op, in any of its settings, over any input that it takes."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import prod
from typing import Any, TypeVar

from hypothesis import strategies as st

from flopcount.graph import Graph, GraphBuilder, Tensor
from flopcount.op import Op
from flopcount.ops import OPS, find_op
from flopcount.ops.window import extent, padded, per_axis

MOST_ELEMENTS = 4096
Drawn = TypeVar("Drawn")
Layer = tuple[dict[str, Any], Sequence[Tensor]]


class Pool:
    """What has been computed so far, and a way to ask for tensors: those that are there, or new inputs."""

    def __init__(self, draw: st.DrawFn, dtypes: Sequence[str]) -> None:
        self.draw = draw
        self.batch = draw(st.integers(1, 3))
        self.dtype = draw(st.sampled_from(dtypes))
        self.builder = GraphBuilder("drawn", self.batch, self.dtype)
        self.tensors: list[Tensor] = []

    def number(self, low: int, high: int) -> int:
        return self.draw(st.integers(low, high))

    def flag(self) -> bool:
        return self.draw(st.booleans())

    def one(self, *choices: Drawn) -> Drawn:
        return self.draw(st.sampled_from(choices))

    def axis(self, rank: int, first: int = 0) -> int:
        """An axis, from the front or from the end."""
        return self.number(first, rank - 1) - self.one(0, rank)

    def axes(self, rank: int, first: int = 0, least: int = 1) -> tuple[int, ...]:
        """Several axes, each from the front or from the end."""
        chosen = self.draw(st.lists(st.integers(first, rank - 1), unique=True, min_size=least, max_size=rank - first))
        return tuple(axis - self.one(0, rank) for axis in chosen)

    def divisor(self, number: int) -> int:
        return self.one(*(k for k in range(1, number + 1) if number % k == 0))

    def alike(self, values: Sequence[Drawn]) -> Any:
        """One value for all axes where they are equal; sometimes."""
        return values[0] if len(set(values)) == 1 and self.flag() else tuple(values)

    def input(self, shape: Sequence[int]) -> Tensor:
        tensor = self.builder.input(f"input{len(self.builder._inputs)}", shape)
        self.tensors.append(tensor)
        return tensor

    def of(self, shape: Sequence[int]) -> Tensor:
        """A tensor of this shape."""
        return self.where(lambda other: other == tuple(shape), shape)

    def x(self, least: int, most: int | None = None, multiple: int = 1) -> Tensor:
        """A tensor with so many axes, the last (or axis 1, where there are more than two) with a multiple in it."""
        rank = self.number(least, least + 2 if most is None else most)
        fresh = [self.batch, *(self.number(1, 6) for _ in range(rank - 1))][:rank]
        return self.where(lambda shape: least <= len(shape) <= (most or 6), fresh)

    def where(self, fits: Callable[[tuple[int, ...]], bool], fresh: Sequence[int]) -> Tensor:
        """A tensor that fits, or an input of the shape `fresh`."""
        fitting = [
            tensor
            for tensor in self.tensors
            if tensor.dtype == self.dtype and tensor.elements <= MOST_ELEMENTS and fits(tensor.shape)
        ]
        if fitting and self.number(0, 4):
            return self.draw(st.sampled_from(fitting))
        return self.input(fresh)

    def halves(self, axis: int) -> Tensor:
        """A tensor with an even axis."""
        return self.where(
            lambda shape: len(shape) > 1 and shape[axis] % 2 == 0,
            [self.batch, 2 * self.number(1, 3), 2 * self.number(1, 3)],
        )

    def add(self, tag: str) -> None:
        fields, inputs = LAYERS[tag](self)
        op = find_op(tag)(**fields)
        trainable, name = self.number(0, 5) > 0, f"{self.one('', 'a.', 'a.b.')}{tag}{len(self.builder.nodes)}"
        tied = self.ties(op, inputs)
        self.tensors += self.builder.add(op, inputs, name=name, tied=tied, trainable=trainable)

    def ties(self, op: Op, inputs: Sequence[Tensor]) -> dict[str, Tensor]:
        """Some parameters that are those of layers before, of the same shape."""
        known = [weight for node in self.builder.nodes for weight in node.weights if weight.kind == "parameter"]
        ties = {}
        for key, shape in op.weights(*shapes_of(inputs)).items():
            alike = [weight for weight in known if weight.shape == tuple(shape)]
            if alike and self.flag():
                ties[key] = self.one(*alike)
        return ties


def spatial(p: Pool) -> Tensor:
    """An image, a sequence or a volume."""
    rank = p.number(1, 3)
    return p.where(
        lambda shape: len(shape) == rank + 2, [p.batch, p.number(1, 6), *(p.number(2, 7) for _ in range(rank))]
    )


def channelled(p: Pool, batches: bool = False, axes: int = 2) -> Tensor:
    """Anything with channels; perhaps with more than one value for each of them."""
    fresh = [p.batch + batches, p.number(1, 4), *(p.number(2, 4) for _ in range(p.number(axes - 2, 4)))]
    return p.where(
        lambda shape: len(shape) >= axes and (not batches or shape[0] * prod(shape[2:]) > 1), fresh
    )  # fmt: skip


def window(p: Pool, x: Tensor, *, pool: bool = False, dilated: bool = True) -> dict[str, Any]:
    """Kernel, stride, padding and dilation that fit an input."""
    size = x.shape[2:]
    stride = [p.number(1, 3) for _ in size]
    ceil = pool and p.flag()
    kind = p.one("none", "equal", "pairs", "same", "valid")
    kernel, dilation, padding = [], [], []
    for i, s in zip(size, stride, strict=True):
        pad: Any = {"equal": p.number(0, 2), "pairs": (p.number(0, 2), p.number(0, 2))}.get(kind, 0)
        reach = 99 if kind == "same" else padded(i, pad) + (s - 1 if ceil else 0)
        f = p.number(1, min(4, reach))
        d = p.number(1, min(3, (reach - 1) // (f - 1))) if f > 1 and dilated else 1
        if pool:  # no window of padding alone
            pad = tuple(min(end, f // 2) for end in pad) if isinstance(pad, tuple) else min(pad, f // 2)
            reach = 99 if kind == "same" else padded(i, pad) + (s - 1 if ceil else 0)
            f, d = (f, d) if extent(f, d) <= reach else (min(f, reach), 1)
            pad = 0 if f < 2 and kind == "equal" else (0, 0) if f < 2 and kind == "pairs" else pad
        kernel.append(f)
        dilation.append(d)
        padding.append(pad)
    fields = {
        "kernel": p.alike(kernel),
        "stride": p.alike(stride),
        "padding": kind if kind in ("same", "valid") else tuple(padding) if kind == "pairs" else p.alike(padding),
    }
    if dilated:
        fields["dilation"] = p.alike(dilation)
    return {**fields, "ceil_mode": ceil} if pool else fields


def conv(p: Pool) -> Layer:
    x = spatial(p)
    groups = p.divisor(x.shape[1])
    return {"out": groups * p.number(1, 3), "groups": groups, "bias": p.flag(), **window(p, x)}, [x]


def dynamic_conv(p: Pool) -> Layer:
    x = spatial(p)
    groups = p.divisor(x.shape[1])
    fields = window(p, x)
    kernel = per_axis(fields.pop("kernel"), len(x.shape) - 2)
    filters = p.of([groups * p.number(1, 3), x.shape[1] // groups, *kernel])
    return {"groups": groups, **fields}, [x, filters]


def conv_transpose(p: Pool) -> Layer:
    x = spatial(p)
    groups = p.divisor(x.shape[1])
    kernel, stride, padding, extra, dilation = [], [], [], [], []
    for i in x.shape[2:]:
        f, s, d = p.number(1, 4), p.number(1, 3), p.number(1, 3)
        more = p.number(0, max(s, d) - 1)
        whole = (i - 1) * s + extent(f, d) + more
        kernel.append(f)
        stride.append(s)
        dilation.append(d)
        extra.append(more)
        padding.append(p.number(0, min(2, (whole - 1) // 2)))
    return {
        "out": groups * p.number(1, 3), "groups": groups, "bias": p.flag(), "kernel": p.alike(kernel),
        "stride": p.alike(stride), "padding": p.alike(padding), "output_padding": p.alike(extra),
        "dilation": p.alike(dilation),
    }, [x]  # fmt: skip


def maxpool(p: Pool) -> Layer:
    x = spatial(p)
    return window(p, x, pool=True), [x]


def avgpool(p: Pool) -> Layer:
    x = spatial(p)
    return {**window(p, x, pool=True, dilated=False), "count_include_pad": p.flag()}, [x]


def adaptive(p: Pool) -> Layer:
    x = spatial(p)
    return {"out": p.alike([p.number(1, 5) for _ in x.shape[2:]])}, [x]


def global_pool(p: Pool) -> Layer:
    return {"keepdim": p.flag()}, [spatial(p)]


def matmul(p: Pool) -> Layer:
    a = p.x(1, 4)
    inner = a.shape[-1]
    if p.number(0, 4) == 0:
        return {}, [a, p.of([inner])]
    batch = [p.one(1, size) for size in a.shape[:-2]][p.number(0, max(0, len(a.shape) - 2)) :]
    if all(size == 1 for size in a.shape[:-2]) and p.flag():
        batch = [p.number(1, 3) for _ in range(p.number(0, 2))]
    columns, transpose = p.number(1, 5), p.flag()
    shape = [columns, inner] if transpose else [inner, columns]
    return {"transpose": transpose}, [a, p.of([*batch, *shape])]


def attention(p: Pool) -> Layer:
    kv_heads = p.number(1, 2)
    heads = kv_heads * p.number(1, 2)
    project, causal = p.flag(), p.flag()
    size = p.number(1, 3)
    q = p.where(
        lambda s: len(s) == 3 and s[2] % heads == 0 and (project or s[2] == heads * size),
        [p.batch, p.number(1, 5), heads * size],
    )
    n, queries, _ = q.shape
    keys = queries + p.number(0, 3)
    window = p.one(None, p.number(1, 5)) if causal or keys == queries else None
    fields = {"heads": heads, "kv_heads": kv_heads, "causal": causal, "window": window, "project": project}
    if not project:
        return fields, [q, p.of([n, keys, kv_heads * size]), p.of([n, keys, kv_heads * p.number(1, 3)])]
    fields |= {
        "head_dim": p.one(None, p.number(1, 3)), "out": p.one(None, p.number(1, 4)), "bias": p.flag(),
        "out_bias": p.one(None, True, False),
    }  # fmt: skip
    others = [] if keys == queries else [p.of([n, keys, p.number(1, 4)])]
    return fields, [q, *others, *([p.of([n, keys, p.number(1, 4)])] if others and p.flag() else [])]


def bn(p: Pool) -> Layer:
    track = p.flag()
    return {"affine": p.flag(), "track": track}, [channelled(p, batches=not track)]


def instance_norm(p: Pool) -> Layer:
    fresh = [p.batch, p.number(1, 4), *(p.number(2, 4) for _ in range(p.number(1, 4)))]
    return {"affine": p.flag()}, [p.where(lambda shape: len(shape) > 2 and prod(shape[2:]) > 1, fresh)]


def gn(p: Pool) -> Layer:
    x = channelled(p, batches=True)
    return {"groups": p.divisor(x.shape[1]), "affine": p.flag()}, [x]


def ln(p: Pool) -> Layer:
    x = p.x(2, 5)
    return {"axes": p.number(1, len(x.shape) - 1), "affine": p.flag(), "bias": p.flag()}, [x]


def rms_norm(p: Pool) -> Layer:
    x = p.x(2, 5)
    return {"axes": p.number(1, len(x.shape) - 1), "affine": p.flag()}, [x]


def lrn(p: Pool) -> Layer:
    numbers = {"alpha": p.one(1e-4, 1), "beta": p.one(0.75, 1), "k": p.one(2, 0.5)}
    return {"size": p.number(1, 5), **numbers}, [channelled(p, axes=3)]


def prelu(p: Pool) -> Layer:
    per_channel = p.flag()
    return {"per_channel": per_channel}, [p.x(2 if per_channel else 1, 5)]


def gated(p: Pool) -> Layer:
    axis = p.one(-1, 1)
    return {"axis": axis}, [p.halves(axis)]


def along(p: Pool) -> Layer:
    x = p.x(1, 5)
    return {"axis": p.axis(len(x.shape))}, [x]


def plain(p: Pool) -> Layer:
    return {}, [p.x(1, 5)]


def fields_of(**fields: Callable[[Pool], Any]) -> Callable[[Pool], Layer]:
    return lambda p: ({name: draw(p) for name, draw in fields.items()}, [p.x(1, 5)])


def embedding(p: Pool) -> Layer:
    shape = [p.batch, *(p.number(1, 5) for _ in range(p.number(0, 2)))]
    tokens = integers(p, shape, p.one("int64", "int32", "uint8"))
    return {"vocab": p.number(1, 9), "dim": p.number(1, 6)}, [tokens]


def einsum(p: Pool) -> Layer:
    """Letters shared out over one to three inputs; each of a size of its own."""
    letters = "ijklm"[: p.number(2, 5)]
    sizes = {letter: p.number(1, 3) for letter in letters}
    terms = [
        "".join(p.draw(st.lists(st.sampled_from(letters), unique=True, min_size=1))) for _ in range(p.number(1, 3))
    ]  # fmt: skip
    present = sorted(set("".join(terms)))
    output = "".join(p.draw(st.lists(st.sampled_from(present), unique=True)))
    dots = p.flag()
    shapes = [[*([p.batch] if dots else []), *(sizes[letter] for letter in term)] for term in terms]
    prefix = "..." if dots else ""
    equation = ",".join(prefix + term for term in terms) + "->" + prefix + output
    return {"equation": equation}, [p.of(shape) for shape in shapes]


def join(p: Pool) -> Layer:
    first = p.x(1, 4)
    return {}, [first, *(p.of(_stretched(p, first.shape)) for _ in range(p.number(1, 2)))]


def join_two(p: Pool) -> Layer:
    first = p.x(1, 4)
    return {}, [first, p.of(_stretched(p, first.shape))]


def _stretched(p: Pool, shape: tuple[int, ...]) -> list[int]:
    return [size if p.number(0, 2) else 1 for size in shape][p.number(0, len(shape) - 1) :]


def concat(p: Pool) -> Layer:
    first = p.x(1, 4)
    axis = p.axis(len(first.shape))
    others = []
    for _ in range(p.number(1, 2)):
        shape = list(first.shape)
        shape[axis] = p.number(1, 4)
        others.append(p.of(shape))
    return {"axis": axis}, [first, *others]


def stack(p: Pool) -> Layer:
    first = p.x(1, 4)
    return {"axis": p.axis(len(first.shape) + 1)}, [first, *(p.of(first.shape) for _ in range(p.number(1, 2)))]


def expand(p: Pool) -> Layer:
    x, keep = p.x(1, 4), p.flag()
    new = [] if keep else [p.number(1, 2) for _ in range(p.number(0, 1))]
    stretched = [p.number(1, 3) if size == 1 else p.one(size, -1) for size in x.shape[int(keep) :]]
    return {"shape": (*new, *stretched), "keep_batch": keep}, [x]


def flip(p: Pool) -> Layer:
    x = p.x(1, 5)
    return {"axes": p.axes(len(x.shape))}, [x]


def pad(p: Pool) -> Layer:
    x, mode = p.x(2, 5), p.one("constant", "reflect", "replicate", "circular")
    keep = p.flag()
    axes = x.shape[p.number(int(keep), len(x.shape) - 1) :]

    def end(size: int) -> int:
        return p.number(0, min(3, {"reflect": size - 1, "circular": size}.get(mode, 3)))

    ends = tuple((end(size), end(size)) if p.flag() else end(size) for size in axes)
    return {"padding": ends, "mode": mode, "value": p.one(0, 3), "keep_batch": keep}, [x]


def roll(p: Pool) -> Layer:
    x = p.x(1, 5)
    axes = p.axes(len(x.shape))
    shifts = tuple(p.number(-3, 3) for _ in axes)
    return {"shifts": shifts[: p.one(1, len(axes))], "axes": axes}, [x]


def tile(p: Pool) -> Layer:
    x = p.x(1, 5)
    return {"repeats": p.number(1, 3), "axis": p.axis(len(x.shape))}, [x]


def recurrent(p: Pool) -> Layer:
    x = p.where(lambda shape: len(shape) == 3, [p.batch, p.number(1, 4), p.number(1, 4)])
    fields = {
        "hidden": p.number(1, 4), "layers": p.number(1, 2), "bidirectional": p.flag(), "bias": p.flag(),
        "sequence": p.flag(),
    }  # fmt: skip
    return fields, [x]


def rnn(p: Pool) -> Layer:
    fields, inputs = recurrent(p)
    return {**fields, "nonlinearity": p.one("tanh", "relu")}, inputs


def lstm(p: Pool) -> Layer:
    fields, inputs = recurrent(p)
    proj = p.number(1, fields["hidden"] - 1) if fields["hidden"] > 1 and p.flag() else None
    return {**fields, "proj": proj}, inputs


def reduction(p: Pool) -> Layer:
    x = p.x(1, 5)
    return {"axes": p.one(None, p.axes(len(x.shape))), "keepdim": p.flag()}, [x]


def argmax(p: Pool) -> Layer:
    x = p.x(1, 5)
    return {"axis": p.axis(len(x.shape)), "keepdim": p.flag()}, [x]


def upsample(p: Pool) -> Layer:
    x = spatial(p)
    rank = len(x.shape) - 2
    mode = p.one("nearest", *{1: ["linear"], 2: ["bilinear", "bicubic"], 3: ["trilinear"]}[rank])
    sizes = p.alike([p.number(1, 3 if (scaled := p.flag()) else 7) for _ in range(rank)])
    corners = mode != "nearest" and p.flag()
    return {"scale" if scaled else "size": sizes, "mode": mode, "align_corners": corners}, [x]


def pixel_shuffle(p: Pool) -> Layer:
    rank, factor = p.number(1, 3), p.number(1, 2)
    fresh = [p.batch, factor**rank * p.number(1, 2), *(p.number(1, 4) for _ in range(rank))]
    return {"factor": factor}, [p.where(lambda s: len(s) == rank + 2 and s[1] % factor**rank == 0, fresh)]


def pixel_unshuffle(p: Pool) -> Layer:
    rank, factor = p.number(1, 3), p.number(1, 2)
    fresh = [p.batch, p.number(1, 4), *(factor * p.number(1, 3) for _ in range(rank))]
    return {"factor": factor}, [
        p.where(lambda s: len(s) == rank + 2 and not any(size % factor for size in s[2:]), fresh)
    ]  # fmt: skip


def channel_shuffle(p: Pool) -> Layer:
    x = spatial(p)
    return {"groups": p.divisor(x.shape[1])}, [x]


def flatten(p: Pool) -> Layer:
    x = p.x(1, 5)
    rank = len(x.shape)
    start = p.number(0, rank - 1)
    return {"start": start - p.one(0, rank), "end": p.number(start, rank - 1) - p.one(0, rank)}, [x]


def reshape(p: Pool) -> Layer:
    x, keep = p.x(1, 5), p.flag()
    left = prod(x.shape[1:] if keep else x.shape)
    shape = []
    for _ in range(p.number(0, 3)):
        shape.append(p.divisor(left))
        left //= shape[-1]
    shape.append(p.one(left, -1))
    return {"shape": tuple(p.draw(st.permutations(shape))), "keep_batch": keep}, [x]


def permute(p: Pool) -> Layer:
    x = p.x(1, 5)
    return {"order": tuple(p.draw(st.permutations(range(len(x.shape)))))}, [x]


def transpose(p: Pool) -> Layer:
    x = p.x(2, 5)
    rank = len(x.shape)
    a, b = p.draw(st.permutations(range(rank)))[:2]
    return {"axes": (a - p.one(0, rank), b - p.one(0, rank))}, [x]


def squeeze(p: Pool) -> Layer:
    x = p.where(lambda shape: 1 in shape, [p.batch, 1, p.number(1, 3)])
    ones = [axis for axis, size in enumerate(x.shape) if size == 1]
    return {"axes": tuple(p.draw(st.lists(st.sampled_from(ones), unique=True, min_size=1)))}, [x]


def unsqueeze(p: Pool) -> Layer:
    x, new = p.x(1, 4), p.number(1, 2)
    rank = len(x.shape) + new
    axes = p.draw(st.permutations(range(rank)))[:new]
    return {"axes": tuple(axis - p.one(0, rank) for axis in axes)}, [x]


def source(p: Pool) -> Layer:
    fields: dict[str, Any] = {"shape": tuple(p.number(1, 4) for _ in range(p.number(1, 3)))}
    return (fields, [p.x(1, 4)]) if p.flag() else ({**fields, "keep_batch": False}, [])


def constant(p: Pool) -> Layer:
    fields, x = source(p)
    return {**fields, "kept": p.flag()}, x


def split(p: Pool) -> Layer:
    x = p.x(1, 4)
    axis = p.axis(len(x.shape))
    size = x.shape[axis]
    if p.flag():
        return {"parts": p.divisor(size), "axis": axis}, [x]
    first = p.number(1, size)
    return {"sizes": (first, size - first) if first < size else (size,), "axis": axis}, [x]


def slice_(p: Pool) -> Layer:
    x = p.x(1, 5)
    axis = p.axis(len(x.shape))
    size = x.shape[axis]
    start = p.number(0, size - 1)
    end = p.number(start + 1, size)
    return {
        "axis": axis, "start": start - p.one(0, size), "step": p.number(1, 3),
        "end": p.one(None, end, *([end - size] if end < size else [])),
    }, [x]  # fmt: skip


def select(p: Pool) -> Layer:
    x = p.x(1, 5)
    axis = p.axis(len(x.shape))
    size = x.shape[axis]
    return {"axis": axis, "index": p.number(-size, size - 1)}, [x]


def linear(p: Pool) -> Layer:
    return {"out": p.number(1, 6), "bias": p.flag()}, [p.x(1, 5)]


def clamp(p: Pool) -> Layer:
    low = p.one(None, 0, -0.5)
    return {"min": low, "max": 6 if low is None else p.one(None, 6)}, [p.x(1, 5)]


PLAIN = (
    "hardsigmoid hardswish logsigmoid mish relu relu6 selu sigmoid silu softplus softsign tanh identity "
    "abs cos exp log neg reciprocal rsqrt sin sqrt square "
    "acos acosh asin asinh atan atanh ceil cosh erf exp2 expm1 floor log10 log1p log2 round sign sinh tan trunc "
    "isfinite isinf isnan logical_not fake_quantize"
)


def pair_or_one(p: Pool) -> Layer:
    fields, inputs = join_two(p)
    return fields, inputs if p.flag() else inputs[:1]


def integers(p: Pool, shape: Sequence[int], dtype: str = "int64") -> Tensor:
    """Small integers: zeros, when it runs."""
    return p.builder.input(f"input{len(p.builder._inputs)}", shape, dtype)


def bits(p: Pool) -> Layer:
    shape = [p.batch, *(p.number(1, 4) for _ in range(p.number(0, 3)))]
    return {}, [integers(p, shape), *([integers(p, _stretched(p, tuple(shape)))] if p.flag() else [])]


def bits_alone(p: Pool) -> Layer:
    return {}, [integers(p, [p.batch, p.number(1, 4)], p.one("int64", "bool"))]


def where(p: Pool) -> Layer:
    first = p.x(1, 4)
    return {}, [first, *(p.of(_stretched(p, first.shape)) for _ in range(p.number(0, 2)))]


def gather(p: Pool) -> Layer:
    x = p.x(1, 4)
    places = integers(p, [p.number(1, 3) for _ in range(p.number(0, 2))])
    return {"axis": p.axis(len(x.shape))}, [x, places]


def _within(p: Pool, x: Tensor, axis: int) -> list[int]:
    """A shape that is no larger than another but along one axis."""
    shape = [p.number(1, size) for size in x.shape]
    shape[axis] = p.number(1, 4)
    return shape


def gather_elements(p: Pool) -> Layer:
    x = p.x(1, 4)
    axis = p.axis(len(x.shape))
    return {"axis": axis}, [x, integers(p, _within(p, x, axis))]


def gather_nd(p: Pool) -> Layer:
    x = p.x(1, 4)
    batch_axes = p.number(0, len(x.shape) - 1)
    places = [*x.shape[:batch_axes], *([p.number(1, 3)] * p.number(0, 1)), p.number(1, len(x.shape) - batch_axes)]
    return {"batch_axes": batch_axes}, [x, integers(p, places)]


def scatter(p: Pool) -> Layer:
    x = p.x(1, 4)
    axis = p.axis(len(x.shape))
    shape = _within(p, x, axis)
    return {"axis": axis, "reduce": p.one("none", "add", "mul", "max", "min")}, [x, integers(p, shape), p.of(shape)]


def scatter_nd(p: Pool) -> Layer:
    x, rows = p.x(1, 4), p.number(1, 3)
    leading = p.number(1, len(x.shape))
    updates = p.of([rows, *x.shape[leading:]])
    return {"reduce": p.one("none", "add", "mul", "max", "min")}, [x, integers(p, [rows, leading]), updates]


def one_hot(p: Pool) -> Layer:
    shape = [p.batch, *(p.number(1, 3) for _ in range(p.number(0, 2)))]
    return {"depth": p.number(1, 5), "axis": p.axis(len(shape) + 1)}, [integers(p, shape)]


def matrix(p: Pool) -> Layer:
    return {}, [p.x(2, 4)]


def gemm(p: Pool) -> Layer:
    a = p.x(2, 4)
    flipped, transposed_b = p.flag(), p.flag()
    rows, inner = a.shape[-2:][:: -1 if flipped else 1]
    columns = p.number(1, 4)
    b = p.of([*a.shape[:-2], *([columns, inner] if transposed_b else [inner, columns])])
    c = [p.of(_stretched(p, (*a.shape[:-2], rows, columns)))] if p.flag() else []
    return {
        "transpose_a": flipped, "transpose_b": transposed_b, "alpha": p.one(1, 0.5), "beta": p.one(1, 2),
    }, [a, b, *c]  # fmt: skip


def norm(p: Pool) -> Layer:
    fields, inputs = reduction(p)
    return {**fields, "p": p.one("l1", "l2")}, inputs


def spread(p: Pool) -> Layer:
    x = p.x(1, 5)
    fields = {"axes": p.one(None, p.axes(len(x.shape))) if len(x.shape) > 1 else (0,), "keepdim": p.flag()}
    return {**fields, "unbiased": p.flag()}, [x]


def topk(p: Pool) -> Layer:
    fields, (x,) = along(p)
    return {**fields, "k": p.number(1, x.shape[fields["axis"]])}, [x]


def nms(p: Pool) -> Layer:
    boxes = p.number(1, 6)
    return {"kept": p.number(1, 8), "triples": p.flag()}, [p.of([boxes, 4]), p.of([boxes])]


def rotary(p: Pool) -> Layer:
    x = p.x(1, 4)
    return {"turned": p.one(None, p.number(1, x.shape[-1]))}, [x]


def grid_sample(p: Pool) -> Layer:
    x = spatial(p)
    rank = len(x.shape) - 2
    mode = p.one("nearest", "bilinear", *(["bicubic"] if rank < 3 else []))
    grid = p.of([x.shape[0], *(p.number(1, 4) for _ in range(rank)), rank])
    padding = p.one("zeros", "border", "reflection")
    return {"mode": mode, "padding_mode": padding, "align_corners": p.flag()}, [x, grid]


def affine_grid(p: Pool) -> Layer:
    rank = p.number(1, 3)
    return {"size": tuple(p.number(1, 4) for _ in range(rank))}, [p.of([p.batch, rank, rank + 1])]


def roi_align(p: Pool) -> Layer:
    x = p.where(lambda shape: len(shape) == 4, [p.batch, p.number(1, 3), p.number(2, 5), p.number(2, 5)])
    regions = p.number(1, 3)
    inputs = [x, p.builder.input(f"input{len(p.builder._inputs)}", [regions, 4])]
    fields = {"out": p.alike([p.number(1, 3), p.number(1, 3)]), "samples": p.number(1, 2), "mode": p.one("avg", "max")}
    return fields, [*inputs, *([integers(p, [regions])] if p.flag() else [])]


def sdpa(p: Pool) -> Layer:
    leading = [p.number(1, 2) for _ in range(p.number(0, 3))]
    queries, key, causal = p.number(1, 4), p.number(1, 3), p.flag()
    keys = queries + p.number(0, 3) if causal else p.number(1, 5)
    q = p.of([*(size * p.number(1, 2) for size in leading), queries, key])
    k, v = p.of([*leading, keys, key]), p.of([*leading, keys, p.number(1, 3)])
    mask = [p.of([*(q.shape[:-2] if p.flag() else []), queries, keys])] if p.flag() else []
    return {"causal": causal}, [q, k, v, *mask]


def strided_slice(p: Pool) -> Layer:
    x = p.x(1, 4)
    axes = p.axes(len(x.shape))
    steps = [p.one(1, 2, -1, -2) for _ in axes]
    starts = [p.number(0, x.shape[axis] - 1) for axis in axes]
    ends = [
        p.number(start + 1, 9) if step > 0 else p.one(-99, *([p.number(0, start - 1)] if start else []))
        for start, step in zip(starts, steps, strict=True)
    ]
    return {"starts": tuple(starts), "ends": tuple(ends), "axes": axes, "steps": tuple(steps)}, [x]


LAYERS: dict[str, Callable[[Pool], Layer]] = {
    **dict.fromkeys(PLAIN.split(), plain),
    **dict.fromkeys(("glu", "swiglu", "geglu"), gated),
    **dict.fromkeys(("celu", "elu"), fields_of(alpha=lambda p: p.one(1, 0.5))),
    "gelu": fields_of(approximate=lambda p: p.one("none", "tanh")),
    "hardtanh": fields_of(low=lambda p: p.one(-1, -0.5), high=lambda p: p.one(1, 2)),
    "leaky_relu": fields_of(slope=lambda p: p.one(0.01, 0.2)),
    "dropout": fields_of(p=lambda p: p.one(0, 0.5)),
    **dict.fromkeys(("power", "atan2", "floor_divide", "remainder", "fmod"), pair_or_one),
    **dict.fromkeys(("eq", "ge", "gt", "le", "lt", "ne", "logical_and", "logical_or", "logical_xor"), pair_or_one),
    **dict.fromkeys(("bit_shift", "bitwise_and", "bitwise_or", "bitwise_xor"), bits),
    "bitwise_not": bits_alone,
    "where": where,
    "masked_fill": join_two,
    "softshrink": fields_of(lambd=lambda p: p.one(0.5, 1), bias=lambda p: p.one(0.5, 0)),
    "threshold": fields_of(threshold=lambda p: p.one(0, 0.5), value=lambda p: p.one(0, 9)),
    "cast": fields_of(to=lambda p: p.one("float64", "float16", "int64", "bool", "int4")),
    "quantize": fields_of(to=lambda p: p.one("int8", "uint8", "float8")),
    "dequantize": fields_of(to=lambda p: p.one("float32", "float16")),
    "gather": gather,
    "gather_elements": gather_elements,
    "gather_nd": gather_nd,
    "scatter": scatter,
    "scatter_nd": scatter_nd,
    "one_hot": one_hot,
    **dict.fromkeys(("tril", "triu"), matrix),
    "gemm": gemm,
    **dict.fromkeys(("log_sum", "logsumexp", "sum_square", "any", "all"), reduction),
    "norm": norm,
    **dict.fromkeys(("std", "var"), spread),
    **dict.fromkeys(("cumsum", "cumprod", "sort"), along),
    "topk": topk,
    "nms": nms,
    "rotary": rotary,
    "grid_sample": grid_sample,
    "affine_grid": affine_grid,
    "roi_align": roi_align,
    "sdpa": sdpa,
    "strided_slice": strided_slice,
    "argmin": argmax,
    "pow": fields_of(exponent=lambda p: p.one(2, 0.5)),
    "scale": fields_of(by=lambda p: p.one(2, 0.5)),
    "shift": fields_of(by=lambda p: p.one(2, 0.5)),
    "clamp": clamp,
    "prelu": prelu,
    **dict.fromkeys(("softmax", "log_softmax"), along),
    "attention": attention,
    "conv": conv,
    "conv_transpose": conv_transpose,
    "dynamic_conv": dynamic_conv,
    "einsum": einsum,
    "embedding": embedding,
    **dict.fromkeys(("add", "mul", "maximum", "minimum"), join),
    **dict.fromkeys(("sub", "div"), join_two),
    "concat": concat,
    "stack": stack,
    "linear": linear,
    "lrn": lrn,
    "matmul": matmul,
    "expand": expand,
    "flip": flip,
    "pad": pad,
    "roll": roll,
    "tile": tile,
    "bn": bn,
    "gn": gn,
    "instance_norm": instance_norm,
    "ln": ln,
    "rms_norm": rms_norm,
    "maxpool": maxpool,
    "avgpool": avgpool,
    **dict.fromkeys(("adaptive_avgpool", "adaptive_maxpool"), adaptive),
    **dict.fromkeys(("global_avgpool", "global_maxpool"), global_pool),
    "rnn": rnn,
    "lstm": lstm,
    "gru": recurrent,
    **dict.fromkeys(("max", "mean", "min", "prod", "sum"), reduction),
    "argmax": argmax,
    "upsample": upsample,
    "pixel_shuffle": pixel_shuffle,
    "pixel_unshuffle": pixel_unshuffle,
    "channel_shuffle": channel_shuffle,
    "flatten": flatten,
    "reshape": reshape,
    "permute": permute,
    "transpose": transpose,
    "squeeze": squeeze,
    "unsqueeze": unsqueeze,
    "parameter": source,
    "constant": constant,
    "split": split,
    "slice": slice_,
    "select": select,
}
"""How each op is drawn: its fields, and inputs that it takes."""


@st.composite
def networks(
    draw: st.DrawFn,
    tags: Sequence[str] = tuple(LAYERS),
    least: int = 1,
    most: int = 10,
    dtypes: Sequence[str] = ("float32", "float64"),
) -> Graph:
    """A random network of one of these types; what nobody reads is its output, and perhaps one thing more."""
    pool = Pool(draw, dtypes)
    for tag in draw(st.lists(st.sampled_from(tags), min_size=least, max_size=most)):
        pool.add(tag)
    nodes = pool.builder.nodes
    read = {tensor.name for node in nodes for tensor in node.inputs}
    made = [tensor for node in nodes for tensor in node.outputs]
    return pool.builder.build([tensor for tensor in made if tensor.name not in read or draw(st.integers(0, 5)) == 0])


def missing() -> set[str]:
    """The ops that are not drawn; nobody can draw what nobody knows."""
    return set(OPS) - LAYERS.keys() - {"opaque"}


def shapes_of(tensors: Sequence[Tensor]) -> list[tuple[int, ...]]:
    return [tensor.shape for tensor in tensors]


def op_of(graph: Graph) -> Op:
    """The op of a network of one layer."""
    (node,) = graph.nodes
    return node.op
