"""What a torch source names, and the model that it makes: somebody's own code, or a model of a well-known library."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

from msgspec import Struct, field

from ...errors import SourceError, UsageError, did_you_mean
from ...op import Shape
from .compiled import import_any
from .foreign import arguments_of, find_object, foreign_code

Sized = tuple[str, tuple[Shape, str | None]]
"""An input's name (empty: the next), one sample's shape, and its dtype."""

TOKENS = 128
"""How long a text is where nobody says."""

MAX_CONFIG = 2**20
POINTERS = ("auto_map", "_attn_implementation", "attn_implementation", "quantization_config", "_name_or_path")
"""What a configuration may name of the outside world; no shape depends on it."""


class Origin(Struct, frozen=True):
    """Where a model comes from.

    Attributes:
        name: What the graph is called.
        make: Builds the model.
        is_ours: Whether `make` builds a new one, that nobody else holds.
        inputs: The inputs that the library declares for a model, where it does.
        extra: What to call it with besides its inputs.
    """

    name: str
    make: Callable[[], Any]
    is_ours: bool = True
    inputs: Callable[[Any], Sequence[Sized] | None] = lambda model: None
    extra: dict[str, Any] = field(default_factory=dict)


def find_origin(source: str, kwargs: Mapping[str, Any]) -> Origin:
    """What `torchvision:NAME`, `timm:NAME`, `hf:CONFIG.json` or `package.module:callable` names.

    Raises:
        SourceError: It does not exist, or its code fails.
        UsageError: It takes no arguments.
    """
    library, _, name = source.partition(":")
    known = {"torchvision": _torchvision, "timm": _timm, "hf": _transformers}
    return known[library](name, dict(kwargs)) if library in known else _own(source, dict(kwargs))


def _own(source: str, kwargs: dict[str, Any]) -> Origin:
    import torch

    found = find_object(source)
    name = source.rpartition(":")[2]
    if isinstance(found, torch.nn.Module):
        if kwargs:
            raise UsageError(f"{source} is a model already: it takes no arguments")
        return Origin(name, lambda: found, is_ours=False)
    if not callable(found):
        raise SourceError(f"{source} is no model, and makes none: it is of type {type(found).__name__}")
    takes = arguments_of(found)
    for key in kwargs:
        if takes is not None and key not in takes:
            raise UsageError(f"{source} takes no argument '{key}'", hint=did_you_mean(key, takes) if takes else None)
    return Origin(name, lambda: found(**kwargs))


def _library(name: str, what: str) -> Any:
    try:
        return import_any(name)
    except ModuleNotFoundError as error:
        if error.name != name:
            raise SourceError(f"{name} cannot be imported: {error}") from None
        raise SourceError(f"{what} need {name}, which is not installed", hint=f"pip install {name}") from None
    except Exception as error:
        raise SourceError(f"{name} cannot be imported: {error}", hint="does its version fit torch's?") from error


def _torchvision(name: str, kwargs: dict[str, Any]) -> Origin:
    models = _library("torchvision", "sources 'torchvision:...'").models
    known = models.list_models()
    if name not in known:
        raise SourceError(f"torchvision has no model '{name}'", hint=did_you_mean(name, known))
    import inspect

    untrained = {"weights": None, "weights_backbone": None}
    takes = inspect.signature(inspect.unwrap(models.get_model_builder(name))).parameters
    kwargs = {**{key: value for key, value in untrained.items() if key in takes}, **kwargs}

    def inputs(model: Any) -> Sequence[Sized]:
        size = getattr(model, "image_size", None)
        if size is None:
            size = getattr(models.get_model_weights(name).DEFAULT.transforms, "keywords", {}).get("crop_size", 224)
            size = size[0] if isinstance(size, list | tuple) else size
        return [("", ((3, size, size), None))]

    return Origin(name, lambda: models.get_model(name, **kwargs), inputs=inputs)


def _timm(name: str, kwargs: dict[str, Any]) -> Origin:
    timm = _library("timm", "sources 'timm:...'")
    if not timm.is_model(name):
        raise SourceError(f"timm has no model '{name}'", hint=did_you_mean(name, timm.list_models()))

    def inputs(model: Any) -> Sequence[Sized]:
        return [("", (tuple(model.default_cfg["input_size"]), None))]

    return Origin(name, lambda: timm.create_model(name, pretrained=False, **kwargs), inputs=inputs)


def _transformers(path: str, kwargs: dict[str, Any]) -> Origin:
    os.environ.setdefault("HF_HUB_OFFLINE", "1")  # a configuration says all that shapes need
    data = {**_read_config(path), **kwargs}
    transformers = _library("transformers", "sources 'hf:...'")
    with suppress(ModuleNotFoundError):
        import_any("torchvision")  # most of transformers' models import it where it is installed
    kind, names = data.pop("model_type", None), data.pop("architectures", None) or []
    if kind not in transformers.CONFIG_MAPPING:
        raise SourceError(
            f"transformers knows no model of type {kind!r}", where=path,
            hint="code that a configuration points to is not run: `package.module:callable` runs your own",
        )  # fmt: skip
    with foreign_code(f"the configuration of type '{kind}'"):
        config = transformers.CONFIG_MAPPING[kind](**data)
        config.use_cache = False
    maker = _maker(transformers, str(names[0]) if names else "")

    def inputs(model: Any) -> Sequence[Sized] | None:
        size, channels = getattr(config, "image_size", None), getattr(config, "num_channels", 3)
        if model.main_input_name == "pixel_values" and size is not None:
            height, width = size if isinstance(size, list | tuple) else (size, size)
            return [("pixel_values", ((channels, height, width), None))]
        return [("input_ids", ((TOKENS,), "int64"))] if model.main_input_name == "input_ids" else None

    return Origin(names[0] if names else kind, lambda: maker(config), inputs=inputs)


def _maker(transformers: Any, name: str) -> Any:
    """What makes a model of a configuration: the class that it names, where that is one of transformers' models."""
    made: Any = getattr(transformers, name, None)
    is_model = isinstance(made, type) and issubclass(made, transformers.PreTrainedModel)
    return getattr(made if is_model else transformers.AutoModel, "_from_config" if is_model else "from_config")


def _read_config(path: str) -> dict[str, Any]:
    try:
        with Path(path).open(encoding="utf-8") as file:
            data = json.loads(file.read(MAX_CONFIG))
        plain = _without_pointers(data)
    except (OSError, ValueError, RecursionError) as error:
        raise SourceError(f"cannot read the configuration: {error}", where=path) from None
    if not isinstance(data, dict):
        raise SourceError("a configuration is a JSON object", where=path)
    return dict(plain)


def _without_pointers(data: Any) -> Any:
    """A configuration without what would load code or kernels from elsewhere."""
    if isinstance(data, dict):
        return {key: _without_pointers(value) for key, value in data.items() if key not in POINTERS}
    return [_without_pointers(each) for each in data] if isinstance(data, list) else data
