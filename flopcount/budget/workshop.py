"""Where specs are read and models counted, once each."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from msgspec import Struct, field

from ..api import analyze
from ..engine import Report
from ..errors import FlopcountError
from ..sources import find_spec, parse_input
from .measurement import Measurement
from .places import SPEC_SUFFIXES, exists


class Workshop(Struct):
    """Reads each spec once, and counts each model once, however often they are asked for."""

    specs: dict[str, Any] = field(default_factory=dict)
    reports: dict[tuple[str, Measurement], Report | FlopcountError] = field(default_factory=dict)

    def spec(self, source: str) -> tuple[Any, str | None] | None:
        """The parsed spec and its variant; None where the source is of another kind.

        Raises:
            FlopcountError: It cannot be read.
        """
        if not is_spec(source):
            return None
        if source not in self.specs:
            file, _, variant = source.partition("#")
            if file in self.specs and Path(file).suffix in SPEC_SUFFIXES and not exists(source):
                self.specs[source] = (self.specs[file][0], variant)
            else:
                self.specs[source] = find_spec(source)
        return self.specs[source]  # type: ignore[no-any-return]

    def report(self, source: str, measurement: Measurement) -> Report:
        """A model, counted.

        Raises:
            FlopcountError: It cannot be read.
        """
        key = (source, measurement)
        if key not in self.reports:
            try:
                self.reports[key] = self._count(source, measurement)
            except FlopcountError as error:
                self.reports[key] = error
        found = self.reports[key]
        if isinstance(found, FlopcountError):
            raise found
        return found

    def _count(self, source: str, measurement: Measurement) -> Report:
        settings = dict(measurement.settings)
        if (found := self.spec(source)) is None:
            return analyze(
                source, inputs=measurement.inputs or None, batch=measurement.batch,
                settings=settings or None, mode=measurement.mode,
            )  # fmt: skip
        from ..readers.spec import build

        spec, variant = found
        inputs = dict(map(parse_input, measurement.inputs))
        graph = build(spec, variant=variant, settings=settings, inputs=inputs, batch=measurement.batch)
        return analyze(graph, mode=measurement.mode)


def is_spec(source: str) -> bool:
    """Whether a source is a spec: a file, standard input or a shipped name."""
    file = source if source == "-" or exists(source) else source.partition("#")[0]
    return file == "-" or Path(file).suffix in SPEC_SUFFIXES or file.replace("_", "").replace("-", "").isalnum()
