"""Tables of the simulators' own records: in memory, and as JSON rows in the store."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Generic, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError

from provisioning.sandbox.store import Store

BEGIN_ANEW = (
    "Remove the sandbox's folder to begin anew; then refresh each pipeline, and deploy it again."
)


class Unreadable(Exception):
    """A stored record that is not what this release writes."""


class Record(BaseModel):
    """One thing that a simulated cloud keeps. It changes in place; then `Table.put` it."""

    model_config = ConfigDict(extra="forbid")

    @property
    def key(self) -> str:
        """Unique in its table."""
        raise NotImplementedError


R = TypeVar("R", bound=Record)


class Table(Generic[R]):
    def __init__(self, store: Store, *, kind: str, record: type[R]) -> None:
        self._store = store
        self._kind = kind
        self._rows: dict[str, R] = {}
        for key, body in store.rows(kind):
            try:
                self._rows[key] = record.model_validate_json(body)
            except ValidationError as error:
                raise Unreadable(
                    f"The sandbox's {kind} '{key}' was written by another release of Skyclock. "
                    + BEGIN_ANEW
                ) from error

    def get(self, key: str) -> R | None:
        return self._rows.get(key)

    def put(self, record: R) -> None:
        self._rows[record.key] = record
        self._store.put(self._kind, record.key, record.model_dump_json().encode())

    def delete(self, key: str) -> None:
        if self._rows.pop(key, None):
            self._store.delete(self._kind, key)

    def __iter__(self) -> Iterator[R]:
        return iter(list(self._rows.values()))

    def __len__(self) -> int:
        return len(self._rows)
