"""The command line: thin commands over the library, and the one place where errors become text and an exit status."""

from __future__ import annotations

import contextlib
import os
import re
import sys
from typing import Annotated, NoReturn

import typer

from ..errors import FlopcountError, SourceError, UsageError
from . import advise, check, compare, explain, identify, init, listing, report, rewrite, schema, snapshot, verify
from .output import complain

BUG, INTERRUPTED = 70, 130

app = typer.Typer(
    name="flopcount",
    help="What a network costs, layer by layer, exactly: output shapes, parameters, MACs and FLOPs, and why.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
app.command("report")(report.report)
app.command("compare")(compare.compare)
app.command("explain")(explain.explain)
app.command("identify")(identify.identify)
app.command("rewrite")(rewrite.rewrite)
app.command("advise")(advise.advise)
app.command("verify")(verify.verify)
app.command("check")(check.check)
app.command("snapshot")(snapshot.snapshot)
app.command("init")(init.init)
app.command("list")(listing.list_entries)
app.command("schema")(schema.schema)


def _print_version(wanted: bool) -> None:
    if wanted:
        from .. import __version__

        typer.echo(f"flopcount {__version__}")
        raise typer.Exit


@app.callback()
def _options(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Show the version and exit.")
    ] = False,
) -> None:
    pass


def main() -> NoReturn:
    """Run the command line and exit.

    Exit status: 0 fine, 1 a promise broken, 2 bad input or usage, 3 an incomplete count where completeness was
    required, 70 a bug, 130 interrupted. A closed pipe ends quietly.
    """
    try:
        if sys.stdout is None:
            raise SourceError("standard output is closed")
        status = app(standalone_mode=False) or 0
        with contextlib.suppress(BrokenPipeError):  # a verdict stands, whoever has stopped reading
            sys.stdout.flush()
    except FlopcountError as error:
        status = _fail(error)
    except KeyboardInterrupt:
        status = INTERRUPTED
    except (BrokenPipeError, SystemExit) as end:
        if not isinstance(end, BrokenPipeError) and not isinstance(
            end.__context__, BrokenPipeError
        ):  # typer's wrapping
            raise
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())  # so that the flush at exit stays quiet too
        status = 0
    except OSError as error:  # files say so themselves: this is standard output
        status = _fail(SourceError(f"cannot write standard output: {(error.strerror or str(error)).lower()}"))
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    except Exception as error:
        if not hasattr(error, "format_message"):  # what typer raises for wrong usage
            raise SystemExit(_report_bug(error)) from (error if os.environ.get("FLOPCOUNT_DEBUG") else None)
        status = _fail_usage(error.format_message())
    sys.exit(status)


def _fail(error: FlopcountError) -> int:
    complain(error)
    return error.exit_status


def _fail_usage(text: str) -> int:
    if not text:  # a bare `flopcount`, which has shown its help
        return UsageError.exit_status
    what, *guesses = re.split(r"\.? (?:\(Possible options: |Did you mean )", text, maxsplit=1)
    hint = "`flopcount --help` lists the commands"
    if guesses:
        hint = f"did you mean {' or '.join(guesses[0].rstrip('?).').split(', '))}?"
    return _fail(UsageError(what[:1].lower() + what[1:].rstrip("."), hint=hint))


def _report_bug(error: Exception) -> int:
    if os.environ.get("FLOPCOUNT_DEBUG"):
        raise error
    what = f"{type(error).__name__}: {error}"
    complain(f"error: this is a bug in flopcount ({what})")
    complain("  hint: FLOPCOUNT_DEBUG=1 shows where; please report it with the source that caused it")
    return BUG
