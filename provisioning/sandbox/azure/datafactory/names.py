"""Names and addresses in Data Factory."""

from __future__ import annotations

import re

from provisioning.sandbox.azure.errors import bad_request

PROVIDER = "Microsoft.DataFactory"
FACTORY = f"{PROVIDER}/factories"
PIPELINE = f"{FACTORY}/pipelines"
TRIGGER = f"{FACTORY}/triggers"
LINKED_SERVICE = f"{FACTORY}/linkedservices"
DATASET = f"{FACTORY}/datasets"

_FACTORY_NAME = re.compile(r"(?=.{3,63}$)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")
_DOCUMENT_NAME = re.compile(r"[A-Za-z0-9_][^<>*#.%&:\\+?/]{0,259}")
_RUNTIME_NAME = re.compile(r"(?=.{3,63}$)[A-Za-z0-9]+(?:-[A-Za-z0-9]+)*")


def require_factory_name(name: str) -> None:
    if not _FACTORY_NAME.fullmatch(name):
        message = (
            f"The data factory name '{name}' is invalid. It has 3 to 63 letters, digits and "
            "hyphens, begins and ends with a letter or digit, and has no two hyphens in a row."
        )
        raise bad_request(message, code="InvalidResourceName")


def require_document_name(name: str, *, what: str) -> None:
    form = _RUNTIME_NAME if what == "integration runtime" else _DOCUMENT_NAME
    if not form.fullmatch(name):
        message = (
            f"The {what} name '{name}' is invalid. It begins with a letter, a digit or '_', has "
            "at most 260 characters, and none of <>*#.%&:\\+?/."
        )
        raise bad_request(message, code="InvalidResourceName")


def factory_of(id: str) -> str:
    """The id of the factory that something is in."""
    return "/".join(id.split("/")[:9])
