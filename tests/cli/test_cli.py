"""The command line as a whole: what it prints where, and how it ends."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import jsonschema
import pytest

from flopcount import __version__
from tests.cli.conftest import Run

COMMAND = [sys.executable, "-m", "flopcount"]


def test_version_and_help(run: Run) -> None:
    assert run("--version") == (0, f"flopcount {__version__}\n", "")
    for asked in (["-h"], ["--help"], ["report", "-h"]):
        result = run(*asked)
        assert (result.status, result.err) == (0, "")
        assert "Usage:" in result.out


def test_nothing_asked_shows_the_help_and_no_error(run: Run) -> None:
    result = run()
    assert result.status == 2
    assert "report" in result.out + result.err
    assert "error:" not in result.err


def test_schema_describes_the_shipped_specs(run: Run) -> None:
    import yaml

    schema = json.loads(run("schema").out)
    validator = jsonschema.validators.validator_for(schema)
    validator.check_schema(schema)
    alexnet = Path(__file__).parents[2] / "specs" / "alexnet.yaml"
    validator(schema).validate(yaml.safe_load(alexnet.read_text()))


@pytest.mark.parametrize(
    ("arguments", "error"),
    [
        (["reprot"], "error: no such command 'reprot'\n  hint: did you mean 'report' or 'rewrite'?\n"),
        (
            ["report", "alexnet", "--formt", "json"],
            "error: no such option: --formt\n  hint: did you mean --format or --over or --sort?\n",
        ),
        (["report"], "error: missing argument 'SOURCE...'\n  hint: `flopcount --help` lists the commands\n"),
        (
            ["report", "alexnet", "--depth"],
            "error: option '--depth' requires an argument\n  hint: `flopcount --help` lists the commands\n",
        ),
    ],
)
def test_wrong_usage_has_the_shape_of_every_error(run: Run, arguments: list[str], error: str) -> None:
    assert run(*arguments) == (2, "", error)


def test_a_bug_is_no_traceback(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise ZeroDivisionError("oops")

    monkeypatch.setattr("flopcount.api.analyze", broken)
    result = run("report", "alexnet")
    assert (result.status, result.out) == (70, "")
    assert result.err.startswith(
        "error: this is a bug in flopcount (ZeroDivisionError: oops)\n  hint: FLOPCOUNT_DEBUG=1"
    )
    monkeypatch.setenv("FLOPCOUNT_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        run("report", "alexnet")


def test_interrupted(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("flopcount.api.analyze", interrupted)
    assert run("report", "alexnet") == (130, "", "")


def test_a_closed_pipe_ends_quietly() -> None:
    reader, writer = os.pipe()
    os.close(reader)
    with os.fdopen(writer, "wb") as pipe:
        done = subprocess.run([*COMMAND, "report", "resnet152"], stdout=pipe, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.skipif(sys.platform == "win32", reason="needs a pseudo-terminal")
@pytest.mark.parametrize(
    ("environment", "coloured"), [({}, True), ({"NO_COLOR": "1"}, False), ({"TERM": "dumb"}, False)]
)
def test_colour_is_for_terminals_that_want_it(environment: dict[str, str], coloured: bool) -> None:
    import pty

    kept = {name: value for name, value in os.environ.items() if name not in ("NO_COLOR", "TERM", "COLUMNS")}
    master, slave = pty.openpty()
    done = subprocess.run(
        [*COMMAND, "report", "lecture_ten_filters"],
        stdout=slave,
        env={**kept, "TERM": "xterm", **environment},
        check=True,
    )
    os.close(slave)
    assert done.returncode == 0
    assert (b"\x1b[" in os.read(master, 65_536)) == coloured
    os.close(master)


def test_ascii_terminals_get_their_report() -> None:
    kept = {**os.environ, "PYTHONIOENCODING": "ascii", "COLUMNS": "80"}
    done = subprocess.run([*COMMAND, "report", "lecture_ten_filters"], env=kept, capture_output=True, check=False)
    assert (done.returncode, done.stderr) == (0, b"")
    assert b"760" in done.stdout
