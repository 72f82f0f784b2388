"""What a SOURCE may be, and which reader takes it.

A spec: a path, a shipped name, `-` for standard input, `file#variant`. An ONNX model: a path. A torch model:
`package.module:callable`, `torchvision:NAME`, `timm:NAME`, `hf:CONFIG.json`, a saved program `FILE.pt2`.
"""

from __future__ import annotations

import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from . import library
from .errors import SourceError, UsageError, did_you_mean
from .graph import DTYPE_BYTES, Graph
from .op import Shape

if TYPE_CHECKING:
    from torch.nn import Module

    from .readers.spec import Spec
    from .readers.torch.reading import Reading

Inputs = Mapping[str, tuple[Shape, str | None]]

REFERENCE = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*:[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")
"""`package.module:name`: an object of Python."""

LIBRARIES = ("torchvision:", "timm:", "hf:")
"""What stands before the models of a library."""


class Opened(Struct, frozen=True):
    """A source that has been read, and of which networks can be built at many settings.

    Attributes:
        parameters: What `settings` may name.
        inputs: The names of its inputs.
        build: The network, from `inputs`, `batch` and `settings` as `load` takes them.
    """

    parameters: tuple[str, ...]
    inputs: tuple[str, ...]
    build: Callable[..., Graph]


def load(
    source: str | Path | Module,
    *,
    inputs: Inputs | Iterable[str] | None = None,
    batch: int | None = 1,
    settings: Mapping[str, Any] | None = None,
    kwargs: Mapping[str, Any] | None = None,
    only_known: bool = False,
) -> Graph:
    """Read a network.

    Args:
        source: A spec file (`net.yaml`, `net.yaml#variant`), an ONNX model (`net.onnx`), the name of a shipped spec
            (`resnet50`), or `-` for a spec on standard input. An existing file wins over a shipped name. Or a torch
            model: `package.module:callable` (a class, a function that makes a model, or a model), `torchvision:NAME`,
            `timm:NAME`, `hf:CONFIG.json`, a saved program `FILE.pt2`, or a module itself.
        inputs: Other input sizes: texts (`"3x160x160"`, `"tokens=128:int64"`), or shapes and dtypes by name. For a
            torch model also `"package.module:function"`, which makes the arguments of a call.
        batch: The size of the batch axis; None: there is none.
        settings: Values for the spec's parameters: numbers, lists, or texts in its expression language; for the sizes
            that an ONNX model leaves open.
        kwargs: Arguments for the class or function that makes a torch model.
        only_known: Pass over settings for which the spec has no parameter, and arguments where the source is no torch
            model, since another network has it.

    Raises:
        SourceError: There is no such file or shipped spec, or it cannot be read.
        SpecError, OpError: The network makes no sense.
        UsageError: There is no such parameter, variant or input.

    Example:
        >>> load("alexnet").nodes[0].outputs[0].shape
        (1, 96, 55, 55)
    """
    opened = open_source(source, kwargs if is_torch(source) or not only_known else None)
    if only_known:
        settings = {name: value for name, value in (settings or {}).items() if name in opened.parameters}
    sizes = inputs if is_torch(source) else read_inputs(inputs)
    return opened.build(inputs=sizes, batch=batch, settings=settings)


def open_source(source: str | Path | Module, kwargs: Mapping[str, Any] | None = None) -> Opened:
    """Read a source once, to build it more than once.

    Args:
        source: See `load`.
        kwargs: See `load`.

    Raises:
        SourceError: There is no such file or shipped spec, or it cannot be read.
        SpecError: It breaks a rule.
        UsageError: It takes no arguments.

    Example:
        >>> opened = open_source("mobilenet_v1")
        >>> opened.inputs, opened.parameters[:2]
        (('input',), ('width', 'resolution'))
        >>> [opened.build(settings={"width": width}).outputs[0].shape for width in (0.5, 1)]
        [(1, 1000), (1, 1000)]
    """
    if is_torch(source):
        from .readers.torch import input_names

        names = input_names(source) if not isinstance(source, Path) else []
        return Opened((), ("input", *names), partial(_build_torch, source, kwargs))
    if kwargs:
        raise UsageError(f"'{source}' is no torch model and takes no arguments", hint="--set width=0.5 is for a spec")
    if is_model_file(str(source)):
        from .readers import onnx

        model = onnx.open_model(str(source))
        return Opened(model.parameters, model.inputs, model.build)
    from .readers.spec import build

    spec, variant = find_spec(str(source))
    return Opened(tuple(spec.params), tuple(spec.inputs), partial(build, spec, variant=variant))


def is_torch(source: object) -> bool:
    """Whether a source is a torch model: a name of Python, of a library's model, a saved program, or a module.

    Example:
        >>> is_torch("torchvision:resnet50"), is_torch("networks.small:Net"), is_torch("net.yaml#small")
        (True, True, False)
    """
    if not isinstance(source, str | Path):
        return True
    text = str(source)
    if text.endswith((".pt2", ".pt", ".pth", ".ckpt", ".safetensors")):
        return True
    return (text.startswith(LIBRARIES) or bool(REFERENCE.fullmatch(text))) and not _exists(text)


def _build_torch(source: str | Path | Module, kwargs: Mapping[str, Any] | None, **options: Any) -> Graph:
    return read_torch(source, kwargs, **options).graph


def read_torch(
    source: str | Path | Module,
    kwargs: Mapping[str, Any] | None = None,
    inputs: Inputs | Iterable[str] | None = None,
    batch: int | None = 1,
    settings: Mapping[str, Any] | None = None,
) -> Reading:
    """Read a torch model, and keep what it takes to ask the model itself; see `load`."""
    from .readers.torch import reading

    if settings:
        raise UsageError(
            "--set is for the parameters of specs", hint="--kwargs '{\"width\": 64}' gives a torch model its arguments"
        )
    examples: list[str] = []
    if isinstance(inputs, Mapping):  # `--over` calls the first input so
        pairs = [("" if name == "input" else name, size) for name, size in inputs.items()]
    else:
        texts = [inputs] if isinstance(inputs, str) else list(inputs or ())
        examples = [text for text in texts if REFERENCE.fullmatch(text)]
        pairs = [parse_input(text) for text in texts if text not in examples]
    if len(examples) > 1:
        raise UsageError("two functions are to make the inputs", hint="one makes the arguments of a whole call")
    return reading(
        str(source) if isinstance(source, Path) else source,
        inputs=pairs,
        example=examples[0] if examples else None,
        batch=batch,
        kwargs=kwargs,
    )


def is_model_file(source: str) -> bool:
    """Whether a source is an ONNX model: a file of that ending, or one that begins like one.

    Example:
        >>> is_model_file("resnet50")
        False
    """
    if source == "-" or (not _exists(source) and not source.lower().endswith(".onnx")):
        return False
    from .readers.onnx.file import is_model

    return is_model(Path(source))


def find_spec(source: str) -> tuple[Spec, str | None]:
    """The parsed spec that a source names, and the variant that it asks for."""
    from .readers.spec import parse_spec
    from .readers.spec.document import MAX_BYTES, decode, read_text

    if source == "-":
        if sys.stdin is None:
            raise SourceError("standard input is closed")
        return parse_spec(decode(sys.stdin.buffer.read(MAX_BYTES + 1), "<stdin>"), "<stdin>"), None
    path, _, variant = (source, "", "") if _exists(source) else source.partition("#")
    if _is_shipped_name(path):
        for candidate in library.candidates(path):
            spec = parse_spec(read_text(str(candidate)), candidate.name)
            if candidate.stem == path:
                return spec, variant or (path if path in spec.variants else None)
            if path in spec.variants and not variant:
                return spec, path
        if not _exists(path):
            raise SourceError(
                f"there is no file and no shipped spec '{path}'",
                hint=did_you_mean(path, shipped_names()) or "`flopcount list specs` names the shipped ones",
            )
    if not _exists(path):
        folder = Path(path).parent
        here = [str(sibling) for sibling in folder.glob("*.y*ml")] if _exists(str(folder)) else []
        raise SourceError(f"there is no file '{path}'", hint=did_you_mean(path, here) if here else None)
    return parse_spec(read_text(path), path), variant or None


def shipped_names() -> list[str]:
    """Every name that `load` finds in the library: files and their variants."""
    return [name for spec in shipped_specs() for name in names_of(spec)]


def shipped_specs() -> list[Spec]:
    """Every shipped spec, parsed."""
    from .readers.spec import parse_spec
    from .readers.spec.document import read_text

    return [parse_spec(read_text(str(path)), path.name) for path in library.files()]


def names_of(spec: Spec) -> list[str]:
    """The names under which a shipped spec is found: its variants, and its own where that is none of them."""
    own = spec.path.removesuffix(".yaml")
    return [*([own] if own not in spec.variants else []), *spec.variants]


def read_inputs(inputs: Inputs | Iterable[str] | None) -> Inputs | None:
    """Input sizes by name, from the texts in which they may be given."""
    if inputs is None or isinstance(inputs, Mapping):
        return inputs
    return dict(parse_input(text) for text in ([inputs] if isinstance(inputs, str) else inputs))


def parse_input(text: str) -> tuple[str, tuple[Shape, str | None]]:
    """Read `3x224x224`, `image=3x224x224` or `tokens=128:int64`: one sample's shape, without the batch.

    Returns:
        The input's name (empty: the only one), its shape, and its dtype where one is named.

    Raises:
        UsageError: With the form that was expected.

    Example:
        >>> parse_input("tokens=128:int64")
        ('tokens', ((128,), 'int64'))
    """
    rest, _, dtype = text.partition(":")
    name, _, sizes = rest.rpartition("=")
    parts = sizes.lower().replace("×", "x").split("x")
    if not all(part.isascii() and part.isdigit() and 0 < len(part) < 13 and int(part) > 0 for part in parts):
        raise UsageError(f"cannot read the input '{text}'", hint="write 3x224x224, or name=3x224x224:float32")
    if dtype and dtype not in DTYPE_BYTES:
        raise UsageError(f"unknown dtype '{dtype}'", hint=did_you_mean(dtype, DTYPE_BYTES))
    return name, (tuple(int(part) for part in parts), dtype or None)


def _is_shipped_name(path: str) -> bool:
    is_name = len(path) < 100 and path.replace("_", "").replace("-", "").isalnum()
    return is_name and not os.path.isfile(path)  # noqa: PTH113 - which answers where a folder may not be entered


def _exists(path: str) -> bool:
    try:
        return Path(path).exists()
    except OSError:  # a name that is too long, a folder that may not be entered
        return False
