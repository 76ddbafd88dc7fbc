"""The code of a Lambda function as a zip file, and what Lambda will say its hash is.

A zip file goes to Lambda as it is, so that its hash is known beforehand. Code that somebody
changed in the cloud then differs from the program, and a deployment puts it right.
"""

from __future__ import annotations

import base64
import hashlib
import io
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pulumi

_MOMENT = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16
# Kept until the program ends: the engine reads the files while it runs.
_folders: list[tempfile.TemporaryDirectory[str]] = []


def zipped(files: Mapping[str, bytes]) -> bytes:
    """The same files give the same bytes, wherever and whenever: nothing is compressed."""
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_STORED) as archive:
        for name in sorted(files):
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.create_system = 3  # of Unix, whatever this is
            entry.external_attr = _READABLE
            archive.writestr(entry, files[name])
    return file.getvalue()


def python_package(folder: Path) -> dict[str, bytes]:
    """The modules of a package, below its name."""
    return {f"{folder.name}/{path.name}": path.read_bytes() for path in folder.glob("*.py")}


def function_code(files: Mapping[str, bytes]) -> tuple[pulumi.Archive, str]:
    """For a function's `code` and `code_sha256`."""
    body = zipped(files)
    folder = tempfile.TemporaryDirectory(prefix="skyclock-code-")
    _folders.append(folder)
    path = Path(folder.name) / "code.zip"
    path.write_bytes(body)
    digest = base64.b64encode(hashlib.sha256(body).digest()).decode()
    return pulumi.FileArchive(str(path)), digest
