"""Turns what a library found wrong into Problems that name our fields."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from django.core.exceptions import ValidationError as ModelInvalid
from django.db import IntegrityError, transaction
from django.db.models import Model
from pydantic import ValidationError

from provisioning.errors import InvalidInput, Problem


def of_pydantic(error: ValidationError, *, prefix: str) -> list[Problem]:
    """One Problem per finding; the input is left out, since it may be a secret."""
    found = error.errors(include_url=False, include_context=False, include_input=False)
    return [
        Problem(
            field=".".join([prefix, *(str(part) for part in one["loc"])]).strip("."),
            message=one["msg"].removeprefix("Value error, "),
            code=one["type"],
        )
        for one in found
    ]


def of_model(error: ModelInvalid) -> InvalidInput:
    """What Django's validators and constraints say about a row, field by field."""
    if not hasattr(error, "error_dict"):
        return InvalidInput([Problem(field="", message=text) for text in error.messages])
    return InvalidInput(
        [
            Problem(field=_field(name, problem), message=" ".join(problem.messages))
            for name, problems in error.error_dict.items()
            for problem in problems
        ]
    )


def of_row(row: Model, *fields: str) -> list[Problem]:
    """What is wrong with these fields of a row, and with its constraints."""
    others = [field.name for field in row._meta.fields if field.name not in fields]
    found: list[Problem] = []
    for check in (row.clean_fields, row.validate_unique):
        try:
            check(exclude=others)
        except ModelInvalid as error:
            found += of_model(error).problems
    if not found:
        try:
            row.validate_constraints()
        except ModelInvalid as error:
            found += of_model(error).problems
    return found


@contextmanager
def saving(row: Model, *fields: str) -> Iterator[None]:
    """A transaction in which the row is saved. Where somebody saved the same between the check
    and now, it is refused as the check would have done."""
    try:
        with transaction.atomic():
            yield
    except IntegrityError:
        refuse(of_row(row, *fields))
        raise


def refuse(found: list[Problem]) -> None:
    if found:
        raise InvalidInput(found)


def under(prefix: str, problems: tuple[Problem, ...]) -> list[Problem]:
    """The same Problems, with their fields below `prefix`."""
    return [
        Problem(
            field=f"{prefix}.{one.field}".rstrip("."),
            message=one.message,
            code=one.code,
            line=one.line,
        )
        for one in problems
    ]


def _field(name: str, problem: ModelInvalid) -> str:
    # A unique name reports as a constraint of the whole row.
    return "name" if name == "__all__" and problem.code in (None, "unique") else name
