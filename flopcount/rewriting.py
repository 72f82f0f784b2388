"""Rewrites by their names: what a user asks for, in order, and what became of it.

    separable:between=bn,relu,skip=stem.*     NAME[:option=value,...]

A comma piece without `=` continues the option before it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from msgspec import Struct, field
from msgspec.structs import replace

from . import registry
from .errors import FlopcountError, OpError, UsageError, did_you_mean
from .fields import REQUIRED, Field, fields_of
from .graph import Graph
from .readers.spec.scalars import TEXT, resolve
from .rewrites import Rewrite, Rewritten
from .rewrites._options import WILD, Options, refuse_strangers


class Step(Struct, frozen=True):
    """One rewrite that was asked for, and what it gave.

    Attributes:
        request: As it was asked for: `separable:between=bn,relu`.
        name: The rewrite.
        before: The network that it was given.
        result: What it made of it.
    """

    request: str
    name: str
    before: Graph
    result: Rewritten


class Rewriting(Struct, frozen=True):
    """A network rewritten, step by step.

    Attributes:
        before, after: The network as it was, and as it became.
        steps: What was done, in order.
        replaced: The layers of `before` that changed, each with those of `after` that stand in its place.
    """

    before: Graph
    after: Graph
    steps: tuple[Step, ...]
    replaced: Mapping[str, tuple[str, ...]] = field(default_factory=dict)


def rewrite(graph: Graph, requests: str | Iterable[str]) -> Rewriting:
    """Rewrite a network, one request after the other.

    Args:
        graph: The network; it stays as it is.
        requests: `NAME[:option=value,...]`, one or several.

    Raises:
        UsageError: There is no such rewrite, option or layer.
        FlopcountError: A rewrite cannot be applied; with the layer and why.

    Example:
        >>> from flopcount.sources import load
        >>> twin = load("mobilenet_v1_standard")
        >>> rewriting = rewrite(twin, "separable:between=bn,relu,skip=stem.*")
        >>> rewriting.replaced["block1.standard.conv1"]
        ('block1.standard.conv1.depthwise', 'block1.standard.conv1.bn', 'block1.standard.conv1.relu', \
'block1.standard.conv1.pointwise')
    """
    steps = []
    current, replaced = graph, dict[str, tuple[str, ...]]()
    for request in [requests] if isinstance(requests, str) else requests:
        name, texts = parse_request(request)
        module = find_rewrite(name)
        step = apply_rewrite(request, module, read_options(name, module, texts), current)
        steps.append(step)
        replaced = _composed(replaced, step.result.replaced, graph)
        current = step.result.graph
    said = [graph.provenance.about, *(f"rewritten by {step.request}" for step in steps)]
    provenance = replace(current.provenance, about="; ".join(filter(None, said)))
    after = replace(current, name=f"{graph.name} rewritten", provenance=provenance)
    return Rewriting(graph, after, tuple(steps), replaced)


def find_rewrite(name: str) -> Rewrite:
    """The rewrite of this name.

    Raises:
        UsageError: Unknown name, with the nearest known ones.
    """
    module: Any = registry.load("rewrites", name)
    return module  # type: ignore[no-any-return]


def read_options(name: str, module: Rewrite, texts: Mapping[str, Sequence[str]]) -> Options:
    """A rewrite's options from what was written after their names.

    Raises:
        UsageError: There is no such option, a value does not fit, or one that is needed is missing.
    """
    known = fields_of(module.Options)
    values = {}
    for option, pieces in texts.items():
        if option not in known:
            raise UsageError(f"{name} has no option '{option}'", hint=did_you_mean(option, known))
        values[option] = _value(name, known[option], pieces)
    for option, declared in known.items():
        if declared.default is REQUIRED and option not in values:
            raise UsageError(f"{name} needs {option}: {declared.type.noun}", hint=f"write {name}:{option}=...")
    options: Options = module.Options(**values)
    return options


def parse_request(request: str) -> tuple[str, dict[str, list[str]]]:
    """The name of a rewrite, and the comma pieces of each option.

    Raises:
        UsageError: A piece belongs to no option, or an option is given twice.

    Example:
        >>> parse_request("separable:between=bn,relu,skip=conv1")
        ('separable', {'between': ['bn', 'relu'], 'skip': ['conv1']})
    """
    name, _, rest = request.partition(":")
    options: dict[str, list[str]] = {}
    pieces: list[str] | None = None
    for piece in rest.split(",") if rest else []:
        option, equals, value = piece.partition("=")
        if equals:
            if option.strip() in options:
                raise UsageError(f"{name}: {option.strip()} is given twice", hint=f"{option.strip()}=a,b names several")
            pieces = options.setdefault(option.strip(), [])
        elif pieces is None:
            raise UsageError(f"{name}: '{piece}' is no option", hint=f"write {name}:option=value,option=value")
        pieces.append((value if equals else piece).strip())
    return name.strip(), options


def _value(name: str, option: Field, pieces: Sequence[str]) -> Any:
    values = [piece if piece in option.type.words else _scalar(piece) for piece in pieces]
    try:
        if "" in pieces:
            raise OpError("has an empty value")
        return option.type.read(values[0] if len(values) == 1 else values)
    except FlopcountError as error:
        raise UsageError(f"{name}: {option.name} {error.what}", hint=error.hint) from None


def _scalar(text: str) -> Any:
    value = resolve(text)
    return text if value is TEXT else value


def apply_rewrite(request: str, module: Rewrite, options: Options, graph: Graph) -> Step:
    """One rewrite, its options read already.

    Raises:
        UsageError: A glob that no layer answers to.
        FlopcountError: It cannot be applied, or not to a layer that is named; with the layer and why.
    """
    for option in ("only", "skip"):
        refuse_strangers(graph, option, getattr(options, option))
    try:
        result = module.rewrite(graph, options)
    except FlopcountError as error:
        raise error.located(facts={"rewrite": request}) from None
    for wanted in options.only:
        if not WILD & set(wanted) and wanted not in result.replaced:
            node = next(node for node in graph.nodes if node.name == wanted)
            raise OpError(
                result.kept.get(wanted) or f"it is not {module.MEANT}",
                where=node.where,
                layer=node.label,
                facts={"rewrite": request},
            )
    return Step(request, parse_request(request)[0], graph, result)


def _composed(
    first: Mapping[str, tuple[str, ...]], second: Mapping[str, tuple[str, ...]], graph: Graph
) -> dict[str, tuple[str, ...]]:
    """What became of the first network's layers after another step."""
    composed = {}
    for node in graph.nodes:
        between = first.get(node.name, (node.name,))
        after = tuple(name for layer in between for name in second.get(layer, (layer,)))
        if node.name in first or any(layer in second for layer in between):
            composed[node.name] = after
    return composed
