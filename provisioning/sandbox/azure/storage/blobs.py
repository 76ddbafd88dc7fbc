"""All blobs of all accounts, and what happens to them."""

from __future__ import annotations

import base64
import hashlib
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field

from provisioning.sandbox.azure.arm.manager import Manager
from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.eventgrid.bus import Bus, new_event
from provisioning.sandbox.azure.storage.accounts import TYPE as ACCOUNT
from provisioning.sandbox.azure.storage.containers import TYPE as CONTAINER
from provisioning.sandbox.azure.storage.contents import Contents
from provisioning.sandbox.azure.storage.records import Blob, Block, blob_key
from provisioning.sandbox.records import Table

_BLOCKS_KEPT = 7 * 86_400.0
CREATED = "Microsoft.Storage.BlobCreated"
DELETED = "Microsoft.Storage.BlobDeleted"


@dataclass(frozen=True)
class Written:
    """What is told of a blob that was written."""

    settings: dict[str, str] = field(default_factory=dict)
    metadata: dict[str, str] = field(default_factory=dict)


class Blobs:
    def __init__(self, manager: Manager, bus: Bus) -> None:
        self._manager = manager
        self._bus = bus
        store = manager.world.store
        self.contents = Contents(manager.world.folder)
        self._blobs = Table(store, kind="azure_blob", record=Blob)
        self._blocks = Table(store, kind="azure_block", record=Block)
        self._of_container: dict[str, dict[str, Blob]] = {}
        for blob in self._blobs:
            self._index(blob)
        self._sweep()
        self._sequence = 0
        manager.when_removed(CONTAINER, self._forget_container)

    def account(self, name: str) -> Resource | None:
        found = self._manager.resources.of_type(ACCOUNT)
        return next((each for each in found if each.name == name), None)

    def container(self, account: Resource, name: str) -> Resource | None:
        return self._manager.resources.get(f"{account.id}/blobServices/default/containers/{name}")

    def get(self, account: str, container: str, name: str) -> Blob | None:
        return self._blobs.get(blob_key(account, container, name))

    def in_container(self, account: str, container: str, *, prefix: str = "") -> list[Blob]:
        """In the order of their names."""
        known = self._of_container.get(f"{account}/{container}", {})
        return [known[name] for name in sorted(known) if name.startswith(prefix)]

    def read(self, blob: Blob) -> bytes:
        return self.contents.get(blob.digest)

    # ── Writing ─────────────────────────────────────────────────────────────────────

    def put(
        self, account: Resource, container: str, name: str, data: bytes, written: Written,
        *, api: str = "PutBlob",
    ) -> Blob:  # fmt: skip
        """In one piece; events follow."""
        digest = self.contents.put(data)
        md5 = base64.b64encode(hashlib.md5(data, usedforsecurity=False).digest()).decode()
        blob = self._made(account, container, name, digest, len(data), written)
        blob.md5 = md5
        self._keep(blob)
        self._tell(account, blob, CREATED, api)
        return blob

    def copy(self, source: Blob, account: Resource, container: str, name: str) -> Blob:
        blob = self._made(
            account, container, name, source.digest, source.size,
            Written(dict(source.settings), dict(source.metadata)),
        )  # fmt: skip
        blob.md5 = source.md5
        self._keep(blob)
        self._tell(account, blob, CREATED, "CopyBlob")
        return blob

    def put_block(self, account: str, container: str, blob: str, id: str, data: bytes) -> None:
        now = self._manager.now()
        for old in self._blocks:
            if old.put < now - _BLOCKS_KEPT:
                self._blocks.delete(old.key)
        self._blocks.put(
            Block(
                account=account, container=container, blob=blob, id=id,
                digest=self.contents.put(data), size=len(data), put=now,
            )
        )  # fmt: skip

    def blocks(self, account: str, container: str, blob: str) -> list[Block]:
        start = f"{blob_key(account, container, blob)}#"
        return [each for each in self._blocks if each.key.startswith(start)]

    def put_list(
        self, account: Resource, container: str, name: str,
        listed: list[tuple[str, str, int]], written: Written,
    ) -> Blob:  # fmt: skip
        """`listed` has id, digest and size of each block, in the blob's order."""
        digest = self.contents.join(digest for _, digest, _ in listed)
        size = sum(size for _, _, size in listed)
        blob = self._made(account, container, name, digest, size, written)
        blob.blocks = listed
        blob.md5 = written.settings.get("Content-MD5", "")
        for block in self.blocks(account.name, container, name):
            self._blocks.delete(block.key)
        self._keep(blob)
        self._tell(account, blob, CREATED, "PutBlockList")
        return blob

    def change(self, blob: Blob) -> None:
        """Its metadata or settings are others now; that is no event."""
        blob.modified, blob.etag = self._manager.now(), _new_etag()
        self._keep(blob)

    def delete(self, account: Resource, blob: Blob) -> None:
        self._blobs.delete(blob.key)
        self._of_container[f"{blob.account}/{blob.container}"].pop(blob.name, None)
        self._tell(account, blob, DELETED, "DeleteBlob")

    def _made(
        self, account: Resource, container: str, name: str, digest: str, size: int,
        written: Written,
    ) -> Blob:  # fmt: skip
        now, before = self._manager.now(), self.get(account.name, container, name)
        return Blob(
            account=account.name, container=container, name=name, digest=digest, size=size,
            md5="", etag=_new_etag(), created=before.created if before else now, modified=now,
            settings=written.settings, metadata=written.metadata,
        )  # fmt: skip

    def _tell(self, account: Resource, blob: Blob, type: str, api: str) -> None:
        self._sequence += 1
        subject = f"/blobServices/default/containers/{blob.container}/blobs/{blob.name}"
        data = {
            "api": api,
            "requestId": secrets.token_hex(16),
            "eTag": blob.etag,
            "contentType": blob.settings.get("Content-Type", "application/octet-stream"),
            "contentLength": blob.size,
            "blobType": blob.kind,
            "url": f"https://{account.name}.blob.core.windows.net/{blob.container}/{blob.name}",
            "sequencer": f"{int(self._manager.now() * 1000):024x}{self._sequence:012x}",
        }
        self._bus.publish(
            new_event(
                source=account.id, type=type, subject=subject, data=data,
                now=self._manager.now(),
            )
        )  # fmt: skip

    # ── What is kept ────────────────────────────────────────────────────────────────

    def _keep(self, blob: Blob) -> None:
        self._blobs.put(blob)
        self._index(blob)

    def _index(self, blob: Blob) -> None:
        place = f"{blob.account}/{blob.container}"
        self._of_container.setdefault(place, {})[blob.name] = blob

    def _forget_container(self, container: Resource) -> None:
        account = container.id.split("/")[8]
        for blob in self._of_container.pop(f"{account}/{container.name}", {}).values():
            self._blobs.delete(blob.key)
        start = f"{account}/{container.name}/"
        for block in self._blocks:
            if block.key.startswith(start):
                self._blocks.delete(block.key)

    def _sweep(self) -> None:
        self.contents.sweep(set(self._used()))

    def _used(self) -> Iterator[str]:
        for blob in self._blobs:
            yield blob.digest
            yield from (digest for _, digest, _ in blob.blocks)
        for block in self._blocks:
            yield block.digest


def _new_etag() -> str:
    return f"0x8D{secrets.token_hex(6).upper()}0"
