"""Lists of containers, blobs and blocks, in the service's XML."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from email.utils import formatdate
from xml.sax.saxutils import escape

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.storage.dialect import XML
from provisioning.sandbox.azure.storage.records import Blob, Block

_MOST = 5000


def element(name: str, text: object) -> str:
    return f"<{name}>{escape(str(text))}</{name}>"


def date(seconds: float) -> str:
    return formatdate(seconds, usegmt=True)


def containers(found: Iterable[Resource], *, url: str, query: Mapping[str, str]) -> bytes:
    prefix, marker, most = query.get("prefix", ""), query.get("marker", ""), page_size(query)
    names = sorted(
        (each for each in found if each.name.startswith(prefix) and each.name >= marker),
        key=lambda each: each.name,
    )
    shown = "".join(
        f"<Container>{element('Name', each.name)}<Properties>"
        f"{element('Last-Modified', date(each.modified))}{element('Etag', each.etag)}"
        "<LeaseStatus>unlocked</LeaseStatus><LeaseState>available</LeaseState></Properties>"
        f"{metadata(each.properties.get('metadata') or {})}</Container>"
        for each in names[:most]
    )
    following = names[most].name if len(names) > most else ""
    return (
        f'{XML}<EnumerationResults ServiceEndpoint="{escape(url)}">{element("Prefix", prefix)}'
        f"{element('MaxResults', most)}<Containers>{shown}</Containers>"
        f"{element('NextMarker', following)}</EnumerationResults>"
    ).encode()


def blobs(found: list[Blob], *, url: str, container: str, query: Mapping[str, str]) -> bytes:
    """`found` begins with the prefix; names with the delimiter after it come as one."""
    prefix, mark = query.get("prefix", ""), query.get("delimiter", "")
    most, marker = page_size(query), query.get("marker", "")
    entries: dict[str, Blob | None] = {}
    for blob in found:
        rest = blob.name[len(prefix) :]
        if mark and mark in rest:
            entries.setdefault(prefix + rest.partition(mark)[0] + mark, None)
        else:
            entries[blob.name] = blob
    names = [name for name in sorted(entries) if name >= marker]
    with_metadata = "metadata" in query.get("include", "")
    shown = "".join(_entry(name, entries[name], with_metadata) for name in names[:most])
    following = names[most] if len(names) > most else ""
    return (
        f'{XML}<EnumerationResults ServiceEndpoint="{escape(url)}" '
        f'ContainerName="{escape(container)}">{element("Prefix", prefix)}'
        f"{element('MaxResults', most)}{element('Delimiter', mark)}<Blobs>{shown}</Blobs>"
        f"{element('NextMarker', following)}</EnumerationResults>"
    ).encode()


def block_list(committed: list[tuple[str, str, int]], uncommitted: list[Block]) -> bytes:
    def each(id: str, size: int) -> str:
        return f"<Block>{element('Name', id)}{element('Size', size)}</Block>"

    done = "".join(each(id, size) for id, _, size in committed)
    open_ones = "".join(each(block.id, block.size) for block in uncommitted)
    return (
        f"{XML}<BlockList><CommittedBlocks>{done}</CommittedBlocks>"
        f"<UncommittedBlocks>{open_ones}</UncommittedBlocks></BlockList>"
    ).encode()


def metadata(values: Mapping[str, str]) -> str:
    inner = "".join(element(name, value) for name, value in values.items())
    return f"<Metadata>{inner}</Metadata>"


def page_size(query: Mapping[str, str]) -> int:
    given = query.get("maxresults", "")
    return min(int(given), _MOST) if given.isdigit() and int(given) else _MOST


def _entry(name: str, blob: Blob | None, with_metadata: bool) -> str:
    if blob is None:
        return f"<BlobPrefix>{element('Name', name)}</BlobPrefix>"
    settings = {"Content-Type": "application/octet-stream", **blob.settings}
    properties = {
        "Creation-Time": date(blob.created),
        "Last-Modified": date(blob.modified),
        "Etag": blob.etag,
        "Content-Length": blob.size,
        **{key: value for key, value in settings.items() if key != "Content-MD5"},
        "Content-MD5": blob.md5,
        "BlobType": blob.kind,
        "AccessTier": "Hot",
        "AccessTierInferred": "true",
        "LeaseStatus": "unlocked",
        "LeaseState": "available",
        "ServerEncrypted": "true",
    }
    inner = "".join(element(key, value) for key, value in properties.items())
    more = metadata(blob.metadata) if with_metadata else ""
    return f"<Blob>{element('Name', name)}<Properties>{inner}</Properties>{more}</Blob>"
