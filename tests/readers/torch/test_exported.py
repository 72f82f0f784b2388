"""Where operators as they run cannot be watched, torch.export takes over, and the report says so."""

from __future__ import annotations

import pytest

from flopcount.engine import count
from flopcount.errors import SourceError
from flopcount.sources import load
from flopcount.verifying.verify import verify
from tests.readers.torch.witness import tags

HERE = "tests.readers.torch.odd"
WIDTH = 2**15


def test_a_number_that_no_size_depends_on() -> None:
    graph = load(f"{HERE}:Scaled", inputs=str(WIDTH), batch=3)
    report = count(graph)
    assert report.totals["params"].value == 2 * (WIDTH**2 + WIDTH)
    assert report.totals["trainable_params"].value == WIDTH**2 + 2 * WIDTH
    assert report.totals["macs"].value == 3 * 3 * WIDTH**2
    assert report.uncounted == ()
    assert [node.name for node in graph.nodes if node.op.tag == "linear"] == ["a", "b", "tied"]
    (note,) = graph.provenance.notes
    assert note.startswith("its Python asks for numbers (at tests/readers/torch/odd.py:")
    assert note.endswith("), and it is too large to run for real: it was traced by torch.export")


def test_witnesses_confirm_what_was_exported() -> None:
    verification = verify(f"{HERE}:Scaled", inputs=str(WIDTH), witnesses=["torch", "FlopCounterMode"])
    assert (verification.failures, verification.silent) == ((), {})


def test_functions_within_an_operator() -> None:
    graph = load(f"{HERE}:Chosen", inputs="8", batch=2)
    assert tags(graph)[:3] == ["linear", "sum", "gt"]
    report = count(graph)
    assert report.totals["macs"].value == 2 * 8 * 8
    assert report.totals["params"].value == 2 * 72
    assert [layer.node.name for layer in report.uncounted] == ["higher_order.cond"]
    assert graph.provenance.notes[0] == "it runs functions within an operator (cond): it was traced by torch.export"


def test_where_both_ways_fail_both_are_named(capfd: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SourceError) as caught:
        load(f"{HERE}:Scaled", inputs=str(WIDTH), kwargs={"decide": True})
    assert caught.value.what.startswith(f"{HERE}:Scaled cannot be traced: its Python asks for numbers (at tests/")
    assert caught.value.what.endswith("it is too large to run for real, and torch.export refuses it")
    assert caught.value.facts["torch.export"].startswith("GuardOnDataDependentSymNode: Could not guard")
    assert capfd.readouterr() == ("", "")  # torch would show its graph
