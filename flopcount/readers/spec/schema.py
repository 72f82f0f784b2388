"""The JSON Schema of the spec language, for editors: made from the ops' own fields, so that it cannot lag behind."""

from __future__ import annotations

from typing import Any

from ...fields import REQUIRED, Field, fields_of
from ...graph import DTYPE_BYTES
from ...op import Op
from ...ops import OPS
from .file import EXPECTABLE

Schema = dict[str, Any]

_EXPRESSION: Schema = {"type": "string", "description": "an expression: 32*width, s if i == 0 else 1"}
_TEXT: Schema = {"type": "string"}
_NAMES: Schema = {"anyOf": [_TEXT, {"type": "array", "items": _TEXT}]}
_VALUE: Schema = {"$ref": "#/$defs/value"}
_VALUES: Schema = {"type": ["object", "null"], "additionalProperties": _VALUE}
_LAYERS: Schema = {"$ref": "#/$defs/layers"}

_MODIFIERS: dict[str, Schema] = {
    "name": {"type": ["string", "integer"], "description": "the layer's name; expressions in braces: layer{i + 1}"},
    "from": {**_NAMES, "description": "what it reads; without it, the layer before"},
    "outputs": {**_NAMES, "description": "names for its results"},
    "weight": {
        "anyOf": [_TEXT, {"type": "object", "minProperties": 1, "additionalProperties": _TEXT}],
        "description": "the weight to share: embed.weight; several by name: {weight: embed.weight, bias: embed.bias}",
    },
    "when": {**_VALUE, "description": "whether it stands at all: stride != 1"},
    "repeat": {**_VALUE, "description": "how often it stands: n, or n as i"},
    "each": {**_VALUES, "description": "lists walked together: {c: [64, 128], s: [1, 2]}"},
    "trainable": {"type": "boolean", "description": "false freezes it"},
    "trips": {**_VALUE, "description": "how often it runs, with the same weights, in a loop"},
}


def spec_schema() -> Schema:
    """The JSON Schema (draft 2020-12) that every valid spec satisfies.

    Example:
        >>> spec_schema()["properties"]["layers"]
        {'$ref': '#/$defs/layers'}
    """
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "flopcount spec",
        "description": "A network: its input, its layers, and what it promises to cost.",
        "type": "object",
        "required": ["layers"],
        "oneOf": [{"required": ["input"]}, {"required": ["inputs"]}],
        "additionalProperties": False,
        "properties": {
            "name": {**_TEXT, "description": "the model's name; without it, the file's"},
            "about": {**_TEXT, "description": "what the network is, in a sentence"},
            "source": {**_TEXT, "description": "who says that it looks like this"},
            "dtype": {"enum": list(DTYPE_BYTES), "description": "the elements' type; float32 without it"},
            "params": {**_VALUES, "description": "parameters and their defaults, set by --set"},
            "let": {**_VALUES, "description": "derived values"},
            "variants": {
                "type": ["object", "null"],
                "description": "named sets of parameters",
                "additionalProperties": {
                    "type": ["object", "null"],
                    "properties": {
                        "expect": {"$ref": "#/$defs/expect"},
                        "budget": {"$ref": "#/$defs/budget"},
                        "about": _TEXT,
                        "source": _TEXT,
                    },
                    "additionalProperties": _VALUE,
                },
            },
            "input": {"$ref": "#/$defs/input"},
            "inputs": {"type": "object", "minProperties": 1, "additionalProperties": {"$ref": "#/$defs/input"}},
            "blocks": {"type": ["object", "null"], "additionalProperties": {"$ref": "#/$defs/block"}},
            "layers": _LAYERS,
            "outputs": {**_NAMES, "description": "the layers whose results the model gives; without it, the last"},
            "expect": {"$ref": "#/$defs/expect"},
            "budget": {"$ref": "#/$defs/budget"},
        },
        "$defs": {
            "value": {
                "anyOf": [
                    {"type": ["number", "string", "boolean", "null"]},
                    {"type": "array", "items": {"$ref": "#/$defs/value"}},
                ]
            },
            "input": {
                "description": "one sample's sizes, without the batch: [3, 224, 224]",
                "anyOf": [
                    {"type": "array", "items": _VALUE, "minItems": 1},
                    {"type": ["integer", "string"]},
                    {
                        "type": "object",
                        "required": ["shape"],
                        "additionalProperties": False,
                        "properties": {"shape": _VALUE, "dtype": {"enum": list(DTYPE_BYTES)}},
                    },
                ],
            },
            "expect": {
                "type": ["object", "null"],
                "description": "published totals that the spec promises to meet",
                "additionalProperties": False,
                "properties": {key: {"type": "integer"} for key in EXPECTABLE},
            },
            "budget": _budget(),
            "block": {
                "anyOf": [
                    {"type": "array", "items": {"$ref": "#/$defs/layer"}},
                    {
                        "type": "object",
                        "required": ["layers"],
                        "additionalProperties": False,
                        "properties": {
                            "args": {"anyOf": [_VALUES, {"type": "array", "items": _TEXT}]},
                            "let": _VALUES,
                            "layers": _LAYERS,
                            "inputs": _NAMES,
                            "outputs": _NAMES,
                        },
                    },
                ]
            },
            "layers": {
                "anyOf": [
                    {"type": "array", "items": {"$ref": "#/$defs/layer"}},
                    {"type": "object", "$ref": "#/$defs/layer"},
                    {"type": "null"},
                ]
            },
            "layer": _layer(),
            **{f"op-{tag}": _op(op) for tag, op in OPS.items()},
        },
    }


def _budget() -> Schema:
    level: Schema = {"enum": ["error", "warn"], "description": "warn never fails a check"}
    quantity: Schema = {"type": ["integer", "string"], "description": "4.2M, 600 MMACs, 5MiB; a share: 40%"}
    increase: Schema = {"type": ["integer", "string"], "description": "since the baseline: 2%, 50K, not worse"}
    names: Schema = {"type": "array", "items": _TEXT}
    limit: Schema = {
        "anyOf": [
            quantity,
            {
                "type": "object",
                "additionalProperties": False,
                "properties": {"max": quantity, "max_increase": increase, "level": level, "layer": _TEXT},
            },
        ]
    }
    return {
        "type": "object",
        "minProperties": 1,
        "description": "what it may cost, which `flopcount check` holds it to",
        "properties": {
            "convention": {**_TEXT, "description": "how FLOPs are counted"},
            "level": level,
            "max_increase": increase,
            "allow_partial": {"type": "boolean", "description": "whether a partial count will do"},
            "ops": {"type": "object", "properties": {"allow": names, "deny": names, "level": level}},
        },
        "additionalProperties": {"anyOf": [limit, {"type": "array", "items": limit}]},
    }


def _layer() -> Schema:
    return {
        "anyOf": [
            {"enum": [tag for tag, op in OPS.items() if not _required(op)]},
            {"type": "string", "description": "a block without arguments"},
            {
                "type": "object",
                "properties": {
                    **_MODIFIERS,
                    "layers": _LAYERS,
                    "let": _VALUES,
                    "branches": {
                        "description": "each fed with the same input; a mapping names them",
                        "anyOf": [
                            {"type": "array", "items": _LAYERS},
                            {"type": "object", "additionalProperties": _LAYERS},
                        ],
                    },
                    "join": {
                        "$ref": "#/$defs/layer",
                        "description": "the op that joins the branches: add, mul, concat",
                    },
                    **{tag: {"$ref": f"#/$defs/op-{tag}"} for tag in OPS},
                },
                "additionalProperties": {
                    "description": "a block with its arguments",
                    "anyOf": [{"type": "object", "additionalProperties": _VALUE}, _VALUE],
                },
            },
        ]
    }


def _op(op: type[Op]) -> Schema:
    known = fields_of(op)
    whole: Schema = {
        "type": "object",
        "properties": {**_MODIFIERS, **{name: _field(field) for name, field in known.items()}},
        "additionalProperties": False,
        "required": _required(op),
    }
    forms = [whole]
    if known:
        forms.append(_field(next(iter(known.values()))))
    if not _required(op):
        forms.append({"type": "null"})
    return {"description": (op.__doc__ or "").partition("\n")[0], "anyOf": forms}


def _field(field: Field) -> Schema:
    return {"description": field.type.noun, "anyOf": [field.type.schema, _EXPRESSION, *_lists(field)]}


def _lists(field: Field) -> list[Schema]:
    """A list may hold expressions where the field takes a list at all."""
    takes_list = any(form.get("type") == "array" for form in field.type.schema.get("anyOf", [field.type.schema]))
    return [{"type": "array", "items": _VALUE}] if takes_list else []


def _required(op: type[Op]) -> list[str]:
    return [name for name, field in fields_of(op).items() if field.default is REQUIRED]
