"""Values on their way from the engine and back."""

from __future__ import annotations

from typing import Any

from google.protobuf import json_format, struct_pb2

from provisioning.sandbox.provider import values
from provisioning.sandbox.provider.values import (
    OUTPUT,
    RESOURCE,
    SECRET,
    SIGNATURE,
    UNKNOWN,
    UNKNOWN_TEXT,
)


def struct(content: dict[str, Any]) -> struct_pb2.Struct:
    return json_format.ParseDict(content, struct_pb2.Struct())


def secret(value: Any) -> dict[str, Any]:
    return {SIGNATURE: SECRET, "value": value}


def there_and_back(content: dict[str, Any]) -> dict[str, Any]:
    plain, secrets = values.read(struct(content))
    return json_format.MessageToDict(values.write(plain, secrets))


def test_plain_values_keep_their_types() -> None:
    plain, secrets = values.read(struct({"a": "x", "b": 2, "c": 2.5, "d": True, "e": [], "f": {}}))
    assert plain == {"a": "x", "b": 2, "c": 2.5, "d": True, "e": [], "f": {}}
    assert isinstance(plain["b"], int)
    assert not secrets


def test_nulls_are_absent() -> None:
    assert values.read(struct({"a": None, "b": {"c": None, "d": 1}}))[0] == {"b": {"d": 1}}


def test_unknowns_stay_unknown() -> None:
    plain, _ = values.read(struct({"a": UNKNOWN_TEXT, "b": ["x", UNKNOWN_TEXT]}))
    assert plain["a"] is UNKNOWN
    assert values.has_unknown(plain["b"])
    assert there_and_back({"a": UNKNOWN_TEXT}) == {"a": UNKNOWN_TEXT}


def test_secrets_are_marked_again_where_they_were() -> None:
    content = {"tags": {"a": secret("x"), "b": "y"}, "list": [secret(UNKNOWN_TEXT), "z"]}
    plain, secrets = values.read(struct(content))
    assert plain == {"tags": {"a": "x", "b": "y"}, "list": [UNKNOWN, "z"]}
    assert secrets == {("tags", "a"), ("list", 0)}
    assert there_and_back(content) == content


def test_a_secret_whose_place_is_gone_marks_the_nearest_part() -> None:
    wire = values.write({"tags": {"b": "y"}}, {("tags", "a")})
    assert json_format.MessageToDict(wire) == {"tags": secret({"b": "y"})}


def test_a_secret_inside_a_secret_is_written_once_each() -> None:
    content = {"tags": secret({"a": secret("x")})}
    assert there_and_back(content) == content


def test_output_values_are_understood() -> None:
    plain, secrets = values.read(
        struct(
            {
                "known": {SIGNATURE: OUTPUT, "value": "x", "secret": True},
                "open": {SIGNATURE: OUTPUT, "dependencies": ["urn:pulumi:a::b::c:d:e::f"]},
            }
        )
    )
    assert plain == {"known": "x", "open": UNKNOWN}
    assert secrets == {("known",)}


def test_a_reference_to_a_resource_is_its_id() -> None:
    reference = {SIGNATURE: RESOURCE, "urn": "urn:pulumi:a::b::c:d:e::f", "id": "the-id"}
    assert values.read(struct({"role": reference}))[0] == {"role": "the-id"}
    del reference["id"]
    assert values.read(struct({"role": reference}))[0] == {"role": UNKNOWN}
