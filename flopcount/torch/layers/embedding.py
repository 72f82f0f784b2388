"""Embedding."""

from __future__ import annotations

from torch import Tensor, nn


class Embedding(nn.Embedding):
    """torch's own, for integers of any width."""

    def forward(self, input: Tensor) -> Tensor:
        return super().forward(input.long())


MODULES = {"embedding": lambda op, x: Embedding(op.vocab, op.dim)}
