"""The YAML spec reader, from a short text that a person wrote to a Graph.

text ──document──▶ YAML nodes ──parse──▶ Spec ──(parameters)──▶ expand ──▶ Graph
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from fractions import Fraction
from typing import Any

from ...errors import OpError, SpecError, UsageError, did_you_mean, show_shape
from ...fields import MAX_SIZE, integer, show_value
from ...graph import DTYPE_BYTES, Graph, GraphBuilder, Provenance, Tensor, with_batch
from ...op import Shape
from .document import where
from .expand import Expander
from .expression import parse
from .file import parse_spec
from .frame import Frame
from .recursion import refuse_recursion
from .scalars import exact, resolve
from .syntax import Spec
from .values import Environment, bind, evaluate

__all__ = ["Spec", "build", "parse_spec", "read"]


def read(
    text: str,
    path: str,
    *,
    variant: str | None = None,
    settings: Mapping[str, Any] | None = None,
    inputs: Mapping[str, tuple[Shape, str | None]] | None = None,
    batch: int | None = 1,
) -> Graph:
    """Read a spec into a graph.

    Args:
        text: The spec.
        path: What messages and the provenance call it.
        variant: Which of its named variants; None: its default parameters.
        settings: Values for its parameters: numbers, or texts in the expression language (`"[3, 4, 6, 3]"`).
        inputs: Other input sizes, by the input's name (or `""` for the only one): one sample's shape, and its dtype.
        batch: The size of the batch axis; None: there is none.

    Raises:
        SpecError: The spec breaks a rule.
        OpError: Its sizes do not fit.
        UsageError: There is no such variant, parameter or input.

    Example:
        >>> graph = read("{input: [3, 32, 32], layers: [{conv: {out: 10, kernel: 5}}]}", "net.yaml")
        >>> graph.nodes[0].outputs[0].shape
        (1, 10, 28, 28)
    """
    return build(parse_spec(text, path), variant=variant, settings=settings, inputs=inputs, batch=batch)


def build(
    spec: Spec,
    *,
    variant: str | None = None,
    settings: Mapping[str, Any] | None = None,
    inputs: Mapping[str, tuple[Shape, str | None]] | None = None,
    batch: int | None = 1,
) -> Graph:
    """Unfold a parsed spec; see `read`."""
    refuse_recursion(spec)
    env = _parameters(spec, variant, settings or {})
    values = {name: env[name] for name in spec.params}
    bind(spec.path, spec.let, env)
    builder = GraphBuilder(variant or spec.name, batch, spec.dtype)
    frame = Frame(body=spec.body)
    for name, tensor in _inputs(spec, env, inputs or {}, builder).items():
        frame.names[name] = (tensor,)
    first = next(iter(frame.names.values())) if len(frame.names) == 1 else ()
    expander = Expander(spec.path, spec.blocks, builder, env)
    last = expander.body(spec.body, first, env, frame, "")
    outputs = expander.find(spec.outputs, env, frame) if spec.outputs is not None else last
    return builder.build(outputs, _provenance(spec, variant, values, bool(settings or inputs)))


def _parameters(spec: Spec, variant: str | None, settings: Mapping[str, Any]) -> Environment:
    """Every parameter's value: the default, the variant's, or the one that was asked for."""
    chosen = dict(spec.params)
    if variant is not None:
        if variant not in spec.variants:
            raise UsageError(
                f"{spec.path} has no variant '{variant}'", hint=did_you_mean(variant, spec.variants) or "it has none"
            )
        of_variant = spec.variants[variant]
        chosen.update(of_variant.settings)
    for name in settings:
        if name not in chosen:
            raise UsageError(f"{spec.path} has no parameter '{name}'", hint=did_you_mean(name, chosen))
    env: Environment = {}
    for name, value in chosen.items():
        if name in settings:
            env[name] = _setting(name, settings[name])
        else:
            env[name] = evaluate(spec.path, value, env)
    return env


def _setting(name: str, value: Any) -> Any:
    try:
        return parse(value).evaluate({}) if isinstance(value, str) else _exact(value)
    except SpecError as error:
        raise UsageError(f"cannot read the value of {name}: {error.what}", hint=error.hint) from None


def _exact(value: Any) -> Any:
    """A value given in Python as the language knows it: 0.1 is one tenth."""
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, list | tuple):
        return [_exact(item) for item in value]
    if isinstance(value, int | Fraction):
        return exact(value)
    if isinstance(value, float):
        return resolve(str(value).replace("inf", ".inf").replace("nan", ".nan"))
    raise SpecError(f"{type(value).__name__} is no number, text or list")


def _inputs(
    spec: Spec, env: Environment, given: Mapping[str, tuple[Shape, str | None]], builder: GraphBuilder
) -> dict[str, Tensor]:
    only = next(iter(spec.inputs)) if len(spec.inputs) == 1 else None
    given = {only if name == "" and only else name: value for name, value in given.items()}
    for name in given:
        if name not in spec.inputs:
            raise UsageError(
                f"{spec.name} has no input '{name}'" if name else f"{spec.name} has several inputs",
                hint=f"its inputs: {', '.join(spec.inputs)} (name=3x224x224)",
            )
    tensors = {}
    for name, declared in spec.inputs.items():
        place = where(spec.path, declared.node)
        shape, dtype = given.get(name, (None, None))
        if shape is not None and not all(type(size) is int and 0 < size <= MAX_SIZE for size in shape):
            raise UsageError(f"the input '{name}' cannot have the sizes {show_value(list(shape))}")
        if dtype and dtype not in DTYPE_BYTES:
            raise UsageError(f"unknown dtype '{dtype}'", hint=did_you_mean(dtype, DTYPE_BYTES))
        declared_shape = _sample(spec, declared.shape, env, place, builder.batch)
        if shape is not None and len(shape) != len(declared_shape):
            raise UsageError(
                f"the input '{name}' cannot be {show_shape(shape)}: the spec declares {show_shape(declared_shape)}",
                hint="other sizes are welcome, but as many of them",
            )
        tensors[name] = builder.input(
            name,
            with_batch(shape or declared_shape, builder.batch),
            dtype or declared.dtype,
            place,
        )
    return tensors


def _sample(spec: Spec, value: Any, env: Environment, place: str, batch: int | None) -> Sequence[int]:
    sizes = evaluate(spec.path, value, env)
    if sizes == [] and batch is not None:
        raise SpecError("an input has at least one axis besides the batch", where=place)
    try:
        return [integer(size, "a positive integer", 1) for size in (sizes if isinstance(sizes, list) else [sizes])]
    except OpError as error:
        error.what = f"an input's size {error.what}"
        raise error.located(place) from None


def _provenance(spec: Spec, variant: str | None, settings: dict[str, Any], changed: bool) -> Provenance:
    of_variant = spec.variants.get(variant or "")
    # A variant that sets nothing is the default under another name, and promises the same.
    expect = of_variant.expect if of_variant and (of_variant.expect or of_variant.settings) else spec.expect
    return Provenance(
        source=f"{spec.path}#{variant}" if variant else spec.path,
        citation=(of_variant.source if of_variant else "") or spec.source,
        about=(of_variant.about if of_variant else "") or spec.about,
        settings=settings,
        expect={} if changed else expect,
    )
