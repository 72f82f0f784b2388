"""Recurrent networks: one step after another, each reading the input and the state that the step before left."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, ClassVar, Literal

from ..errors import OpError, show_shape
from ..fields import Flag, Size
from ..op import Op, Shape, Work, add, bias_add, bias_gradient, dot, mul, op, to_input, to_weight
from .activation import Activation, ReLU, Sigmoid, Tanh

MAX_LAYERS = 1024


class Recurrent(Op, frozen=True, kw_only=True):
    """What the recurrent ops share: a stack of layers, each of one or two directions, each direction of `gates` gates.

    Every gate of every step is two dot products, of the input and of the state before, each with its bias. The first
    step's state may be given, (layers·directions, N, H); one of zeros is multiplied like any other.
    """

    hidden: Size
    layers: Size = 1
    bidirectional: Flag = False
    bias: Flag = True
    sequence: Flag = True

    gates: ClassVar[int]
    group: ClassVar = "recurrent"
    arity: ClassVar[tuple[int, int | None]] = (1, 2)
    signature: ClassVar = "N T D1, ..., ... -> ..."
    letters: ClassVar = {"hidden": "H"}

    def check(self, x: Shape, *states: Shape) -> None:
        if len(x) != 3:
            raise OpError(
                f"needs batch, steps and features, not {len(x)} axes",
                hint="the input of a spec is one sample: [steps, features]",
            )
        if self.layers > MAX_LAYERS:
            raise OpError(f"layers must be at most {MAX_LAYERS}, not {self.layers}")
        for state, size in zip(states, (self._state, self.hidden), strict=False):
            wanted = (self.layers * self._directions, x[0], size)
            if state != wanted:
                raise OpError(f"the first state is {show_shape(wanted)}, not {show_shape(state)}")

    def infer(self, x: Any, *states: Any) -> Any:
        n, t, _ = x
        return (n, t, self._features) if self.sequence else (n, self._features)

    def weights(self, x: Any, *states: Any) -> dict[str, Any]:
        return {
            f"{name}_l{layer}{suffix}": shape
            for layer in range(self.layers)
            for suffix in ("", "_reverse")[: self._directions]
            for name, shape in self._matrices(x[-1] if layer == 0 else self._features)
        }

    def work(self, x: Any, *rest: Any) -> Sequence[Work]:
        n, t, d1 = x
        steps = n * t * self._directions
        units = steps * self.gates * self.hidden
        read = d1 + (self.layers - 1) * self._features
        cells = steps * self.hidden * self.layers
        return (
            dot(units * read, units * self.layers, part="input"),
            *bias_add(self.bias, units * self.layers, part="input"),
            dot(units * self._state * self.layers, units * self.layers, part="hidden"),
            *bias_add(self.bias, units * self.layers, part="hidden"),
            *self.cell(cells),
        )

    def cell(self, cells: Any) -> tuple[Work, ...]:
        """What is computed elementwise once the dot products are there, for this many cells (units × steps)."""
        raise NotImplementedError

    def backward(self, x: Any, *rest: Any) -> Sequence[Work]:
        """Backpropagation through time: from the last step to the first, and from the last layer to the first.

        Every gate's gradient goes to its weights, to what its layer has read, and but for the first step to the state
        before, where it meets the gradient that comes from the layer above. A first state that is given has one too.
        With `sequence: false` the one from above is zero but for one step, and added and multiplied like any other.
        """
        n, t, d1 = x
        steps = n * t * self._directions
        units = steps * self.gates * self.hidden
        later = n * (t - 1) * self._directions
        stacked = units * self._features * (self.layers - 1)
        fed_back = later * self._state * self.layers
        return (
            *to_input(0, dot(units * d1, n * t * d1, part="input")),
            *to_input(None, dot(stacked, n * t * self._features * (self.layers - 1), part="input")),
            *to_input(None, dot(later * self.gates * self.hidden * self._state * self.layers, fed_back, part="hidden")),
            *to_input(None, add(fed_back, part="hidden")),
            *to_input(None, *self.cell_back(steps * self.hidden * self.layers, later * self.hidden * self.layers)),
            *(self.first_back(n * self._directions * self.layers) if len(rest) > 1 else ()),
            *(entry for name, shape in self.weights(x).items() for entry in self._weight_back(name, shape, n * t)),
        )

    def cell_back(self, cells: Any, later: Any) -> tuple[Work, ...]:
        """The elementwise part of the gradients, for this many cells, of which so many have a step before them."""
        raise NotImplementedError

    def first_back(self, states: Any) -> tuple[Work, ...]:
        """The gradient of so many first states, as of any state before, except that it meets none from above."""
        outputs = states * self._state
        return to_input(1, dot(outputs * self.gates * self.hidden, outputs, part="first"))

    def _weight_back(self, name: str, shape: Any, steps: Any) -> tuple[Work, ...]:
        if len(shape) == 1:
            return bias_gradient(True, steps * shape[0], shape[0], name=name, part="bias")
        part = {"ih": "input", "hh": "hidden", "hr": "projection"}[name.split("_")[1]]
        return to_weight(name, dot(steps * shape[0] * shape[1], shape[0] * shape[1], part=part))

    @property
    def _directions(self) -> int:
        return 2 if self.bidirectional else 1

    @property
    def _state(self) -> Any:
        """Size of the state that is fed back."""
        return self.hidden

    @property
    def _features(self) -> Any:
        """Size of what a layer hands on: the states of its directions side by side."""
        return self._state * self._directions

    def _matrices(self, features: Any) -> Iterator[tuple[str, Any]]:
        """Weights of one direction of one layer, in torch's order."""
        rows = self.gates * self.hidden
        yield "weight_ih", (rows, features)
        yield "weight_hh", (rows, self._state)
        if self.bias:
            yield "bias_ih", (rows,)
            yield "bias_hh", (rows,)


@op
class RNN(Recurrent, frozen=True, kw_only=True):
    """The plain recurrent layer (Elman): h = tanh(W·x + b + U·h + c).

    x: (N, T, D1)   weight_ih_l0: (H, D1)   weight_hh_l0: (H, H)   biases: (H,)   ->   y: (N, T, H), or with
    `sequence: false` the last state (N, H). Two directions stand side by side: 2·H.

    Example:
        >>> RNN(hidden=64, sequence=False).infer((1, 20, 32))
        (1, 64)
    """

    nonlinearity: Literal["tanh", "relu"] = "tanh"

    tag: ClassVar = "rnn"
    gates: ClassVar = 1
    citation: ClassVar = "Elman 1990, Finding structure in time; equations and weights as torch.nn.RNN"

    def cell(self, cells: Any) -> tuple[Work, ...]:
        return (add(cells, part="gates"), *_applied(self._activation, cells, "gates"))

    def cell_back(self, cells: Any, later: Any) -> tuple[Work, ...]:
        return _applied_back(self._activation, cells, "gates")

    @property
    def _activation(self) -> type[Activation]:
        return Tanh if self.nonlinearity == "tanh" else ReLU


@op
class LSTM(Recurrent, frozen=True, kw_only=True):
    """Long short-term memory: gates i, f, o and candidate g; c = f∘c + i∘g; h = o∘tanh(c).

    x: (N, T, D1)   weight_ih_l0: (4·H, D1)   weight_hh_l0: (4·H, H)   biases: (4·H,)   ->   y: (N, T, H), or with
    `sequence: false` the last state (N, H). Two directions stand side by side: 2·H. With `proj` the state is projected
    to fewer features, and these are fed back and handed on.

    Example:
        >>> LSTM(hidden=64, bidirectional=True).infer((1, 20, 32))
        (1, 20, 128)
    """

    proj: Size | None = None

    tag: ClassVar = "lstm"
    arity: ClassVar = (1, 3)
    gates: ClassVar = 4
    citation: ClassVar = "Hochreiter & Schmidhuber 1997; projection Sak et al. 2014, arXiv 1402.1128; as torch.nn.LSTM"

    def check(self, x: Shape, *states: Shape) -> None:
        super().check(x, *states)
        if len(states) == 1:
            raise OpError("a first state needs the cell's beside it")
        if self.proj is not None and self.proj >= self.hidden:
            raise OpError(f"proj {self.proj} must be smaller than hidden {self.hidden}")

    def work(self, x: Any, *rest: Any) -> Sequence[Work]:
        work = super().work(x, *rest)
        if self.proj is None:
            return work
        n, t, _ = x
        outputs = n * t * self._features * self.layers
        return (*work, dot(self.hidden * outputs, outputs, part="projection"))

    def first_back(self, states: Any) -> tuple[Work, ...]:
        """To the cell before goes `dc∘f` besides."""
        return (*super().first_back(states), *to_input(2, mul(states * self.hidden, part="first")))

    def backward(self, x: Any, *rest: Any) -> Sequence[Work]:
        work = super().backward(x, *rest)
        if self.proj is None:
            return work
        n, t, _ = x
        cells = n * t * self._directions * self.layers * self.hidden
        return (*work, *to_input(None, dot(cells * self.proj, cells, part="projection")))

    def cell(self, cells: Any) -> tuple[Work, ...]:
        return (
            add(4 * cells, part="gates"),
            *_applied(Sigmoid, 3 * cells, "gates"),
            *_applied(Tanh, cells, "gates"),
            mul(3 * cells, part="cell"),
            add(cells, part="cell"),
            *_applied(Tanh, cells, "cell"),
        )

    def cell_back(self, cells: Any, later: Any) -> tuple[Work, ...]:
        """`do = dh∘tanh(c)`; `dc = dh∘o∘(1 − tanh(c)²)` and that of the step after.

        Of it `dc∘f` goes to the step before; `dc∘g`, `dc∘i` and `dc∘c`, with the c before, go to the gates i, g and f.
        """
        return (
            *_applied_back(Sigmoid, 3 * cells, "gates"),
            *_applied_back(Tanh, cells, "gates"),
            *_applied_back(Tanh, cells, "cell"),
            mul(5 * cells + later, part="cell"),
            add(later, part="cell"),
        )

    @property
    def _state(self) -> Any:
        return self.hidden if self.proj is None else self.proj

    def _matrices(self, features: Any) -> Iterator[tuple[str, Any]]:
        yield from super()._matrices(features)
        if self.proj is not None:
            yield "weight_hr", (self.proj, self.hidden)


@op
class GRU(Recurrent, frozen=True, kw_only=True):
    """Gated recurrent unit: reset r, update z, candidate n = tanh(W·x + b + r∘(U·h + c)); h = (1 − z)∘n + z∘h.

    x: (N, T, D1)   weight_ih_l0: (3·H, D1)   weight_hh_l0: (3·H, H)   biases: (3·H,)   ->   y: (N, T, H), or with
    `sequence: false` the last state (N, H). Two directions stand side by side: 2·H.

    Example:
        >>> GRU(hidden=64, layers=2).infer((1, 20, 32))
        (1, 20, 64)
    """

    tag: ClassVar = "gru"
    gates: ClassVar = 3
    citation: ClassVar = "Cho et al. 2014, arXiv 1406.1078; the reset gate after the product, as torch.nn.GRU"

    def cell(self, cells: Any) -> tuple[Work, ...]:
        return (
            mul(cells, part="gates"),
            add(3 * cells, part="gates"),
            *_applied(Sigmoid, 2 * cells, "gates"),
            *_applied(Tanh, cells, "gates"),
            add(2 * cells, part="cell"),
            mul(2 * cells, part="cell"),
        )

    def first_back(self, states: Any) -> tuple[Work, ...]:
        """`z∘dh` goes to the state before besides."""
        passed = states * self.hidden
        return (*super().first_back(states), *to_input(1, mul(passed, part="first"), add(passed, part="first")))

    def cell_back(self, cells: Any, later: Any) -> tuple[Work, ...]:
        """`dz = dh∘h − dh∘n` with the h before, `dn = (1 − z)∘dh`, and `z∘dh` goes to the step before.

        Within n, its gradient goes times r to U·h + c, and times U·h + c to r.
        """
        return (
            *_applied_back(Sigmoid, 2 * cells, "gates"),
            *_applied_back(Tanh, cells, "gates"),
            mul(2 * cells, part="gates"),
            mul(3 * cells + later, part="cell"),
            add(cells + later, part="cell"),
        )


def _applied(activation: type[Activation], cells: Any, part: str) -> tuple[Work, ...]:
    return tuple(Work(kind, count * cells, part=part) for kind, count in activation.primitives.items())


def _applied_back(activation: type[Activation], cells: Any, part: str) -> tuple[Work, ...]:
    return tuple(Work(kind, count * cells, part=part) for kind, count in activation.gradient.items())
