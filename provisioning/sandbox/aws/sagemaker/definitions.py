"""The definitions that pipelines and executions use, each kept and parsed once."""

from __future__ import annotations

import hashlib

from provisioning.sandbox.aws.sagemaker.definition import ParsedDefinition, parse_definition
from provisioning.sandbox.aws.sagemaker.records import Definition
from provisioning.sandbox.records import Table
from provisioning.sandbox.store import Store


class Definitions:
    """By the digest of their text. None is deleted: old executions keep theirs."""

    def __init__(self, store: Store) -> None:
        self._table = Table(store, kind="definition", record=Definition)
        self._parsed: dict[str, ParsedDefinition] = {}

    def keep(self, text: str) -> str:
        """The digest; raises ValidationException for what is no definition."""
        digest = hashlib.sha256(text.encode()).hexdigest()
        if self._table.get(digest) is None:
            self._parsed[digest] = parse_definition(text)
            self._table.put(Definition(digest=digest, text=text))
        return digest

    def text(self, digest: str) -> str:
        record = self._table.get(digest)
        assert record, "what names a definition was stored with it"
        return record.text

    def parsed(self, digest: str) -> ParsedDefinition:
        if digest not in self._parsed:
            self._parsed[digest] = parse_definition(self.text(digest))
        return self._parsed[digest]
