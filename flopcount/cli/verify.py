"""`flopcount verify`."""

from __future__ import annotations

from typing import Annotated

import typer

from .options import Batch, Format, Input, Kwargs, Output, Settings, Sources, kwargs_of, names_of, settings_of


def verify(
    sources: Sources,
    witness: Annotated[
        str | None, typer.Option("--witness", "-w", metavar="NAMES", help="Whom to ask: torch,FlopCounterMode,fvcore.")
    ] = None,
    against: Annotated[
        str | None,
        typer.Option(
            "--against",
            metavar="NAMES",
            help="Other counters to ask instead: fvcore,torch,thop,torchinfo,ptflops,calflops,deepspeed ...",
        ),
    ] = None,
    input: Input = None,
    batch: Batch = 1,
    set_: Settings = None,
    kwargs: Kwargs = None,
    format: Format = "table",
    output: Output = None,
) -> None:
    """Build a network in torch and let independent counters confirm every number; exit 1 where one does not."""
    from ..verifying.verification import verification_document
    from ..verifying.verify import WITNESSES, require_agreement, verify
    from .output import show

    verifications = [
        verify(
            source,
            witnesses=names_of(witness) or (() if against else WITNESSES),
            against=names_of(against),
            inputs=input,
            batch=batch,
            settings=settings_of(set_),
            kwargs=kwargs_of(kwargs),
        )
        for source in sources
    ]
    show(verification_document(verifications), format, output)
    for each in verifications:
        require_agreement(each)
