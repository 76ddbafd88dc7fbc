"""The code of functions: zip files by their hash, in the store and unpacked in the folder."""

from __future__ import annotations

import base64
import hashlib
import io
import shutil
import tempfile
import zipfile
from pathlib import Path

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.store import Store

_KIND = "lambda_code"
LARGEST_ZIP = 50 * 1024 * 1024
LARGEST_UNZIPPED = 262_144_000


class Code:
    def __init__(self, store: Store, folder: Path) -> None:
        self._store = store
        self._folder = folder / "lambda"
        self._stored = {key for key, _ in store.rows(_KIND)}

    def keep(self, body: bytes) -> str:
        """Store and unpack a zip file; its digest. Raises InvalidParameterValueException."""
        digest = hashlib.sha256(body).hexdigest()
        if digest not in self._stored:
            self._unpack(digest, body)
            self._store.put(_KIND, digest, body)
            self._stored.add(digest)
        return digest

    def forget(self, digest: str) -> None:
        """No function has this code any more."""
        if digest in self._stored:
            self._stored.discard(digest)
            self._store.delete(_KIND, digest)
            shutil.rmtree(self._folder / digest, ignore_errors=True)

    def path(self, digest: str) -> Path:
        """Where the code is unpacked; it is unpacked again when somebody removed it."""
        path = self._folder / digest
        if not path.is_dir():
            body = self._store.get(_KIND, digest)
            if body is None:
                raise AwsError("ServiceException", "The function's code is lost.", status=500)
            self._unpack(digest, body)
        return path

    def _unpack(self, digest: str, body: bytes) -> None:
        if len(body) > LARGEST_ZIP:
            raise AwsError(
                "RequestEntityTooLargeException",
                f"Request must be smaller than {LARGEST_ZIP} bytes for the CreateFunction "
                "operation",
                status=413,
            )
        self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        place = Path(tempfile.mkdtemp(dir=self._folder))
        try:
            _extract(body, place)
            place.rename(self._folder / digest)
        except OSError:
            if not (self._folder / digest).is_dir():
                raise
        finally:
            shutil.rmtree(place, ignore_errors=True)


def as_aws_writes(digest: str) -> str:
    """CodeSha256: the same digest in base 64."""
    return base64.b64encode(bytes.fromhex(digest)).decode()


def _extract(body: bytes, place: Path) -> None:
    try:
        with zipfile.ZipFile(io.BytesIO(body)) as archive:
            if sum(entry.file_size for entry in archive.infolist()) > LARGEST_UNZIPPED:
                raise _invalid(f"Unzipped size must be smaller than {LARGEST_UNZIPPED} bytes")
            archive.extractall(place)  # it keeps names inside of the folder
    except (zipfile.BadZipFile, EOFError, RuntimeError, NotImplementedError) as error:
        raise _invalid(
            "Could not unzip uploaded file. Please check your file, then try to upload again."
        ) from error


def _invalid(message: str) -> AwsError:
    return AwsError("InvalidParameterValueException", message)
