"""The torch reader: any model, run once on shapes without memory for weights; every operator becomes ops of ours."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ...errors import MissingExtraError, SourceError, UnsizedError, UsageError
from ...graph import Graph, Provenance
from ...op import Shape
from .reading import Reading

if TYPE_CHECKING:
    import torch

    from .example import Example
    from .origin import Origin
    from .skeleton import DataDependentError
    from .trace import Trace

Sized = tuple[str, tuple[Shape, str | None]]

PROGRAM, WEIGHTS = ".pt2", (".pt", ".pth", ".ckpt", ".safetensors")

LIBRARIES = ("torchvision", "timm", "hf")

CHEAP = 2**26
"""How many numbers a model may hold to be run for real after an error, which is its own in all likelihood."""


def read(
    source: str | torch.nn.Module,
    *,
    inputs: Sequence[Sized] = (),
    example: str | None = None,
    batch: int | None = 1,
    kwargs: Mapping[str, Any] | None = None,
) -> Graph:
    """Read a model into a graph. The model itself is not changed.

    Args:
        source: `package.module:callable` (a class, a function that makes a model, or a model), `torchvision:NAME`,
            `timm:NAME`, `hf:CONFIG.json`, a saved program `FILE.pt2`, or a model.
        inputs: Its inputs, in order or by name; none: those that the library declares for it.
        example: `package.module:function` that makes the arguments of a call instead.
        batch: The size of the batch axis; None: there is none.
        kwargs: Arguments for the class or function that makes the model.

    Raises:
        MissingExtraError: Torch is not installed.
        SourceError: There is no such model, or its code fails.
        UsageError: It has no such input.
        BugError: A shape that we infer is not the one that torch computed.
    """
    return reading(source, inputs=inputs, example=example, batch=batch, kwargs=kwargs).graph


def reading(
    source: str | torch.nn.Module,
    *,
    inputs: Sequence[Sized] = (),
    example: str | None = None,
    batch: int | None = 1,
    kwargs: Mapping[str, Any] | None = None,
) -> Reading:
    """Read a model, and keep what it takes to ask the model itself; see `read`."""
    if isinstance(source, str) and Path(source).suffix in (*WEIGHTS, PROGRAM):
        return _saved(source, bool(inputs or example), batch, kwargs)
    _require_torch()
    import torch

    from .assemble import Assembler
    from .build import prepared, settled
    from .origin import Origin, find_origin

    if isinstance(source, torch.nn.Module):
        if kwargs:
            raise UsageError("a model that is there already takes no arguments")
        model, label = source, type(source).__name__
        origin = Origin(label, lambda: model, is_ours=False)
    else:
        label = source
        origin = find_origin(source, kwargs or {})
    trace, call = _traced(label, origin, inputs, example, batch)
    assembler = Assembler(trace, origin.name, call.batch)
    graph = assembler.graph(Provenance(source=label, settings=dict(kwargs or {})))

    def make(real: bool) -> tuple[torch.nn.Module, Example]:
        own = call.with_numbers() if real else call
        return settled(prepared(label, origin, real), own, real), own

    parts = assembler.parts()  # none where torch.export has traced it: modules have been inlined
    return Reading(graph, parts, make if parts else None, trace.is_real)


def input_names(source: str | torch.nn.Module) -> list[str]:
    """What `forward` calls its arguments, where that is known before a model is made.

    Example:
        >>> input_names("torchvision:resnet50")
        []
    """
    if isinstance(source, str):
        if Path(source).suffix in (*WEIGHTS, PROGRAM) or source.partition(":")[0] in LIBRARIES:
            return []
        _require_torch()
        from .foreign import find_object

        source = find_object(source)
    from .foreign import arguments_of

    forward = getattr(source, "forward", None)
    names = arguments_of(forward) if forward is not None else None
    return [name for name in names or () if name not in ("self", "input")]


def _require_torch() -> None:
    try:
        import_module("torch")
    except ModuleNotFoundError:
        raise MissingExtraError("reading a torch model", "torch") from None


def _saved(path: str, sized: bool, batch: int | None, kwargs: Mapping[str, Any] | None) -> Reading:
    """A program in a file: it has its inputs' sizes, and no code."""
    from .assemble import assemble
    from .program import batch_of, read_program

    if Path(path).suffix in WEIGHTS:
        raise SourceError(
            "holds weights, or pickled Python that could run anything: it is not read", where=path,
            hint="name the code that makes the model, package.module:callable, or save it with torch.export.save",
        )  # fmt: skip
    if kwargs:
        raise UsageError(f"{path} is a saved program and takes no arguments")
    trace = read_program(path)
    own = batch_of(trace)
    if sized or batch not in (1, None, own):
        raise UsageError(f"{path} is a saved program: its inputs have the sizes that it was exported with")
    return Reading(assemble(trace, Path(path).stem, own, Provenance(source=path)), {})


def _traced(
    label: str, origin: Origin, inputs: Sequence[Sized], example: str | None, batch: int | None
) -> tuple[Trace, Example]:
    """Run the model on shapes; where its Python asks for numbers, once more on real ones."""
    from torch.nn.parameter import is_lazy

    from .build import prepared
    from .skeleton import AFFORDABLE, DataDependentError, HigherOrderError

    model = prepared(label, origin)
    call = _call(label, origin, model, inputs, example, batch)
    held = sum(tensor.numel() for tensor in (*model.parameters(), *model.buffers()) if not is_lazy(tensor))
    try:
        return _run(label, model, call), call
    except SourceError as refusal:
        if refusal.__cause__ is None or held > CHEAP:
            raise
        try:  # a model that was made without numbers may be only half made
            trace = _run(label, prepared(label, origin, real=True), call.with_numbers(), real=True)
        except SourceError:
            raise refusal from None
        trace.is_real = True
        trace.notes.append("it does not run on shapes alone: it was run with numbers, and others may take another path")
        return trace, call
    except HigherOrderError as error:
        return _exported(label, origin, call, error, f"it runs functions within an operator ({error.what})"), call
    except DataDependentError as error:
        place = f" (at {error.where})" if error.where else ""
        if held > AFFORDABLE:
            why = f"its Python asks for numbers{place}, and it is too large to run for real"
            return _exported(label, origin, call, error, why), call
        try:
            trace = _run(label, prepared(label, origin, real=True), call.with_numbers(), real=True)
        except HigherOrderError as inner:
            return _exported(label, origin, call, inner, f"it runs functions within an operator ({inner.what})"), call
        trace.is_real = True
        trace.notes.append(
            f"its Python asks for numbers{place}: it was run with real ones, and other inputs may take another path"
        )
        return trace, call


def _exported(label: str, origin: Origin, call: Example, error: DataDependentError, why: str) -> Trace:
    """The trace that torch.export makes, where operators as they run show less."""
    from .build import prepared
    from .exported import export
    from .foreign import foreign_code

    try:
        with foreign_code(label):
            trace = export(prepared(label, origin), call)
    except SourceError as refusal:
        raise SourceError(
            f"{label} cannot be traced: {why}, and torch.export refuses it",
            facts={**error.facts, "torch.export": refusal.what.partition(" raised ")[2]},
            hint="let its Python depend on sizes alone, or give a smaller variant",
        ) from None
    trace.notes.append(f"{why}: it was traced by torch.export")
    return trace


def _call(
    label: str, origin: Origin, model: torch.nn.Module, inputs: Sequence[Sized], example: str | None, batch: int | None
) -> Example:
    from .example import made_by, of_sizes, parameters

    if example is not None:
        if inputs:
            raise UsageError(f"{example} makes all inputs: there can be no sizes besides")
        return made_by(model, example)
    declared = origin.inputs(model) or ()
    if not declared and not inputs:
        raise UnsizedError(
            f"the size of the input of {label} is not known",
            facts={"it takes": ", ".join(parameters(model)) or "nothing by name"},
            hint="--input 3x224x224, --input tokens=128:int64, or --input package.module:function that makes arguments",
        )
    return of_sizes(model, _completed(inputs, declared) or declared, batch)


def _completed(inputs: Sequence[Sized], declared: Sequence[Sized]) -> list[Sized]:
    """The sizes that were asked for, with names and dtypes from those that a library declares."""
    types = {name: dtype for name, (_, dtype) in declared}
    names = iter([name for name, _ in declared])
    completed = []
    for given, (shape, dtype) in inputs:
        name = given or next(names, "")
        completed.append((name, (shape, dtype or types.get(name))))
    return completed


def _run(label: str, model: torch.nn.Module, call: Example, real: bool = False) -> Trace:
    from .build import settled
    from .example import parameters
    from .foreign import foreign_code
    from .record import record

    takes = f" (it takes: {', '.join(names)})" if len(names := parameters(model)) > 1 else ""
    with foreign_code(label, hint=f"does the input have the size and the dtype that the model expects?{takes}"):
        return record(settled(model, call, real), call.args, call.kwargs, call.names, real)
