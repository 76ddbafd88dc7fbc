"""What is kept of blobs. Their contents are files, by their digests."""

from __future__ import annotations

from provisioning.sandbox.records import Record


class Blob(Record):
    account: str
    container: str
    name: str
    digest: str
    size: int
    md5: str  # base64, as the service tells it
    etag: str
    created: float
    modified: float
    settings: dict[str, str] = {}  # Content-Type and its like, by the header's name
    metadata: dict[str, str] = {}
    kind: str = "BlockBlob"
    blocks: list[tuple[str, str, int]] = []  # of a block list: id, digest, size

    @property
    def key(self) -> str:
        return blob_key(self.account, self.container, self.name)


class Block(Record):
    """One that was put and is in no list yet."""

    account: str
    container: str
    blob: str
    id: str
    digest: str
    size: int
    put: float

    @property
    def key(self) -> str:
        return f"{blob_key(self.account, self.container, self.blob)}#{self.id}"


def blob_key(account: str, container: str, name: str) -> str:
    return f"{account}/{container}/{name}"
