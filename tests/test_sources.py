from __future__ import annotations

import io
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from flopcount.errors import FlopcountError, SourceError, UsageError
from flopcount.sources import load, open_source, parse_input, shipped_names

NET = "params: {width: 4}\nvariants: {thin: {width: 2}, wide: {width: 9}}\ninput: [3]\nlayers: [linear: width]\n"


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "net.yaml").write_text(NET)


def width(source: str | Path) -> int:
    return load(source).outputs[0].shape[-1]


def test_files_and_their_variants(tmp_path: Path) -> None:
    assert [width(source) for source in ("net.yaml", "net.yaml#thin", tmp_path / "net.yaml")] == [4, 2, 4]
    assert width("./net.yaml#wide") == 9


def test_shipped_names() -> None:
    assert load("resnet50").name == "resnet50"
    assert load("resnet#resnet34").outputs == load("resnet34").outputs
    assert {"alexnet", "vgg16_bn", "resnet50_v1", "mobilenet_v1_standard", "vit_b_16"} <= {*shipped_names()}
    assert len(shipped_names()) == len({*shipped_names()})


def test_settings_that_another_network_has_can_be_passed_over() -> None:
    known = {"width": "0.5", "batch_norm": True}
    assert load("mobilenet_v1", settings=known, only_known=True) == load("mobilenet_v1", settings={"width": "0.5"})
    with pytest.raises(UsageError, match="has no parameter 'batch_norm'"):
        load("mobilenet_v1", settings=known)


def test_an_existing_file_wins_over_a_shipped_name() -> None:
    Path("alexnet").write_text(NET)
    assert width("alexnet") == 4


def test_a_directory_does_not_hide_a_shipped_name() -> None:
    Path("alexnet").mkdir()
    assert width("alexnet") == 1000


def test_standard_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"\xef\xbb\xbf" + NET.encode())))
    assert width("-") == 4
    monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(b"ab\xff")))
    with pytest.raises(SourceError, match=r"<stdin>. is not UTF-8 text: byte 0xff at offset 2"):
        load("-")


@pytest.mark.parametrize(
    ("source", "message", "hint"),
    [
        ("resnet51", "there is no file and no shipped spec 'resnet51'", "did you mean 'resnet"),
        ("nte.yaml", "there is no file 'nte.yaml'", "did you mean 'net.yaml'?"),
        ("none/net.yaml", "there is no file 'none/net.yaml'", ""),
        ("net.yaml#thni", "thni", "did you mean 'thin'?"),
        ("resnet#resnet51", "resnet51", "did you mean 'resnet"),
        (".", "", ""),
        ("", "", ""),
    ],
)
def test_refuses(source: str, message: str, hint: str) -> None:
    with pytest.raises(FlopcountError) as caught:
        load(source)
    assert message in caught.value.what
    assert hint in (caught.value.hint or "")
    assert caught.value.exit_status == 2


def test_an_opened_source_is_built_without_reading_it_again() -> None:
    opened = open_source("net.yaml#thin")
    Path("net.yaml").unlink()
    assert (opened.parameters, opened.inputs) == (("width",), ("input",))
    assert [opened.build(settings=settings).outputs[0].shape for settings in ({}, {"width": 7})] == [(1, 2), (1, 7)]
    assert opened.build(inputs={"": ((5,), None)}, batch=3).inputs[0].shape == (3, 5)


@pytest.mark.parametrize(
    ("text", "parsed"),
    [
        ("3x224x224", ("", ((3, 224, 224), None))),
        ("3×8×8", ("", ((3, 8, 8), None))),
        ("7", ("", ((7,), None))),
        ("ids=128:int64", ("ids", ((128,), "int64"))),
    ],
)
def test_inputs(text: str, parsed: object) -> None:
    assert parse_input(text) == parsed


@pytest.mark.parametrize("text", ["", "x", "3x", "0x3", "-1x3", "3x1e3", "a=", "3.5", "²x3", "9" * 13])
def test_unreadable_inputs(text: str) -> None:
    with pytest.raises(UsageError, match="cannot read the input"):
        parse_input(text)


def test_unknown_dtype() -> None:
    with pytest.raises(UsageError, match="unknown dtype 'int46'"):
        parse_input("3:int46")


def test_a_folder_that_may_not_be_entered(monkeypatch: pytest.MonkeyPatch) -> None:
    stat = os.stat

    def refused(path: Any, *args: Any, **options: Any) -> os.stat_result:
        if str(path).startswith("secret"):
            raise PermissionError(13, "Permission denied")
        return stat(path, *args, **options)

    monkeypatch.setattr(os, "stat", refused)
    for source in ("secret/net.yaml", "secret"):
        with pytest.raises(SourceError, match="there is no file"):
            load(source)
