"""Archives and assets of a program: how they come over the wire, and as a zip file.

The engine hands them over as records with a signature, their hash, and where their content is:
in the record itself, or in files of this machine.
"""

from __future__ import annotations

import io
import tarfile
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, Final

from provisioning.sandbox.provider.refusals import Refusal
from provisioning.sandbox.provider.values import SIGNATURE

ASSET: Final = "c44067f5952c0a294b673a41bacd8c17"
ARCHIVE: Final = "0def7320c3a5731c473e5ecbe6d01bc7"
# The same files give the same zip file, whenever it is made.
_MOMENT = (1980, 1, 1, 0, 0, 0)
_READABLE = 0o644 << 16

Archive = Mapping[str, Any]


def is_archive(value: Any) -> bool:
    return isinstance(value, Mapping) and value.get(SIGNATURE) == ARCHIVE


def same_archive(old: Any, new: Any) -> bool:
    """By content. Where the files are is of no meaning."""
    if not is_archive(old) or not is_archive(new):
        return bool(old == new)
    if old.get("hash") and new.get("hash"):
        return bool(old["hash"] == new["hash"])
    return bool(old == new)


def zip_file(archive: Archive) -> bytes:
    """The archive as Lambda takes it; raises Refusal for what cannot be read."""
    path = Path(archive.get("path") or "")
    if path.suffix in (".zip", ".jar") and path.is_file():
        return path.read_bytes()
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as made:
        for name, body in sorted(dict(_files(archive, "")).items()):
            entry = zipfile.ZipInfo(name, _MOMENT)
            entry.external_attr = _READABLE
            entry.compress_type = zipfile.ZIP_DEFLATED
            made.writestr(entry, body)
    return file.getvalue()


def _files(archive: Archive, within: str) -> Iterator[tuple[str, bytes]]:
    if "assets" in archive:
        for name, content in archive["assets"].items():
            inside = f"{within}{name}".removeprefix("./")
            if is_archive(content):
                yield from _files(content, "" if inside == "." else f"{inside}/")
            else:
                yield inside, _asset(content)
    elif "path" in archive:
        yield from _files_at(Path(archive["path"]), within)
    else:
        raise Refusal(f"the sandbox reads no archive from {archive.get('uri')}")


def _files_at(path: Path, within: str) -> Iterator[tuple[str, bytes]]:
    try:
        if path.is_dir():
            for each in sorted(path.rglob("*")):
                if each.is_file() and "__pycache__" not in each.parts:
                    yield f"{within}{each.relative_to(path).as_posix()}", each.read_bytes()
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as found:
                for entry in found.infolist():
                    if not entry.is_dir():
                        yield f"{within}{entry.filename}", found.read(entry)
        else:
            yield from _tarred(path, within)
    except (OSError, tarfile.TarError) as error:
        raise Refusal(f"cannot read the archive {path}: {error}") from error


def _tarred(path: Path, within: str) -> Iterator[tuple[str, bytes]]:
    with tarfile.open(path) as found:
        for entry in found:
            if body := found.extractfile(entry) if entry.isfile() else None:
                yield f"{within}{entry.name}", body.read()


def _asset(content: Any) -> bytes:
    if "text" in content:
        return str(content["text"]).encode()
    if "path" not in content:
        raise Refusal(f"the sandbox reads no asset from {content.get('uri')}")
    try:
        return Path(content["path"]).read_bytes()
    except OSError as error:
        raise Refusal(f"cannot read the asset {content['path']}: {error}") from error
