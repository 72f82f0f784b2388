from __future__ import annotations

import re

import pytest
from msgspec.structs import replace

from flopcount.budget.document import check_document
from flopcount.renderers import github
from flopcount.verdict import Check, ModelCheck, Problem, Verdict
from tests.checks import EVERYTHING, FC

LOG = github.render(check_document(EVERYTHING))


def commands(text: str) -> list[str]:
    """The workflow commands that a runner obeys in a log: none between stop-commands and its token."""
    obeyed, token = [], None
    for line in text.splitlines():
        if token is not None:
            token = None if line == f"::{token}::" else token
        elif line.startswith("::"):
            obeyed.append(line)
            token = line.removeprefix("::stop-commands::") if line.startswith("::stop-commands::") else None
    assert token is None
    return obeyed


def test_an_annotation_for_everything_that_is_wrong() -> None:
    assert commands(LOG)[1:] == [
        "::error file=sub folder/a b/gone.yaml,line=3,col=5,title=gone.yaml cannot be checked::no such op 'cnv'",
        "::error file=sub folder/nets/net.yaml,line=7,col=5,title=nets/net.yaml%3A params::"
        "params 3.11 K is over the limit of 3.00 K by 114 (+3.8 %25)",
        "::error title=evil\x1b[31m%0D%0A%3A%3Aerror%3A%3Aname%2Ca%3Ab%25|<&>%3A params::"
        "evil\x1b[31m%0D%0A::error::name,a:b%25|<&> cannot be counted",
        "::error title=evil\x1b[31m%0D%0A%3A%3Aerror%3A%3Aname%2Ca%3Ab%25|<&>%3A ops::it may not have lrn",
        "::warning file=sub folder/flopcount.yaml,line=5,col=9,title=nets/net.yaml%3A weight_bytes::weight_bytes grew",
    ]


@pytest.mark.parametrize(
    ("where", "properties"),
    [
        ("a,b:c%d\ne\r.yaml:3:5", "file=a%2Cb%3Ac%25d%0Ae%0D.yaml,line=3,col=5,"),
        ("nets.py:7", "file=nets.py,line=7,"),
        ("../net.yaml:3:5", ""), ("/opt/net.yaml:3:5", ""), ("node 17", ""), ("", ""),
    ],
)  # fmt: skip
def test_files_of_the_repository_are_named(where: str, properties: str) -> None:
    verdict = Verdict("params", "max", "error", "over", "1", message="much", culprit=where)
    check = Check("VERSION", (ModelCheck("net", "net", verdicts=(verdict,)),))
    assert [*github.commands(check)] == [f"::error {properties}title=net%3A params::much\n"]


def test_commands_in_the_table_are_not_obeyed() -> None:
    assert re.match(r"::stop-commands::[0-9a-f]{32}\n", LOG)
    hostile = replace(EVERYTHING, models=(ModelCheck("::error::x", "x", note="::add-mask::a"),))
    assert len(commands(github.render(check_document(hostile)))) == 1


def many(number: int, text: str = "much") -> Check:
    verdict = Verdict("params", "max", "error", "over", "1", 1, 2, message=text, holds=(FC,))
    return Check("VERSION", tuple(ModelCheck(f"m{i}", "m", verdicts=(verdict,)) for i in range(number)))


@pytest.mark.parametrize("number", [10, 11, 500])
def test_at_most_ten(number: int) -> None:
    log = github.render(check_document(many(number)))
    assert len(commands(log)) == 1 + 10
    assert log.endswith(f"\n… and {number - 10} more, which `--format json` has\n") == (number > 10)


def test_a_long_message_is_bounded() -> None:
    assert max(map(len, commands(github.render(check_document(many(1, "x" * 10**6)))))) < 3_000


def test_the_summary_is_markdown_and_bounded() -> None:
    assert github.summary(check_document(EVERYTHING)).startswith(
        "<!-- flopcount check -->\n### budgets: 1 unreadable, "
    )
    document = check_document(many(90, "ü" * 20_000))
    whole = github.summary(document, 10**9).encode()
    cut = github.summary(document).encode()
    assert len(whole) > github.MAX_SUMMARY >= len(cut) > github.MAX_SUMMARY - 50_000
    assert cut.decode().endswith("\n\n… the rest is too long for a summary\n")
    assert len(github.summary(document, 0)) < 100


def test_a_refused_comparison_says_that_it_is_one() -> None:
    problem = Problem("it was counted on other inputs", kind="refused")
    check = Check("VERSION", (ModelCheck("net", "net", problem=problem),))
    assert [*github.commands(check)] == ["::error title=net cannot be compared::it was counted on other inputs\n"]
