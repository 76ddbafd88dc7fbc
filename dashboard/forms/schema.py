"""From a settings model to fields: the form comes from the same JSON schema as the API's."""

from __future__ import annotations

import re
from dataclasses import replace
from functools import lru_cache
from typing import Any

from pydantic import BaseModel

from dashboard.forms.containers import Choose, Group, Many, Pairs
from dashboard.forms.fields import ABSENT, About, Field
from dashboard.forms.inputs import (
    Choice,
    Constant,
    Flag,
    Json,
    Lines,
    Names,
    Number,
    Scalar,
    Text,
)

Schema = dict[str, Any]
SCALARS = {"string", "integer", "number", "boolean"}


@lru_cache(maxsize=32)
def form_of(model: type[BaseModel]) -> Group:
    schema = model.model_json_schema()
    reader = _Reader(schema.get("$defs", {}))
    group = reader.field("settings", schema, required=True)
    assert isinstance(group, Group)
    return group


class _Reader:
    def __init__(self, defs: dict[str, Schema]) -> None:
        self.defs = defs

    def field(self, name: str, schema: Schema, *, required: bool) -> Field:
        schema, nullable = self._without_null(self._resolve(schema))
        about = _about(name, schema, required=required, nullable=nullable)
        if about.widget == "json":
            return Json(about, text=schema.get("type") == "string")
        if "const" in schema:
            return Constant(about, value=schema["const"])
        if "enum" in schema:
            return Choice(about, options=_options(schema))
        if "discriminator" in schema:
            return self._choose(about, schema)
        if "anyOf" in schema:
            return self._any_of(about, schema)
        return self._typed(about, schema)

    def _typed(self, about: About, schema: Schema) -> Field:
        match schema.get("type"):
            case "object" if "properties" in schema:
                return Group(about, make=lambda: self._fields(schema))
            case "object" if isinstance(schema.get("additionalProperties"), dict):
                return Pairs(
                    about, value=self.field("value", schema["additionalProperties"], required=True)
                )
            case "array":
                return self._array(about, schema)
            case "boolean":
                return Flag(about)
            case "integer" | "number":
                return _number(about, schema)
            case "string":
                return Text(about, longest=schema.get("maxLength"))
            case _:
                return Json(about)

    def _fields(self, schema: Schema) -> dict[str, Field]:
        required = schema.get("required", ())
        fields = {
            name: self.field(name, one, required=name in required)
            for name, one in schema["properties"].items()
        }
        switches = {one.about.show_when[0] for one in fields.values() if one.about.show_when}
        return {
            name: _switch(one) if name in switches and isinstance(one, Choice) else one
            for name, one in fields.items()
        }

    def _array(self, about: About, schema: Schema) -> Field:
        if about.widget == "steps":
            return Names(about)
        item = self._item(about, schema)
        if isinstance(item, Group | Choose):
            return Many(about, make=lambda: self._item(about, schema))
        return Lines(about, item=item)

    def _item(self, about: About, schema: Schema) -> Field:
        items = self._resolve(schema.get("items", {}))
        name = singular(about.title)
        return self.field(name, {"title": name, **items}, required=True)

    def _choose(self, about: About, schema: Schema) -> Choose:
        tag = schema["discriminator"]["propertyName"]
        variants = []
        for one in schema.get("oneOf") or schema["anyOf"]:
            group = self.field(about.title, one, required=True)
            assert isinstance(group, Group)
            variants.append((_tag_of(self._resolve(one), tag), group))
        return Choose(about, tag=tag, variants=tuple(variants))

    def _any_of(self, about: About, schema: Schema) -> Field:
        kinds = {self._resolve(one).get("type") for one in schema["anyOf"]}
        return Scalar(about) if kinds <= SCALARS else Json(about)

    def _resolve(self, schema: Schema) -> Schema:
        """The schema with its reference followed; what stands beside the reference wins."""
        while "$ref" in schema:
            target = self.defs[schema["$ref"].rpartition("/")[2]]
            schema = {**target, **{key: one for key, one in schema.items() if key != "$ref"}}
        if len(schema.get("allOf", ())) == 1:
            rest = {key: one for key, one in schema.items() if key != "allOf"}
            return {**self._resolve(schema["allOf"][0]), **rest}
        return schema

    def _without_null(self, schema: Schema) -> tuple[Schema, bool]:
        options = schema.get("anyOf", [])
        others = [one for one in options if one.get("type") != "null"]
        if len(others) == len(options):
            return schema, False
        rest = {key: one for key, one in schema.items() if key != "anyOf"}
        if len(others) > 1:
            return {**rest, "anyOf": others}, True
        return {**self._resolve(others[0]), **rest}, True


def _about(name: str, schema: Schema, *, required: bool, nullable: bool) -> About:
    default = schema.get("default", ABSENT)
    return About(
        title=_title(name, schema),
        help=" ".join(schema.get("description", "").split()),
        unit=schema.get("unit", ""),
        example=_example(schema),
        required=required and not nullable,
        nullable=nullable,
        widget=schema.get("widget", ""),
        show_when=next(iter(schema.get("show_when", {}).items()), None),
        default=ABSENT if default is None else default,
    )


def _title(name: str, schema: Schema) -> str:
    """The title that was written, else the name in sentence case."""
    plain = name.replace("_", " ")
    title = str(schema.get("title") or "")
    if not title or title == plain.title():
        return plain[:1].upper() + plain[1:]
    if schema.get("type") == "object" and re.fullmatch(r"([A-Z][a-z0-9]*){2,}", title):
        words = re.findall(r"[A-Z][a-z0-9]*", title)  # a class name: "ProcessingStep"
        return " ".join([words[0], *(word.lower() for word in words[1:])])
    return title


def _example(schema: Schema) -> str:
    first = next(iter(schema.get("examples", ())), "")
    return "\n".join(map(str, first)) if isinstance(first, list) else str(first)


def singular(title: str) -> str:
    return title[:-1] if title.endswith("s") and not title.endswith("ss") else title


def _options(schema: Schema) -> tuple[tuple[Any, str], ...]:
    spoken = schema.get("widget") == "operator"
    return tuple((one, _words(one) if spoken else str(one)) for one in schema["enum"])


def _switch(choice: Choice) -> Choice:
    """A choice that other fields depend on: shown as a row of buttons, so its words count."""
    options = tuple((value, label[:1].upper() + label[1:]) for value, label in choice.options)
    return replace(choice, switch=True, options=options)


def _words(name: str) -> str:
    """ "GreaterThan" → "greater than"."""
    return " ".join(re.findall(r"[A-Z][a-z0-9]*", name)).lower() or name


def _tag_of(schema: Schema, tag: str) -> str:
    about = schema["properties"][tag]
    return str(about["const"] if "const" in about else about["enum"][0])


def _number(about: About, schema: Schema) -> Number:
    return Number(
        about,
        whole=schema["type"] == "integer",
        least=schema.get("minimum", schema.get("exclusiveMinimum")),
        most=schema.get("maximum", schema.get("exclusiveMaximum")),
    )
