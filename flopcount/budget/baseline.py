"""Baselines: what models cost when a team last agreed to it, as a file that shows well in a review."""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable
from typing import Annotated, Any

from msgspec import Meta, Struct, ValidationError, convert
from msgspec.structs import replace

from .. import __version__
from ..engine import Report
from ..errors import ConfigError, show_shape
from ..readers.spec.document import read_text
from .figures import Measures
from .limits import Limit
from .models import Model
from .places import exists, place_of

SCHEMA = "flopcount.snapshot/1"
FILE = "flopcount.baseline.json"
ALWAYS = ("params", "trainable_params", "buffers", "macs", "activations", "weight_bytes")
"""What a snapshot holds of every model, besides what its budget limits."""

BY_LAYER = ("params", "macs")
"""What it holds of every layer, besides what its budget limits."""


Number = Annotated[int, Meta(ge=0)] | None


class Snapshot(Struct, frozen=True):
    """One model's numbers.

    Attributes:
        inputs, batch, mode, settings: How it was measured; of its parameters, those that somebody set.
        totals: By metric; None where nobody knows all of it.
        layers: The metrics of each layer that has any, and its op under `op`.
        source: Where it was read: see `place_of`. In a file, the path from there, where the name does not say it.
    """

    inputs: tuple[str, ...]
    mode: str
    settings: dict[str, str]
    totals: dict[str, Number]
    layers: dict[str, dict[str, Number | str]]
    batch: int | None = None
    source: str = ""

    def of(self, metric: str) -> dict[str, int]:
        """What each layer holds of a metric."""
        found = {name: layer.get(metric) for name, layer in self.layers.items()}
        return {name: value for name, value in found.items() if isinstance(value, int)}

    def least(self, metric: str) -> int | None:
        """What is known of a metric of which nobody knows all; None where the layers do not say."""
        said = any(metric in layer for layer in self.layers.values())
        return sum(self.of(metric).values()) if said and metric in self.totals else None


class Baseline(Struct, frozen=True):
    """Snapshots to compare with.

    Attributes:
        title: What it is, in words.
        models: By name.
        strict: Whether a model that cannot be compared refuses the check: a file can be renewed, a commit cannot.
        renames: Where git says that files lie now, by where they lay.
        limits: What the models were held to.
        unreadable: Where models lie that are not among these because they could not be read.
    """

    title: str
    models: dict[str, Snapshot]
    strict: bool = True
    renames: dict[str, str] = {}
    limits: dict[str, tuple[Limit, ...]] = {}
    unreadable: frozenset[str] = frozenset()


def snapshot(model: Model, report: Report, wanted: Iterable[str] = ()) -> Snapshot:
    """The numbers of a counted model that a baseline keeps; `wanted` metrics besides those that its budget limits."""
    asked = (*(limit.metric for limit in model.limits), *wanted)
    limited = sorted({name for name in asked if name != "ops" and not name.startswith("share")})
    measures = Measures(report)
    names = list(dict.fromkeys((*ALWAYS, *limited)))
    columns = {name: measures.of(name) for name in dict.fromkeys((*BY_LAYER, *limited))}
    layers: dict[str, dict[str, int | str | None]] = {}
    for number, layer in enumerate(report.layers):
        numbers: dict[str, int | str | None] = {name: column[number] for name, column in columns.items()}
        if any(value != 0 for value in numbers.values()):
            layers[layer.node.name] = {"op": layer.node.op.tag, **numbers}
    totals = {name: None if (total := measures.total(name)).unknown else total.value for name in names}
    settings = dict(model.measurement.settings)
    place = place_of(model.source)
    return Snapshot(inputs_of(report), report.mode, settings, totals, layers, report.graph.batch, place)


def inputs_of(report: Report) -> tuple[str, ...]:
    """A report's inputs as text."""
    return tuple(f"{tensor.name} {show_shape(tensor.shape)} {tensor.dtype}" for tensor in report.graph.inputs)


def written(snapshots: Iterable[tuple[str, Snapshot]], folder: str = "") -> str:
    """A baseline as the text of its file: a line a layer, so that a review shows which one changed.

    Args:
        snapshots: The models, by name.
        folder: Where the file will lie; the paths in it start there.
    """

    def compact(value: Any) -> str:
        return json.dumps(value, ensure_ascii=False)

    lines = ["{", f'  "schema": {compact(SCHEMA)},', f'  "flopcount": {compact(__version__)},', '  "models": {']
    models = list(snapshots)
    for number, (name, model) in enumerate(models):
        lines += [
            f"    {compact(name)}: {{",
            *([f'      "source": {compact(source)},'] if (source := _seen(model.source, folder)) != name else []),
            f'      "inputs": {compact(model.inputs)},',
            f'      "batch": {compact(model.batch)},',
            f'      "mode": {compact(model.mode)},',
            f'      "settings": {compact(model.settings)},',
            '      "totals": {',
            ",\n".join(f"        {compact(key)}: {compact(value)}" for key, value in model.totals.items()),
            "      },",
            '      "layers": {',
        ]
        if model.layers:
            lines.append(",\n".join(f"        {compact(key)}: {compact(value)}" for key, value in model.layers.items()))
        lines += ["      }", "    }" + "," * (number < len(models) - 1)]
    return "\n".join([*lines, "  }", "}", ""])


class _TwiceError(Exception):
    """One key twice in an object, as a careless merge leaves it: which of the two was meant, nobody knows."""


def _once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        raise _TwiceError(Counter(key for key, _ in pairs).most_common(1)[0][0])
    return found


def read_baseline(path: str) -> Baseline | None:
    """A baseline's file; None where there is none.

    Raises:
        ConfigError: It is no snapshot, or one of another version.
    """
    if not exists(path):
        return None
    renew = "`flopcount snapshot` writes it anew"
    try:
        data = json.loads(read_text(path), object_pairs_hook=_once)
    except json.JSONDecodeError as error:
        place = f"{path}:{error.lineno}:{error.colno}"
        raise ConfigError(f"the baseline is not JSON: {error.msg.lower()}", where=place, hint=renew) from None
    except _TwiceError as error:
        raise ConfigError(f"the baseline has '{error}' twice", where=path, hint=renew) from None
    except RecursionError:
        raise ConfigError("the baseline is nested too deep", where=path, hint=renew) from None
    except ValueError:  # which Python says of an integer of thousands of digits
        raise ConfigError("the baseline holds a number without end", where=path, hint=renew) from None
    schema = data.get("schema") if isinstance(data, dict) else None
    if schema != SCHEMA:
        said = f"says {schema!r}" if schema else "has no schema"
        raise ConfigError(f"the baseline {said}, and not '{SCHEMA}'", where=path, hint=renew)
    try:
        models = convert(data.get("models"), dict[str, Snapshot])
    except ValidationError as error:
        raise ConfigError(f"the baseline is damaged: {str(error).lower()}", where=path, hint=renew) from None
    folder = os.path.dirname(path)  # noqa: PTH120 - "" and not "."
    places = {name: place_of(model.source or name, folder) for name, model in models.items()}
    return Baseline(path, {name: replace(model, source=places[name]) for name, model in models.items()})


def _seen(place: str, folder: str) -> str:
    """A place seen from a folder, or the source as it is where that is no file."""
    if not os.path.isabs(place):  # noqa: PTH117
        return place
    return os.path.relpath(place, os.path.realpath(folder)).replace(os.sep, "/")
