"""Netscope's column of multiply-accumulates; additions, divisions, exponentials, comparisons have others."""

from __future__ import annotations

from . import Rule, unknown

RULES = (Rule("wrong for a transposed convolution, in a way not surveyed", ("conv_transpose",), unknown, wrong=True),)
