"""Random valid networks: every op, branches, several results, shared and frozen weights, odd names.

`graphs()` is a hypothesis strategy; `random_graph(random.Random(0))` the same without hypothesis.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random
from typing import Any

from hypothesis import strategies as st

from flopcount.errors import OpError
from flopcount.fields import REQUIRED, Field, fields_of
from flopcount.graph import DTYPE_BYTES, Graph, GraphBuilder, Provenance, Tensor, with_batch
from flopcount.op import Op, Shape
from flopcount.ops import OPS
from flopcount.sizes import prod

MODULES = (
    *("features", "layer1", "block", "a", "b", "x_0", "down-sample", "0", "1", "12", "0x1F", "1e5", "1_000", "-1", "-"),
    *("---", "true", "no", "null", "NULL", "y", "input", "image", "weight", "relu", "relu1", "add2", "conv1", "if"),
)
"""What names are made of: what networks have, and what YAML or the spec language could take for something else."""

SAMPLES = ((8,), (4,), (2, 3), (12, 4), (7, 8), (4, 6, 6), (6, 5, 8), (8, 1, 4), (2, 4, 4, 4))
SENTENCES = ("", "A network", "It's: odd # and 'quoted'", "two\nlines", " spaces ", "word " * 40 + "end", "null")
FLOATS = (0, 1, -1, 0.1, 0.3, 1e-05, 1e-12, 6.02e23, 3.4028234663852886e38, -2.5, 8.0, 1 / 3, 0.1 + 0.2)
MOST_ELEMENTS, MOST_AXES = 5000, 6


def graphs(most: int = 16) -> st.SearchStrategy[Graph]:
    """Networks of up to so many layers."""
    return st.builds(random_graph, st.randoms(use_true_random=False), st.integers(0, most))


def random_graph(rng: Random, layers: int = 16, tags: Sequence[str] = tuple(OPS)) -> Graph:
    """A network of at most so many layers; an op that fits nothing that is there is left out."""
    builder = GraphBuilder(
        _choose(rng, "net", "resnet50#v1", "on", "12", "a: b", "två # nät"),
        _choose(rng, None, 1, 1, 2, 3),
        _choose(rng, "float32", "float32", "float16", "float64"),
    )
    names: set[str] = set()
    pool = [_input(rng, builder, names) for _ in range(rng.randint(1, 5))]
    for _ in range(layers):
        made = _layer(rng, builder, pool, rng.choice(tags), names)
        pool += made
    last = builder.nodes[-1].outputs if builder.nodes else pool[:1]
    outputs = last if rng.random() < 0.5 else [rng.choice(pool) for _ in range(rng.randint(0, 3))]
    about, citation = rng.choice(SENTENCES), _choose(rng, "", "Someone 2020")
    return builder.build(outputs, Provenance(source="random", about=about, citation=citation))


def _choose(rng: Random, *options: Any) -> Any:
    return rng.choice(options)


def _input(rng: Random, builder: GraphBuilder, names: set[str]) -> Tensor:
    dtype = _choose(rng, None, None, *DTYPE_BYTES)
    name = _name(rng, _choose(rng, "input", "image"), names)
    return builder.input(name, with_batch(rng.choice(SAMPLES), builder.batch), dtype)


def _name(rng: Random, kind: str, taken: set[str]) -> str:
    style = rng.random()
    number = 1
    while style < 0.3 and f"{kind}{number}" in taken:
        number += 1
    modules = [rng.choice(MODULES) for _ in range(rng.randint(1, 3))]
    name = f"{kind}{number}" if style < 0.3 else kind if style < 0.4 else ".".join(modules)
    while name in taken:
        name = f"{name}.{rng.choice(MODULES)}"
    taken.add(name)
    return name


def _layer(rng: Random, builder: GraphBuilder, pool: list[Tensor], tag: str, names: set[str]) -> Sequence[Tensor]:
    op_type = OPS[tag]
    candidates = [pool[-1], *rng.sample(pool, len(pool))]
    for first in candidates:
        for thorough in (True, True, False):
            inputs = _inputs(rng, op_type, first, pool)
            shapes = [tensor.shape for tensor in inputs]
            op = op_type(**_fields(rng, op_type, shapes, thorough))
            if _fits(op, inputs):
                tied = _ties(rng, builder, op, shapes)
                name = _name(rng, tag, names)
                return builder.add(op, inputs, name=name, tied=tied, trainable=rng.random() < 0.8)
    return ()


def _inputs(rng: Random, op: type[Op], first: Tensor, pool: list[Tensor]) -> list[Tensor]:
    """So many that the op can read them together: of one shape, but sometimes of any."""
    least, most = op.arity
    alike = [tensor for tensor in pool if tensor.shape == first.shape] if rng.random() < 0.5 else pool
    count = rng.randint(least, 3 if most is None else most)
    return [first, *(rng.choice(alike) for _ in range(count - 1))]


def _fits(op: Op, inputs: list[Tensor]) -> bool:
    shapes = [tensor.shape for tensor in inputs]
    try:
        op.check(*shapes)
        op.dtype(*[tensor.dtype for tensor in inputs])
        inferred = op.infer(*shapes)
    except OpError:
        return False
    results = inferred if isinstance(inferred, list) else [inferred]
    return all(len(shape) <= MOST_AXES and prod(shape) <= MOST_ELEMENTS for shape in results)


def _ties(rng: Random, builder: GraphBuilder, op: Op, shapes: list[Shape]) -> dict[str, Tensor]:
    """Some weights that are those of layers before, where there are such of the same shape."""
    ties = {}
    for key, shape in op.weights(*shapes).items():
        known = [weight for node in builder.nodes for weight in node.weights if weight.shape == tuple(shape)]
        if known and rng.random() < 0.3:
            ties[key] = rng.choice(known)
    return ties


def _fields(rng: Random, op: type[Op], shapes: list[Shape], thorough: bool) -> dict[str, Any]:
    """Values for an op's fields: all that it must have, and where it is thorough half of the others."""
    chosen = {
        name: FITTING[op.tag, name](rng, shapes) if (op.tag, name) in FITTING else _value(rng, field, shapes[0])
        for name, field in fields_of(op).items()
        if field.default is REQUIRED or (op.tag, name) in NEEDED or (thorough and rng.random() < 0.5)
    }
    return _settled(rng, op.tag, chosen)


def _settled(rng: Random, tag: str, chosen: dict[str, Any]) -> dict[str, Any]:
    """Of fields that exclude each other, one."""
    for one, other in (("parts", "sizes"), ("scale", "size")):
        if tag in ("split", "upsample") and one in chosen and other in chosen:
            del chosen[rng.choice((one, other))]
    return chosen


def _value(rng: Random, field: Field, shape: Shape) -> Any:
    """A value of a field's type, which may or may not make sense."""
    if field.type.noun.endswith(", or null") and rng.random() < 0.2:
        return None
    noun = field.type.noun.removesuffix(", or null")
    if noun.startswith("one of "):
        return rng.choice(field.type.words)
    return VALUES[noun](rng, shape)


def _per_axis(least: int, most: int) -> Callable[[Random, Shape], Any]:
    def value(rng: Random, shape: Shape) -> Any:
        axes = min(max(len(shape) - 2, 1), 3)
        single = rng.randint(least, most)
        return single if rng.random() < 0.5 else tuple(rng.randint(least, most) for _ in range(axes))

    return value


def _pads(rng: Random, shape: Shape) -> Any:
    axes = min(max(len(shape) - 2, 1), 3)
    single = rng.randint(0, 2)
    sides = tuple(_choose(rng, single, 0, (rng.randint(0, 2), single)) for _ in range(axes))
    return single if rng.random() < 0.5 else sides


def _shape(rng: Random) -> tuple[int, ...]:
    return tuple(rng.randint(0, 4) for _ in range(rng.randint(0, 3)))


def _axes(rng: Random, shape: Shape) -> tuple[int, ...]:
    axes = rng.sample(range(len(shape)), rng.randint(min(1, len(shape)), len(shape)))
    return tuple(axis - len(shape) if rng.random() < 0.3 else axis for axis in axes)


VALUES: dict[str, Callable[[Random, Shape], Any]] = {
    "a positive integer": lambda rng, shape: rng.randint(1, 4),
    "a non-negative integer": lambda rng, shape: rng.randint(0, 3),
    "an integer": lambda rng, shape: rng.randint(-3, 3),
    "an axis (batch is axis 0)": lambda rng, shape: rng.randrange(-len(shape), len(shape)) if shape else 0,
    "a number": lambda rng, shape: rng.choice(FLOATS),
    "true or false": lambda rng, shape: rng.random() < 0.5,
    "a positive integer or one per spatial axis": _per_axis(1, 3),
    "a non-negative integer or one per spatial axis": _per_axis(0, 1),
    "a non-negative integer, a list, 'same' or 'valid'": lambda rng, shape: (
        _choose(rng, "same", "valid") if rng.random() < 0.3 else _pads(rng, shape)
    ),
    "a non-negative integer, or a list of one (or a [before, after] pair) per axis": _pads,
    "a positive integer, or a list of them": lambda rng, shape: tuple(
        rng.randint(1, 4) for _ in range(rng.randint(0, 3))
    ),
    "an integer, or a list of them": _axes,
    "a shape, or a list of shapes": lambda rng, shape: (
        _shape(rng) if rng.random() < 0.5 else tuple(_shape(rng) for _ in range(rng.randint(1, 3)))
    ),
}
"""Values by the noun of their type."""


def _divisor(of: int) -> Callable[[Random, list[Shape]], int]:
    """A divisor of the size of one axis of the first input."""
    return lambda rng, x: rng.choice([g for g in range(1, size + 1) if size % g == 0]) if (size := _size(x, of)) else 1


def _size(x: list[Shape], axis: int) -> int:
    return x[0][axis] if -len(x[0]) <= axis < len(x[0]) else 0


def _equation(rng: Random, x: list[Shape]) -> str:
    term = "".join(chr(ord("a") + axis) for axis in range(len(x[0])))
    kept = "".join(rng.sample(term, rng.randint(0, len(term))))
    return f"{', '.join([term] * len(x))} -> {kept}" if rng.random() < 0.5 else f"{','.join([term] * len(x))}->{kept}"


def _parted(rng: Random, x: list[Shape]) -> tuple[int, ...]:
    size = max(_size(x, 1), 1)
    cut = rng.randint(0, size - 1)
    return (size,) if cut == 0 else (cut, size - cut)


def _dtype(rng: Random, x: list[Shape]) -> str:
    return rng.choice([*DTYPE_BYTES])


FITTING: dict[tuple[str, str], Callable[[Random, list[Shape]], Any]] = {
    ("affine_grid", "size"): lambda rng, x: tuple(rng.randint(1, 4) for _ in range(_size(x, -2))),
    ("attention", "heads"): _divisor(-1),
    **{(tag, "to"): _dtype for tag in ("cast", "quantize", "dequantize")},
    **{(tag, "of"): _dtype for tag in ("parameter", "constant", "opaque")},
    ("channel_shuffle", "groups"): _divisor(1),
    ("conv", "groups"): _divisor(1),
    ("conv", "out"): lambda rng, x: max(_size(x, 1), 1) * rng.randint(1, 2),
    ("conv_transpose", "groups"): _divisor(1),
    ("conv_transpose", "out"): lambda rng, x: max(_size(x, 1), 1) * rng.randint(1, 2),
    ("einsum", "equation"): _equation,
    ("expand", "shape"): lambda rng, x: tuple(
        rng.randint(1, 3) if size == 1 else _choose(rng, -1, size) for size in x[0][1:]
    ),
    ("gn", "groups"): _divisor(1),
    ("lstm", "hidden"): lambda rng, x: rng.randint(3, 6),
    ("opaque", "costs"): lambda rng, x: _choose(rng, (), ("dot 24 of 8",), ("dot 8 of 2 in scores", "add 2 as bias")),
    ("permute", "order"): lambda rng, x: tuple(rng.sample(range(len(x[0])), len(x[0]))),
    ("reshape", "shape"): lambda rng, x: _choose(rng, (-1,), x[0][:0:-1], (1, -1), x[0][1:], (-1, 2)),
    ("roll", "shifts"): lambda rng, x: (rng.randint(-3, 3),),
    ("split", "parts"): _divisor(1),
    ("split", "sizes"): _parted,
    ("squeeze", "axes"): lambda rng, x: tuple(axis for axis, size in enumerate(x[0]) if size == 1),
    ("transpose", "axes"): lambda rng, x: tuple(rng.sample(range(len(x[0])), min(2, len(x[0])))),
    ("unsqueeze", "axes"): lambda rng, x: (rng.randint(0, len(x[0])),),
}
"""Values of fields that must fit the inputs' shapes."""

NEEDED = {("split", "parts"), ("upsample", "scale"), ("roll", "axes"), ("transpose", "axes")}
"""Fields with a default that fits few inputs or none."""
