"""Recurrent networks: torch's own, that hand on their states in order, or the last one alone."""

from __future__ import annotations

from typing import Any

from torch import nn

from ...op import Shape
from ...ops.recurrent import LSTM, Recurrent


class _HandsOn(nn.Module):
    sequence: bool

    def forward(self, x: Any, *first: Any) -> Any:
        state = first if len(first) > 1 else first[0] if first else None
        y = super().forward(x, state)[0]
        return y if self.sequence else y[:, -1]


class Elman(_HandsOn, nn.RNN):
    """The plain recurrent layer."""


class LongShortTerm(_HandsOn, nn.LSTM):
    """Long short-term memory."""


class Gated(_HandsOn, nn.GRU):
    """Gated recurrent unit."""


def _recurrent(kind: Any) -> Any:
    def build(op: Recurrent, x: Shape, *states: Shape) -> nn.Module:
        fields: dict[str, Any] = {"proj_size": op.proj or 0} if isinstance(op, LSTM) else {}
        if hasattr(op, "nonlinearity"):
            fields["nonlinearity"] = op.nonlinearity
        module: Any = kind(
            x[-1], op.hidden, op.layers, bias=op.bias, batch_first=True, bidirectional=op.bidirectional, **fields
        )
        module.sequence = op.sequence
        return module  # type: ignore[no-any-return]

    return build


MODULES = {"gru": _recurrent(Gated), "lstm": _recurrent(LongShortTerm), "rnn": _recurrent(Elman)}
