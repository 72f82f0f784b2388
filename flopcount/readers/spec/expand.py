"""Runs a parsed spec into a graph: blocks are unfolded, every layer is named and wired to what it reads."""

from __future__ import annotations

from ...errors import OpError, SpecError, did_you_mean
from ...fields import MAX_SIZE, fields_of, integer, show_value
from ...graph import GraphBuilder, Tensor
from ...op import Op
from ...ops.source import Held
from .budget import Budget
from .copies import copies
from .document import where
from .frame import Frame, Tensors, candidates
from .parse import make_op
from .syntax import Block, BranchesEntry, CallEntry, Entry, GroupEntry, OpEntry, Template
from .values import Environment, InputView, bind, evaluate, fill

MAX_NESTING = 100
MAX_NAME = 1000
"""How long a full name may be: a deep network's have some fifty characters."""

LATER = "a layer of this name stands further down: layers read only what stands before them, never in a circle"


class Expander:
    """Unfolds one spec into one builder.

    Its methods pass along `env`, the values that expressions know; `frame`, the names of the block that is being
    unfolded; and `scope`, the named groups and branches around the entry within that block, as `main.`.
    """

    def __init__(self, path: str, blocks: dict[str, Block], builder: GraphBuilder, parameters: Environment) -> None:
        self.path = path
        self.blocks = blocks
        self.builder = builder
        self.parameters = parameters
        self._batched = builder.batch is not None
        self._budget = Budget(path)
        self._nesting = 0
        self._frozen = False
        self._trips = 1
        self._weights: dict[str, Tensor] = {}
        self._indexed = 0

    def body(self, entries: tuple[Entry, ...], current: Tensors, env: Environment, frame: Frame, scope: str) -> Tensors:
        """Unfold a list of entries, the first fed by `current`, each other by the one before; what the last gives."""
        for entry in entries:
            if entry.is_plain:
                current = self._entry(entry, self._inputs(entry, current, env, frame, scope), env, frame, scope, None)
            else:
                current = self._copies(entry, current, env, frame, scope)
        return current

    def find(self, templates: tuple[Template, ...], env: Environment, frame: Frame, scope: str = "") -> Tensors:
        """The results that names refer to."""
        return tuple(tensor for template in templates for tensor in self._find(template, env, frame, scope))

    def _copies(self, entry: Entry, current: Tensors, env: Environment, frame: Frame, scope: str) -> Tensors:
        numbered = entry.repeat is not None or bool(entry.each)
        self._budget.spend(entry.node, 1)
        for i, variables in enumerate(copies(self.path, entry, self._seeing(env, current), self._budget)):
            self._budget.spend(entry.node, 0)  # the copies are paid for, the time that they take is not
            inner = {**env, **variables}
            if not self._stands(entry, current, inner, frame, scope):
                continue
            inputs = self._inputs(entry, current, inner, frame, scope)
            current = self._entry(entry, inputs, inner, frame, scope, i if numbered else None)
        return current

    def _stands(self, entry: Entry, current: Tensors, env: Environment, frame: Frame, scope: str) -> bool:
        if entry.when is None:
            return True
        # What it reads may itself stand only where it does, and is sought only where the condition asks for it.
        looks = entry.when.expression is not None and "input" in entry.when.expression.names
        env = self._seeing(env, self._inputs(entry, current, env, frame, scope)) if looks else env
        value = evaluate(self.path, entry.when, env)
        if not isinstance(value, bool):
            raise SpecError(
                f"when must be true or false, not {show_value(value)}",
                where=where(self.path, entry.when.node),
                hint="write a comparison: when: stride != 1",
            )
        return value

    def _entry(
        self, entry: Entry, inputs: Tensors, env: Environment, frame: Frame, scope: str, copy: int | None
    ) -> Tensors:
        self._budget.layer(entry.node)
        self._nesting += 1
        if self._nesting > MAX_NESTING:
            raise SpecError(
                f"blocks, groups and branches are nested more than {MAX_NESTING} deep",
                where=where(self.path, entry.node),
            )
        around = self._frozen, self._trips
        self._frozen = self._frozen or not entry.trainable
        if entry.trips is not None:
            self._trips *= self._times(entry, self._seeing(env, inputs))
        if isinstance(entry, OpEntry):
            name = self._name(entry, entry.op.tag, env, frame, scope, copy)
            results = self._op(entry, inputs, env, frame, scope + name)
        elif isinstance(entry, CallEntry):
            name = self._name(entry, entry.block, env, frame, scope, copy)
            results = self._call(
                entry, inputs, env, Frame(f"{frame.prefix}{scope}{name}.", body=self.blocks[entry.block].body)
            )
        else:
            name = self._name(entry, "", env, frame, scope, copy)
            inner = f"{scope}{name}." if name else scope
            if isinstance(entry, GroupEntry):
                results = self._group(entry, inputs, env, frame, inner)
            else:
                assert isinstance(entry, BranchesEntry)
                results = self._branches(entry, inputs, env, frame, inner)
        self._nesting -= 1
        self._frozen, self._trips = around
        if name:
            frame.names[scope + name] = results
        if copy is not None and entry.name is not None and not entry.name.parts:  # the name alone is the last copy
            frame.names[scope + entry.name.text] = results
        if entry.outputs:
            self._name_outputs(entry, results, frame, scope)
        return results

    def _times(self, entry: Entry, env: Environment) -> int:
        """How often an entry runs each time that what is around it does."""
        assert entry.trips is not None
        place = where(self.path, entry.trips.node)
        try:
            times = integer(evaluate(self.path, entry.trips, env), "a non-negative integer", 0)
        except OpError as error:
            raise SpecError(f"trips {error.what}", where=place, hint=error.hint) from None
        if self._trips * times > MAX_SIZE:
            raise SpecError(f"loops within one another run more than 2^40 = {MAX_SIZE} times", where=place)
        return times

    def _op(self, entry: OpEntry, inputs: Tensors, env: Environment, frame: Frame, name: str) -> Tensors:
        full_name = frame.prefix + name
        op = entry.ready or self._make(entry, self._seeing(env, inputs))
        return self.builder.add(
            op,
            () if op.is_alone and entry.sources is None else inputs,
            name=full_name,
            where=where(self.path, entry.node),
            tied={key: self._weight(entry, wanted, frame, name) for key, wanted in entry.ties.items()},
            trainable=not self._frozen,
            trips=self._trips,
        )

    def _make(self, entry: OpEntry, env: Environment) -> Op:
        values = {name: evaluate(self.path, value, env) for name, value in entry.fields.items()}
        return make_op(self.path, entry.op, fields_of(entry.op), values, entry.fields)

    def _call(self, entry: CallEntry, inputs: Tensors, env: Environment, frame: Frame) -> Tensors:
        block = self.blocks[entry.block]
        self._budget.spend(entry.node, len(block.arguments) + len(block.let) + len(entry.arguments))
        outer = self._seeing(env, inputs)
        inner = self._seeing(self.parameters, inputs)
        for name, default in block.arguments.items():
            if name in entry.arguments:
                inner[name] = evaluate(self.path, entry.arguments[name], outer)
            elif default is not None:
                inner[name] = evaluate(self.path, default, inner)
            else:
                raise SpecError(
                    f"block '{entry.block}' needs the argument '{name}'",
                    where=where(self.path, entry.node),
                    hint=f"its arguments: {', '.join(block.arguments)}",
                )
        bind(self.path, block.let, inner)
        frame.names["input"] = inputs
        if block.inputs:
            if len(block.inputs) != len(inputs):
                raise SpecError(
                    f"block '{entry.block}' takes {len(block.inputs)} inputs ({', '.join(block.inputs)}),"
                    f" not {len(inputs)}",
                    where=where(self.path, entry.node),
                    hint="`from: [a, b]` names a block's inputs",
                )
            frame.names.update((name, (tensor,)) for name, tensor in zip(block.inputs, inputs, strict=True))
        results = self.body(block.body, inputs, inner, frame, "")
        return results if block.outputs is None else self.find(block.outputs, inner, frame)

    def _group(self, entry: GroupEntry, inputs: Tensors, env: Environment, frame: Frame, scope: str) -> Tensors:
        if entry.let:
            self._budget.spend(entry.node, len(entry.let))
            env = self._seeing(env, inputs)
            bind(self.path, entry.let, env)
        return self.body(entry.body, inputs, env, frame, scope)

    def _branches(self, entry: BranchesEntry, inputs: Tensors, env: Environment, frame: Frame, scope: str) -> Tensors:
        results: Tensors = ()
        for name, body in entry.branches:
            branch = self.body(body, inputs, env, frame, f"{scope}{name}." if name else scope)
            if name:
                frame.names[scope + name] = branch
            results += branch
        if entry.join is None:
            return results
        name = self._name(entry.join, entry.join.op.tag, env, frame, scope, None)
        joined = self._op(entry.join, results, env, frame, scope + name)
        frame.names[scope + name] = joined
        return joined

    def _inputs(self, entry: Entry, current: Tensors, env: Environment, frame: Frame, scope: str) -> Tensors:
        """What an entry reads: what `from:` names, or what the one before gave."""
        if entry.sources is not None:
            return self.find(entry.sources, env, frame, scope)
        if not current and not (isinstance(entry, OpEntry) and issubclass(entry.op, Held)):
            raise SpecError(
                "the model has several inputs; the first layer must say which it reads",
                where=where(self.path, entry.node),
                hint=f"from: {next(iter(frame.names), 'input')}",
            )
        return current

    def _find(self, template: Template, env: Environment, frame: Frame, scope: str) -> Tensors:
        name = fill(self.path, template, env)
        found = frame.find(name, scope)
        if found is None:
            raise SpecError(
                f"there is no layer '{name}' before this one",
                where=where(self.path, template.node),
                hint=LATER
                if any(entry.name is not None and entry.name.text == name for entry in frame.body)
                else did_you_mean(name, frame.names) or "names are local to their block",
            )
        return found

    def _name(self, entry: Entry, kind: str, env: Environment, frame: Frame, scope: str, copy: int | None) -> str:
        """The entry's name in its scope: its own (`name.0`, `name.1` where it is copied), or its kind and a number."""
        if entry.name is None:
            name = frame.number(kind, scope) if kind else ""
        else:
            name = fill(self.path, entry.name, env)
            if scope + name in frame.names and (copy is None or copy == 0 or entry.name.parts):
                raise SpecError(
                    f"the name '{frame.prefix}{scope}{name}' is taken",
                    where=where(self.path, entry.name.node),
                    hint="names are unique within their block",
                )
            if copy is not None and not entry.name.parts:
                name = f"{name}.{copy}"
        if len(frame.prefix) + len(scope) + len(name) > MAX_NAME:
            raise SpecError(
                f"the full name of this layer is longer than {MAX_NAME} characters", where=where(self.path, entry.node)
            )
        return name

    def _name_outputs(self, entry: Entry, results: Tensors, frame: Frame, scope: str) -> None:
        if len(entry.outputs) != len(results):
            raise SpecError(
                f"outputs names {len(entry.outputs)} results, but there are {len(results)}",
                where=where(self.path, entry.node),
            )
        for name, tensor in zip(entry.outputs, results, strict=True):
            if scope + name in frame.names:
                raise SpecError(f"the name '{name}' is taken", where=where(self.path, entry.node))
            frame.names[scope + name] = (tensor,)

    def _weight(self, entry: OpEntry, wanted: str, frame: Frame, name: str) -> Tensor:
        """The weight that `weight:` names, sought from the layer's own scope outwards; `.a.weight` from the top.

        Or the one result of a layer, which is then used as a weight.
        """
        self._budget.spend(entry.node, 1)
        for node in self.builder.nodes[self._indexed :]:
            self._weights.update((weight.name, weight) for weight in node.weights)
        self._indexed = len(self.builder.nodes)
        for candidate in candidates(wanted, frame.prefix + name):
            if candidate in self._weights:
                return self._weights[candidate]
        results = frame.find(wanted, name[: name.rfind(".") + 1])
        if results is not None and len(results) == 1:
            return results[0]
        raise SpecError(
            f"there is no weight '{wanted}' before this layer",
            where=where(self.path, entry.node),
            hint=did_you_mean(wanted, self._weights) or "a weight is named LAYER.weight; a layer's result, LAYER",
        )

    def _seeing(self, env: Environment, inputs: Tensors) -> Environment:
        """The environment in which `input` is what the layer reads."""
        return {**env, "input": InputView(inputs, self._batched)}
