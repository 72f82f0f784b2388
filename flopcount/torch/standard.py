"""Ops of readers' own as ops of the spec language: what has a module is one of these."""

from __future__ import annotations

from msgspec.structs import fields

from ..errors import IncompleteError, OpError
from ..op import Op, Shape
from ..ops import OPS
from ..ops.source import Opaque

HINT = "replace it by the layers that it stands for"


def standard(op: Op, *x: Shape) -> Op:
    """The op of the spec language that computes the same.

    Files know layers that a spec does not: pooling whose padding exceeds half its window, attention with heads side by
    side. A reader has them as ops of its own, of the same tag.

    Args:
        op: The operation.
        *x: The shapes of its inputs, batch first.

    Raises:
        IncompleteError: There is none.

    Example:
        >>> from ..ops.pool import MaxPool
        >>> standard(MaxPool(kernel=2), (1, 3, 8, 8))
        MaxPool(kernel=2, stride=None, padding=0, ceil_mode=False, dilation=1)
    """
    known = OPS.get(op.tag)
    if type(op) is known:
        return op
    if known is None:
        raise IncompleteError(f"cannot be built: no module is known for {op.tag}", hint=HINT)
    if known is Opaque:
        kind = getattr(op, "kind", op.tag)
        raise IncompleteError(f"cannot be built: nobody knows what {kind} computes", hint=HINT)
    if not isinstance(op, known):
        raise IncompleteError(f"cannot be built: its form of {op.tag} has no module", hint=HINT)
    plain = known(**{field.name: getattr(op, field.name) for field in fields(known)})
    further = [field for field in fields(op) if field.name not in known.__struct_fields__]
    if unlike := [field.name for field in further if getattr(op, field.name) != field.default]:
        raise IncompleteError(f"cannot be built: the module of {op.tag} has no {unlike[0]}", hint=HINT)
    try:
        plain.check(*x)
    except OpError as error:
        raise IncompleteError(f"cannot be built as {op.tag}: {error.what}", hint=HINT) from None
    if plain.infer(*x) != op.infer(*x):
        raise IncompleteError(f"cannot be built: its form of {op.tag} has another shape", hint=HINT)
    return plain
