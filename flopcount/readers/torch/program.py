"""Saved programs (`torch.export.save`, FILE.pt2): their graph is JSON in a zip archive, and read as such.

Nothing in the file is run or unpickled, weights are not loaded, and torch is not needed.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from zipfile import BadZipFile, ZipFile

import msgspec

from ...errors import SourceError
from .aten import is_layer
from .trace import Call, Scope, Trace, Value

MAX_BYTES = 2**28
"""How large the description of a program may be: a hundred times that of the largest transformers."""

PLAIN = ("as_none", "as_int", "as_ints", "as_float", "as_floats", "as_bool", "as_bools", "as_string", "as_strings")
OTHERS = ("as_scalar_type", "as_memory_format", "as_layout", "as_device", "as_complex")

DTYPES = {
    1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
    9: "complex32", 10: "complex64", 11: "complex128", 12: "bool", 13: "bfloat16", 28: "uint16", 29: "float8",
    30: "float8", 31: "float8", 32: "float8",
}  # fmt: skip
"""Torch's numbers of element types in a saved program."""

WRAPPERS = ("wrap_with_set_grad_enabled", "wrap_with_autocast")
"""Operators that run a graph inside the graph as it is."""

_LINE = re.compile(r'File "([^"]+)", line (\d+)')


def read_program(path: str) -> Trace:
    """The trace that a saved program is.

    Raises:
        SourceError: It cannot be read, is something else, or has sizes that nobody has said.
    """
    program, weights = _open(path)
    try:
        return read_module(program["graph_module"], weights)
    except (LookupError, TypeError, AttributeError, ValueError, StopIteration, RecursionError) as error:
        raise SourceError(
            f"the program is not as torch writes it: {type(error).__name__} {error}", where=path,
            hint="torch 2.4 and later are known; export it again with the torch that you have",
        ) from None  # fmt: skip


def read_module(module: dict[str, Any], tied: dict[str, str]) -> Trace:
    """The trace of a program's graph, as torch writes it.

    Args:
        module: The graph with its signature.
        tied: Of each weight, what is the same for all names of one tensor.
    """
    return _Program(module, tied).trace


def batch_of(trace: Trace) -> int | None:
    """The size of the first axis, where all inputs have the same."""
    first = {value.shape[:1] for value in trace.inputs}
    return first.pop()[0] if len(first) == 1 and () not in first else None


def _open(path: str) -> tuple[dict[str, Any], dict[str, str]]:
    """The program, and in which file of the archive each weight lies."""
    try:
        with ZipFile(path) as archive:
            names = archive.namelist()
            model = next((name for name in names if _is_program(name)), None)
            if model is None:
                pickled = any(name.endswith(".pkl") for name in names)
                raise SourceError(
                    "holds pickled Python, which is not read: it could run anything" if pickled else "holds no program",
                    where=path, hint="torch.export.save(torch.export.export(model, args), 'model.pt2') writes one",
                )  # fmt: skip
            program = _json(archive, model, path)
            config = next((name for name in names if name.endswith("_weights_config.json")), None)
            entries = _json(archive, config, path).get("config", {}) if config else {}
    except OSError as error:
        raise SourceError(f"cannot be read: {(error.strerror or str(error)).lower()}", where=path) from None
    except (BadZipFile, NotImplementedError, RuntimeError, zlib.error, EOFError, ValueError) as error:
        raise SourceError(f"is no saved program: {error}", where=path) from None
    return program, {name: str(entry.get("path_name", name)) for name, entry in entries.items()}


def _is_program(name: str) -> bool:
    return name.endswith("exported_program.json") or (name.endswith(".json") and Path(name).parent.name == "models")


def _json(archive: ZipFile, name: str, path: str) -> Any:
    if archive.getinfo(name).file_size > MAX_BYTES:
        raise SourceError(f"{name} in it is larger than {MAX_BYTES:,} bytes", where=path)
    return msgspec.json.decode(archive.read(name))


class _Program:
    """Walks the nodes of a program."""

    def __init__(self, module: dict[str, Any], files: dict[str, str]) -> None:
        self.trace = Trace()
        self._scopes: dict[str, Scope] = {}
        self._root = Scope("")
        self._hinted = False
        graph = module["graph"]
        names: dict[str, Value] = {}
        known: dict[str, Value] = {}
        for spec in module["signature"]["input_specs"]:
            for kind, entry in spec.items():
                self._input(kind, entry, graph, names, known, files)
        self._walk(graph, names)
        self.trace.outputs += [
            value for out in graph["outputs"] if isinstance(value := self._argument(out, graph, names), Value)
        ]
        if self._hinted:
            self.trace.notes.append("some sizes of the program are open: those that it was exported with are counted")

    def _input(
        self, kind: str, entry: Any, graph: Any, names: dict[str, Value], known: dict[str, Value], files: dict[str, str]
    ) -> None:
        argument = entry.get("arg", {})
        name = argument.get("as_tensor", argument).get("name")
        if name not in graph["tensor_values"]:
            return
        value = names[name] = self._value(graph, name)
        value.kind, value.name = "input", name
        if kind == "user_input":
            self.trace.inputs.append(value)
            return
        kind = {"parameter": "parameter", "buffer": "buffer"}.get(kind, "constant")
        value.kind, value.name = kind, str(entry.get(f"{kind}_name", name))
        value.trainable = kind == "parameter" and bool(graph["tensor_values"][name].get("requires_grad"))
        first = known.setdefault(files.get(value.name, value.name), value)
        if first is not value:  # tied: two names of one tensor
            names[name] = first
        elif kind != "constant":
            self.trace.held.append(value)

    def _value(self, graph: Any, name: str) -> Value:
        meta = graph["tensor_values"][name]
        return Value(tuple(self._size(size) for size in meta["sizes"]), DTYPES.get(meta["dtype"], "float32"))

    def _size(self, size: Any) -> int:
        if "as_int" in size:
            return _natural(size["as_int"])
        hint = (size["as_expr"].get("hint") or {}).get("as_int")
        if hint is None:
            raise ValueError(f"the size {size['as_expr'].get('expr_str')} depends on data")
        self._hinted = True
        return _natural(hint)

    def _walk(self, graph: Any, names: dict[str, Value]) -> None:
        for node in graph["nodes"]:
            target = node["target"].removeprefix("torch.ops.")
            if target.rpartition(".")[2] in WRAPPERS:
                self._inline(node, graph, names)
                continue
            outputs = [self._made(out, graph, names) for out in self._flat(node["outputs"])]
            if not any(isinstance(out, Value) for out in outputs):
                continue
            args = [
                (entry.get("kind", 1), entry["name"], self._argument(entry["arg"], graph, names))
                for entry in node["inputs"]
            ]
            library, _, rest = target.partition(".")
            call = Call(
                f"{library}.{rest.partition('.')[0]}",
                tuple(value for kind, _, value in args if kind != 2),
                {name: value for kind, name, value in args if kind == 2},
                tuple(outputs),
                self._scope(node["metadata"].get("nn_module_stack", "")),
                _place(node["metadata"].get("stack_trace", "")),
            )
            if call.in_place and isinstance(call.args[0], Value):
                names.update(
                    {name: outputs[0] for name, value in names.items() if value is call.args[0] and outputs[0]}
                )
            self.trace.calls.append(call)
            call.scope.calls += is_layer(call.operator)

    def _inline(self, node: Any, graph: Any, names: dict[str, Value]) -> None:
        """The nodes of a graph inside the graph, in their place."""
        arguments = [entry["arg"] for entry in node["inputs"]]
        place = next(number for number, argument in enumerate(arguments) if "as_graph" in argument)
        inner = arguments[place]["as_graph"]["graph"]
        given = [self._argument(argument, graph, names) for argument in arguments[place + 1 :]]
        inside = {
            argument["as_tensor"]["name"]: value
            for argument, value in zip(inner["inputs"], given, strict=True)
            if "as_tensor" in argument
        }
        self._walk(inner, inside)
        made = [self._argument(out, inner, inside) for out in inner["outputs"]]
        for out, value in zip(self._flat(node["outputs"]), made, strict=True):
            if "as_tensor" in out:
                names[out["as_tensor"]["name"]] = value

    def _flat(self, outputs: Any) -> Iterator[Any]:
        for out in outputs:
            if "as_tensors" in out:
                yield from ({"as_tensor": each} for each in out["as_tensors"])
            else:
                yield out

    def _made(self, out: Any, graph: Any, names: dict[str, Value]) -> Value | None:
        if "as_tensor" not in out:
            return None
        name = out["as_tensor"]["name"]
        names[name] = self._value(graph, name)
        return names[name]

    def _argument(self, argument: Any, graph: Any, names: dict[str, Value]) -> Any:
        ((kind, value),) = argument.items()
        if kind == "as_tensor":
            return names[value["name"]]
        if kind == "as_tensors":
            return [names[each["name"]] for each in value]
        if kind in ("as_optional_tensors", "as_nested_tensors"):
            return [self._argument(each, graph, names) if isinstance(each, dict) else each for each in value]
        if kind in ("as_sym_int", "as_sym_bool", "as_sym_float"):
            return self._symbol(value, graph)
        if kind in ("as_sym_ints", "as_sym_floats"):
            return [self._symbol(each, graph) for each in value]
        if kind == "as_none":
            return None
        if kind in PLAIN:
            return value
        return None if kind in OTHERS else value

    def _symbol(self, symbol: Any, graph: Any) -> Any:
        if "as_name" not in symbol:
            return next(iter(symbol.values()))
        kinds = ("sym_int_values", "sym_bool_values", "sym_float_values")
        declared = next(graph[kind][symbol["as_name"]] for kind in kinds if symbol["as_name"] in graph.get(kind, {}))
        if (
            "as_expr" in declared
            and symbol["as_name"] not in graph.get(kinds[0], {})
            and not declared["as_expr"].get("hint")
        ):
            return Value((), "float32", "constant")  # a number that is no size: it changes no count
        return self._size(declared)

    def _scope(self, stack: str) -> Scope:
        """The innermost module of `key,path,type;key,path,type`; the key tells apart the calls of one module."""
        if not stack:
            return self._root
        entries = [entry.split(",") for entry in stack.split(";")]
        outer: list[Scope] = []
        keys = ""
        for entry in entries:
            keys += f";{entry[0]}"
            outer.append(self._scopes.setdefault(keys, Scope(entry[1] if len(entry) > 1 else "")))
            self.trace.called.add(outer[-1].path)
            if outer[-1].path not in self.trace.modules:
                self.trace.modules.append(outer[-1].path)
        for scope in outer[:-1]:
            scope.holds_others = True
        return outer[-1]


def _natural(size: Any) -> int:
    if type(size) is not int or size < 0:
        raise ValueError(f"{size!r} is no size")
    return size


def _place(stack: str) -> str:
    """The last line outside of torch of a stack trace."""
    lines = [(file, line) for file, line in _LINE.findall(stack) if "-packages/torch/" not in file and file[0] != "<"]
    return f"{Path(lines[-1][0]).name}:{lines[-1][1]}" if lines else ""
