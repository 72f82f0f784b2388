"""Trace the operators as they run: one forward pass on shapes, watched from inside torch's dispatcher.

Under inference mode the watcher sees operators as the model calls them (`linear`, `lstm`, `einsum`); those that nobody
maps are shown again by the parts that they are composed of. Which module runs is told by hooks that torch calls for
every module; none is put on the model.
"""

from __future__ import annotations

import re
import sys
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from functools import cache
from opcode import opmap
from pathlib import Path
from types import FrameType
from typing import Any

import torch
from torch.nn.modules.conv import _ConvNd
from torch.nn.modules.module import register_module_forward_hook, register_module_forward_pre_hook

from .aten import find, is_layer
from .foreign import is_inner, line_of, shortened
from .skeleton import ASKING, DataDependentError, HigherOrderError, Skeleton, mapped, ordinary, tensors_in
from .trace import Call, Scope, Trace, Value, operator_of

TORCH = f"{Path(torch.__file__).parent}/"
HERE = f"{Path(__file__).parent}/"
MACHINERY = (HERE, *(f"{TORCH}{name}" for name in ("_compile.py", "_dynamo/", "_ops.py", "utils/_python_dispatch.py")))
"""What stands between an operator and the line that calls it."""
BINARY = opmap["BINARY_OP"]
"""What Python runs for `a @ b`."""
HIGHER_ORDER = re.compile(r"no rule registered for HigherOrderOperator (\w+)")
WANTS_GRADIENTS = ("does not require grad", "Inference tensors cannot be saved for backward", "outside InferenceMode")
"""What torch says where a model takes gradients while it runs."""


class Recorder(Skeleton):
    """Writes down every operator that runs.

    Args:
        model: Whose operators they are.
        real: Run everything for real.
    """

    def __init__(self, model: torch.nn.Module, real: bool = False) -> None:
        super().__init__(real)
        self.trace = Trace()
        self._values: dict[int, Value] = {}
        self._alive: list[torch.Tensor] = []
        self._viewed: dict[int, torch.Tensor] = {}
        self._paths: dict[int, str] = {}
        self._scopes = [Scope("")]
        self._unregistered = 0
        self._places = Counter([id(model), *map(id, _children(model))])
        for path, module in model.named_modules(remove_duplicate=False):
            self.trace.modules.append(path)
            self._paths.setdefault(id(module), path)
        for kind, named in (("parameter", model.named_parameters()), ("buffer", model.named_buffers())):
            for name, tensor in named:
                self.trace.held.append(self.know(tensor, Value((), "", kind, name, tensor.requires_grad)))
        for path, module in model.named_modules():
            self.trace.kept[path] = [self._values[id(tensor)] for tensor in (*module.parameters(), *module.buffers())]

    def know(self, tensor: torch.Tensor, value: Value) -> Value:
        """Say which value a tensor is from now on."""
        value.shape, value.dtype = tuple(tensor.shape), dtype_name(tensor.dtype)
        self._values[id(tensor)] = value
        self._alive.append(tensor)  # so that no other tensor takes its id
        return value

    def value(self, tensor: torch.Tensor) -> Value:
        """Which value a tensor is now; one that nobody has seen is a constant."""
        known = self._values.get(id(tensor))
        if known is None:
            self._unregistered += isinstance(tensor, torch.nn.Parameter)
            known = self.know(tensor, Value((), "", "constant"))
        return known

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        kwargs = kwargs or {}
        target, name = _names(func)
        if name not in ASKING and find(operator_of(target)) is None:
            with self:
                parts = func.decompose(*args, **kwargs)
            if parts is not NotImplemented:
                return parts
        args = self.without_masks(name, args)
        given = mapped((args, kwargs), self.value)
        result = self.run(func, args, kwargs)
        made = result if isinstance(result, list | tuple) else (result,)
        if tensors_in(made):
            tensors = tensors_in((args, kwargs))
            self._write(target, given, tensors, made)
            if _makes_views(func):
                self._viewed |= {id(view): self._viewed.get(id(tensors[0]), tensors[0]) for view in tensors_in(made)}
        return result

    def is_fixed(self, mask: torch.Tensor) -> bool:
        """Whether a mask's numbers are the same for every input."""
        return self.value(mask).kind != "activation" if self.real else self._is_known(mask)

    def _write(self, target: str, given: Any, tensors: Sequence[torch.Tensor], made: Sequence[Any]) -> None:
        args, kwargs = given
        call = Call(target, args, kwargs, (), self._scopes[-1], *_place())
        if any(made[0] is tensor for tensor in tensors) and not is_layer(call.operator):
            return  # handed on as it was
        call.outputs = tuple(
            self.know(tensor, Value((), "")) if isinstance(tensor, torch.Tensor) else None for tensor in made
        )
        if call.in_place and tensors[0] is not made[0]:  # it has a stand-in
            self._values[id(tensors[0])] = self._values[id(made[0])]
        self.trace.calls.append(call)
        call.scope.calls += is_layer(call.operator)
        if call.in_place and (whole := self._viewed.get(id(tensors[0]))) is not None:
            self._write_through(call, whole)

    def _write_through(self, call: Call, whole: torch.Tensor) -> None:
        """A view has been written: the tensor that it shows a part of is another now."""
        before, part = self.value(whole), call.outputs[0]
        after = self.know(whole, Value((), ""))
        self.trace.calls.append(Call("flopcount.written", (before, part), {}, (after,), call.scope, call.where))

    @contextmanager
    def watching_modules(self) -> Iterator[None]:
        """Follow which module is running."""

        def enter(module: torch.nn.Module, args: Any) -> None:
            path = self._paths.get(id(module))
            if path is not None:
                self.trace.called.add(path)
            self._scopes[-1].holds_others = True
            outer = self._scopes[-1]
            if path is None:
                self._scopes.append(outer)
            else:
                self._scopes.append(
                    Scope(
                        path,
                        origin=_origin(module),
                        outer=outer,
                        places=self._places[id(module)],
                        is_torchs=_is_torchs(module),
                    )
                )

        def leave(module: torch.nn.Module, args: Any, result: Any) -> None:
            scope = self._scopes.pop()
            if scope is not self._scopes[-1]:
                self.trace.returned[scope.path] = list(map(self.value, outputs_in(result)))

        hooks = (register_module_forward_pre_hook(enter), register_module_forward_hook(leave, always_call=True))
        try:
            yield
        finally:
            for hook in hooks:
                hook.remove()

    def remarks(self) -> Iterator[str]:
        """What happened that a reader should know."""
        if self._unregistered:
            yield f"{self._unregistered} parameters are used that the model does not register: they are not counted"


def record(
    model: torch.nn.Module,
    args: Sequence[Any],
    kwargs: dict[str, Any],
    names: Sequence[str],
    real: bool = False,
    gradients: bool = False,
) -> Trace:
    """Trace one forward pass.

    Args:
        model: In the mode (training or not) in which it is to run.
        args: What it is called with: tensors, or nested lists, tuples and dictionaries of them.
        kwargs: The same, by name.
        names: The names of those tensors, in order.
        real: Run everything for real.
        gradients: Let the model take gradients; then its operators are seen as those that torch differentiates.

    Raises:
        DataDependentError: The model's Python asks for a number that a tensor without numbers does not have.
    """
    recorder = Recorder(model, real)
    for name, tensor in zip(names, tensors_in((args, kwargs)), strict=True):
        recorder.trace.inputs.append(recorder.know(tensor, Value((), "", "input", name)))
    try:
        with ordinary(real), torch.inference_mode(not gradients), recorder.watching_modules(), recorder:
            result = model(*args, **kwargs)
    except DataDependentError as error:
        raise error.located(shortened(line_of(error))) from None
    except (NotImplementedError, RuntimeError, TypeError, ValueError) as error:
        if not gradients and any(text in str(error) for text in WANTS_GRADIENTS):
            trace = record(model, args, kwargs, names, real, gradients=True)
            trace.notes.append("it takes gradients itself: what they cost is a part of it")
            return trace
        if found := HIGHER_ORDER.search(str(error)):
            raise HigherOrderError(found[1], where=shortened(line_of(error))) from None
        if real or not (isinstance(error, NotImplementedError) or "meta" in str(error).lower()):
            raise
        raise DataDependentError(str(error).partition("\n")[0], where=shortened(line_of(error))) from error
    recorder.trace.outputs += map(recorder.value, outputs_in(result))
    recorder.trace.notes += recorder.remarks()
    return recorder.trace


def outputs_in(result: Any) -> list[torch.Tensor]:
    """The tensors of a module's result, whatever it wraps them in."""
    if isinstance(result, torch.Tensor):
        return [result]
    if isinstance(result, Mapping):
        result = list(result.values())
    elif is_dataclass(result):
        result = [getattr(result, each.name) for each in fields(result)]
    elif hasattr(result, "__dict__") and not isinstance(result, list | tuple | torch.nn.Module):
        result = list(vars(result).values())
    return [tensor for each in result for tensor in outputs_in(each)] if isinstance(result, list | tuple) else []


def dtype_name(dtype: torch.dtype) -> str:
    """A dtype as flopcount calls it.

    Example:
        >>> dtype_name(torch.float8_e4m3fn)
        'float8'
    """
    name = str(dtype).removeprefix("torch.")
    return "float8" if name.startswith("float8") else name


@cache
def _names(func: Any) -> tuple[str, str]:
    return str(func.overloadpacket), func.overloadpacket.__name__


@cache
def _makes_views(func: Any) -> bool:
    return any(made.alias_info is not None and not made.alias_info.is_write for made in func._schema.returns)


def _place() -> tuple[str, str]:
    """The line of Python, outside of torch and of this reader, that runs an operator, and how it does: see `Call`.

    No line where torch's own does.
    """
    frame: FrameType | None = sys._getframe(1)
    while frame is not None and frame.f_code is not record.__code__ and frame.f_code.co_filename.startswith(MACHINERY):
        frame = frame.f_back
    how = "" if frame is None or is_inner(frame.f_code.co_filename) else "method"
    if frame is not None and frame.f_code.co_code[frame.f_lasti] == BINARY:
        how = "operator"
    while frame is not None and frame.f_code is not record.__code__:
        if not is_inner(frame.f_code.co_filename):
            return f"{shortened(frame.f_code.co_filename)}:{frame.f_lineno}", how
        frame = frame.f_back
    return "", how


def _children(module: torch.nn.Module) -> Iterator[torch.nn.Module]:
    """All modules inside, each at every place; one that a module holds by two names stands there once."""
    for child in module.children():
        yield child
        yield from _children(child)


def _origin(module: torch.nn.Module) -> str:
    """What the operators are that a module runs itself."""
    if isinstance(module, torch.nn.MultiheadAttention):
        return "attention"
    if isinstance(module, torch.nn.RNNCellBase):
        return "cell"
    if isinstance(module, torch.nn.TransformerEncoderLayer | torch.nn.TransformerDecoderLayer):
        return "method"  # it holds its activation, which no tool patches there
    if isinstance(module, _ConvNd) and _is_torchs(module):
        return "module"  # padding that is not zeros is an operator of its own, which costs nothing
    return "functional" if module._modules else "leaf"


def _is_torchs(module: torch.nn.Module) -> bool:
    return type(module).__module__.startswith("torch.nn.modules.")
