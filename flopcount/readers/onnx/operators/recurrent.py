"""Recurrent networks in the format's layout: steps first, directions on an axis of their own, all states given out."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, ClassVar

from msgspec.structs import replace

from ....errors import OpError
from ....op import Op, Work, add, mul
from ....ops.recurrent import GRU, LSTM, RNN, Recurrent
from ..call import Call, Results
from ..values import UnreadError
from ._rules import Rule


class Steps(Op, frozen=True, kw_only=True):
    """A recurrent layer of one of our kinds, its input and outputs laid out as the format has them.

    x: (T, N, D1)   ->   y: (T, directions, N, H)   last states: (directions, N, H) each
    """

    cell: Recurrent
    states: int = 1
    batch_first: bool = False
    peepholes: bool = False

    arity: ClassVar[tuple[int, int | None]] = (1, None)
    group: ClassVar = "recurrent"
    signature: ClassVar = "T N D1 -> ..."

    def check(self, x: Any, *states: Any) -> None:
        if len(x) != 3:
            raise OpError(f"needs steps, batch and features, not {len(x)} axes")

    def infer(self, x: Any, *states: Any) -> Any:
        n, t, _ = self._ours(x)
        directions, hidden = self._directions, self.cell.hidden
        if self.batch_first:
            return [(n, t, directions, hidden), *[(n, directions, hidden)] * self.states]
        return [(t, directions, n, hidden), *[(directions, n, hidden)] * self.states]

    def weights(self, x: Any, *states: Any) -> dict[str, Any]:
        directions, rows = self._directions, self.cell.gates * self.cell.hidden
        shapes = {"weight_ih": (directions, rows, x[-1]), "weight_hh": (directions, rows, self.cell.hidden)}
        return {**shapes, "bias": (directions, 2 * rows)} if self.cell.bias else shapes

    def work(self, x: Any, *others: Any) -> Sequence[Work]:
        n, t, d1 = self._ours(x)
        work = self.cell.work((n, t, d1), ())
        cells = 3 * n * t * self._directions * self.cell.hidden
        return (*work, mul(cells, part="gates"), add(cells, part="gates")) if self.peepholes else tuple(work)

    def backward(self, x: Any, *others: Any) -> Sequence[Work] | None:
        if self.peepholes:
            return None
        states = others[: len(others) - 1 - self.states]
        entries = self.cell.backward(self._ours(x), *states, ())
        # The format keeps the weights of both directions as one, and both biases too.
        return [replace(each, to=_merged(each.to)) if isinstance(each.to, str) else each for each in entries]

    def _ours(self, x: Any) -> Any:
        return x if self.batch_first else (x[1], x[0], x[2])

    @property
    def _directions(self) -> int:
        return 2 if self.cell.bidirectional else 1


def _merged(weight: str) -> str:
    return "bias" if weight.startswith("bias") else weight.partition("_l0")[0]


class StepsLSTM(Steps, frozen=True, kw_only=True):
    """Long short-term memory."""

    tag: ClassVar = "lstm"


class StepsGRU(Steps, frozen=True, kw_only=True):
    """Gated recurrent unit."""

    tag: ClassVar = "gru"


class StepsRNN(Steps, frozen=True, kw_only=True):
    """The plain recurrent layer."""

    tag: ClassVar = "rnn"


KINDS: dict[str, tuple[type[Recurrent], type[Steps]]] = {
    "LSTM": (LSTM, StepsLSTM),
    "GRU": (GRU, StepsGRU),
    "RNN": (RNN, StepsRNN),
}


def _recurrent(call: Call) -> Results:
    x, w, r, b = call.input(0), call.input(1), call.input(2), call.optional(3)
    kind, steps = KINDS[call.node.op_type]
    if len(w.shape) != 3 or len(r.shape) != 3:
        raise UnreadError("its weights have other axes")
    fields: dict[str, Any] = {
        "hidden": r.shape[2],
        "bidirectional": call.text("direction") == "bidirectional",
        "bias": b is not None,
    }
    if kind is RNN and call.texts("activations")[:1] == ("Relu",):
        fields["nonlinearity"] = "relu"
    if not 0 < r.shape[2] < 1 << 40:
        raise UnreadError("no hidden units")
    initial = [value for value in call.inputs[5:7] if value is not None]
    op = steps(
        cell=kind(**fields),
        states=2 if kind is LSTM else 1,
        batch_first=bool(call.integer("layout")),
        peepholes=call.optional(7) is not None,
    )
    return call.layer(op, x, *initial, weight_ih=w, weight_hh=r, bias=b)


RULES: dict[str, Rule] = dict.fromkeys(KINDS, _recurrent)
