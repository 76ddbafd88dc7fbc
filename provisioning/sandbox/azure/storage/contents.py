"""The contents of blobs: files named by their digests, so that a copy costs nothing."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

FOLDER = "azure-blobs"


class Contents:
    def __init__(self, folder: Path) -> None:
        self._folder = folder / FOLDER
        self._folder.mkdir(mode=0o700, exist_ok=True)

    def put(self, data: bytes) -> str:
        """The digest; it is on disk when this returns."""
        digest = hashlib.sha256(data).hexdigest()
        path = self._path(digest)
        if not path.exists():
            unfinished = path.with_suffix(".new")
            descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
                file.flush()
                os.fsync(descriptor)
            unfinished.replace(path)
            self._sync_folder()
        return digest

    def join(self, digests: Iterable[str]) -> str:
        return self.put(b"".join(self.get(each) for each in digests))

    def get(self, digest: str) -> bytes:
        return self._path(digest).read_bytes()

    def part(self, digest: str, *, begin: int, length: int) -> bytes:
        with self._path(digest).open("rb") as file:
            file.seek(begin)
            return file.read(length)

    def sweep(self, used: set[str]) -> None:
        """Remove what no blob has any more. Only at the start: later a blob that is being
        overwritten could be lost with the process."""
        for path in self._folder.iterdir():
            if path.name not in used:
                path.unlink()

    def _path(self, digest: str) -> Path:
        return self._folder / digest

    def _sync_folder(self) -> None:
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
