from __future__ import annotations

from msgspec.structs import replace

from flopcount.renderers import table as table_renderer
from flopcount.verifying.verification import verification_data, verification_document
from flopcount.verifying.verify import verify
from tests.golden import assert_golden
from tests.samples import small


def test_table_golden() -> None:
    assert_golden("verify.txt", table_renderer.render(verification_document([verify(small())]), width=100))


def test_failures_and_silence_are_shown() -> None:
    verification = verify(small(), witnesses=["torch"])
    first, *others = verification.checks
    second, third, fourth, *rest = others
    assert (first.what, second.what, fourth.what) == ("outputs", "params", "outputs")
    altered = (
        replace(first, theirs=((1, 8, 8, 9),)), replace(second, theirs=223), third, replace(fourth, theirs=None), *rest
    )  # fmt: skip
    (table,) = verification_document(
        [replace(verification, checks=altered, silent={"fvcore": "ValueError: no"})]
    ).tables
    assert table.title == "small: 21 of 24 numbers confirmed"
    assert [row[-1] for row in table.rows[:3]] == ["differs", "−1", "differs"]
    assert table.rows[2][4] == "–"
    assert table.notes[:2] == (
        "3 numbers not confirmed (stem.conv outputs, stem.conv params, stem.relu outputs)",
        "torch's buffers: 1 of them num_batches_tracked, as predicted",
    )
    assert table.notes[2] == "fvcore could not run this network: ValueError: no"


def test_data_have_every_number() -> None:
    verification = verify(small(), witnesses=["torch", "FlopCounterMode"])
    data = verification_data(verification)
    assert (data["model"], data["confirmed"], data["batch"]) == ("small", True, 1)
    assert data["witnesses"] == [
        {"name": "torch", "convention": None, "silent": None},
        {"name": "FlopCounterMode", "convention": "torch", "silent": None},
    ]
    assert len(data["checks"]) == len(verification.checks)
    assert data["checks"][1] == {
        "layer": "stem.conv", "op": "conv", "witness": "torch", "what": "params", "ours": 224, "theirs": 224,
        "difference": 0, "equal": True, "note": "",
    }  # fmt: skip
    assert data["checks"][-1]["layer"] is None


def test_data_say_who_was_silent() -> None:
    verification = replace(verify(small(), witnesses=["torch"]), silent={"fvcore": "ValueError: no"})
    data = verification_data(verification)
    assert data["confirmed"] is False
    assert data["witnesses"][-1] == {"name": "fvcore", "convention": "fvcore", "silent": "ValueError: no"}
    document = verification_document([verification, verification]).data()
    assert document["schema"] == "flopcount.verify/1"
    assert document["verifications"] == [data, data]
