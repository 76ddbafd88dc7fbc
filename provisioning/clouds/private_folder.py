"""A folder for what an engine can only read from a file: of one operation, gone after it."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = ".entering"


@contextmanager
def private_folder(work_dir: Path) -> Iterator[Path]:
    """What a crash left of the operation before is cleared first. It is made when it is written
    to."""
    folder = work_dir / NAME
    clear(folder)
    try:
        yield folder
    finally:
        clear(folder)


@contextmanager
def temporary_files_in(folder: Path) -> Iterator[None]:
    """For a process of one operation only: its temporary files, such as a program makes, go
    with the folder. It ends without tearing down, or is killed, and would leave them behind."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    before, tempfile.tempdir = tempfile.tempdir, str(folder)
    try:
        yield
    finally:
        tempfile.tempdir = before


def write(folder: Path, name: str, text: str) -> Path:
    """Readable for this user only, from the first byte."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    folder.chmod(0o700)
    path = folder / name
    path.unlink(missing_ok=True)
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    return path


def clear(folder: Path) -> None:
    shutil.rmtree(folder, ignore_errors=True)
