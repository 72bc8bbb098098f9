"""The JSON Schema of a module's arguments, as a playbook writes them.

It takes whatever mplay takes: other names, numbers where text is wanted, texts where numbers or
lists are, and Jinja2 in the place of any value. What mplay would refuse it may let pass, where only
the module itself can tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from pydantic.json_schema import GenerateJsonSchema, JsonSchemaValue
from pydantic_core import core_schema

from mplay.registry.reference import Reference, reference
from mplay.sdk import Module

Schema = dict[str, Any]

JINJA = r"\{[{%]"
"""A text that is rendered, so that nobody knows yet what it will be."""
YES_NO = r"^(?:[Yy]es|YES|[Nn]o|NO|[Oo]n|ON|[Oo]ff|OFF|[Tt]rue|TRUE|[Ff]alse|FALSE)$"
"""What is yes or no to YAML 1.1, and a text to an editor that reads YAML 1.2."""

_WHOLE = r"^[+-]?[0-9]+$"
_NUMBER = r"^[+-]?[0-9]*\.?[0-9]+(?:[eE][+-]?[0-9]+)?$"
_CONVERTED = "x-converted"
"""Marks a value that the module converts by code of its own before it looks at the type."""
_SCALARS = ("string", "number", "boolean")
_DROPPED = frozenset({"title", "mplay", "default", "maxLength", "format", "contentMediaType"})


class _Written(GenerateJsonSchema):
    """pydantic's schema, with a mark on what is converted before it is checked."""

    def function_before_schema(
        self, schema: core_schema.BeforeValidatorFunctionSchema
    ) -> JsonSchemaValue:
        """The schema of what comes out of the conversion, marked."""
        return {**super().function_before_schema(schema), _CONVERTED: True}

    def handle_invalid_for_json_schema(
        self,
        schema: core_schema.CoreSchema,  # noqa: ARG002 pydantic's signature
        error_info: str,  # noqa: ARG002
    ) -> JsonSchemaValue:
        """Anything: only the module can tell."""
        return {}


def arguments_schema(name: str, module: type[Module]) -> Schema:
    """The schema (draft 7) of what stands behind the module's name in a step."""
    told = reference(name, module)
    made = module.model_json_schema(by_alias=True, schema_generator=_Written)
    values = _Values(made.get("$defs", {}))
    wanted = [argument for argument in told.arguments if argument.required]
    schema: Schema = {
        "description": told.summary,
        "type": ["object", "string", "number", *([] if wanted else ["null"])],
        "properties": _properties(told, made.get("properties", {}), values),
        "additionalProperties": False,
    }
    named = [[one.name, *one.also] for one in wanted]
    if named:
        schema["allOf"] = [{"anyOf": [{"required": [name]} for name in names]} for names in named]
    # A plain text names no argument, so nothing can be missing from it.
    return schema if not named else _for_mappings(schema)


def _for_mappings(schema: Schema) -> Schema:
    required = schema.pop("allOf")
    return {**schema, "if": {"type": "object"}, "then": {"allOf": required}}


def _properties(told: Reference, made: Mapping[str, Any], values: _Values) -> Schema:
    properties: Schema = {}
    for argument in told.arguments:
        value = values.written(made[argument.name])
        text = argument.text
        if argument.default:
            text = f"{text} Default: {argument.default}.".strip()
        properties[argument.name] = {"description": text, **value}
        for other in argument.also:
            properties[other] = {"description": f"The same as {argument.name}. {text}", **value}
    return properties


class _Values:
    """Turns pydantic's schema of a value into that of how it may be written."""

    def __init__(self, definitions: Mapping[str, Any]) -> None:
        self._definitions = definitions

    def written(self, schema: Mapping[str, Any]) -> Schema:
        """The schema of a value in a playbook: flat where it can be, so that editors explain it."""
        if "mplay" in schema:  # the SDK's own types say themselves how they are written
            return {k: v for k, v in schema.items() if k not in {*_DROPPED, _CONVERTED, "$ref"}}
        if "$ref" in schema:
            return self.written(self._definitions[schema["$ref"].rpartition("/")[2]])
        if "anyOf" in schema or "oneOf" in schema:
            options = schema.get("anyOf") or schema["oneOf"]
            made = _either([self.written(one) for one in options])
        elif "enum" in schema or "const" in schema:
            words = schema.get("enum", [schema.get("const")])
            made = _either([{"enum": list(words)}, {"type": "string", "pattern": JINJA}])
        else:
            made = self._plain({k: v for k, v in schema.items() if k not in _DROPPED})
        return _converted(made) if schema.get(_CONVERTED) else made

    def _plain(self, schema: Schema) -> Schema:
        schema.pop(_CONVERTED, None)
        make = {
            "string": self._text,
            "boolean": _yes_no,
            "integer": _number,
            "number": _number,
            "array": self._list,
            "object": self._mapping,
        }.get(str(schema.get("type")))
        return make(schema) if make else schema

    def _text(self, schema: Schema) -> Schema:
        made = {**schema, "type": ["string", "number"]}
        return _or_jinja(made, schema["pattern"]) if "pattern" in schema else made

    def _list(self, schema: Schema) -> Schema:
        made = {**schema, "type": ["array", "string", "number"]}
        if "items" in schema:
            made["items"] = self.written(schema["items"])
        return made

    def _mapping(self, schema: Schema) -> Schema:
        made = {**schema, "type": ["object", "string"], "pattern": JINJA}
        for key in ("properties", "patternProperties"):
            if key in schema:
                made[key] = {name: self.written(one) for name, one in schema[key].items()}
        if isinstance(schema.get("additionalProperties"), Mapping):
            made["additionalProperties"] = self.written(schema["additionalProperties"])
        return made


def _yes_no(schema: Schema) -> Schema:
    made = {**schema, "type": ["boolean", "string", "integer"], "minimum": 0, "maximum": 1}
    return _or_jinja(made, YES_NO)


def _number(schema: Schema) -> Schema:
    kind = str(schema["type"])
    return _or_jinja({**schema, "type": [kind, "string"]}, _WHOLE if kind == "integer" else _NUMBER)


def _or_jinja(schema: Schema, pattern: str) -> Schema:
    return {**schema, "pattern": f"(?:{pattern})|{JINJA}"}


def _either(options: Sequence[Schema]) -> Schema:
    """One of several, nested no deeper than it must be; None is one more type of a plain value."""
    flat = [
        inner for one in options for inner in (one["anyOf"] if set(one) == {"anyOf"} else [one])
    ]
    rest = [one for one in flat if one != {"type": "null"}]
    if len(rest) == 1 and isinstance(rest[0].get("type"), list):
        return {**rest[0], "type": [*rest[0]["type"], "null"]}
    return {"anyOf": flat}


def _converted(schema: Schema) -> Schema:
    """Whatever one value or a list may be: the module makes something of it."""
    return _either([schema, {"type": [*_SCALARS, "array"]}])
