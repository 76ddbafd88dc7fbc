"""The sandbox's control address on loopback: what fired, and what is to go wrong."""

from __future__ import annotations

import json
from http.client import HTTPConnection, HTTPException
from typing import Any
from urllib.parse import urlencode, urlsplit

from provisioning.contracts import JournalEntry, SandboxFault
from provisioning.errors import CloudAway, CloudError, NotFound

READ_SECONDS = 5.0


def journal(control_url: str, *, after: int = 0, most: int = 200) -> tuple[JournalEntry, ...]:
    """Entries with a higher number than `after`, oldest first; of too many the newest."""
    query = urlencode({"after": after, "most": most})
    answer = ask("GET", control_url, f"/journal?{query}")
    return tuple(JournalEntry.model_validate(each) for each in answer["entries"])


def faults(control_url: str) -> tuple[SandboxFault, ...]:
    answer = ask("GET", control_url, "/faults")
    return tuple(SandboxFault.model_validate(each) for each in answer["faults"])


def add_fault(control_url: str, fault: SandboxFault) -> SandboxFault:
    body = fault.model_dump(mode="json", exclude={"id"})
    return SandboxFault.model_validate(ask("POST", control_url, "/faults", body))


def remove_fault(control_url: str, id: str) -> None:
    """Raises NotFound when it is used up, or was taken back already."""
    ask("DELETE", control_url, f"/faults?{urlencode({'id': id})}")


def ask(
    method: str,
    control_url: str,
    path: str,
    body: dict[str, Any] | None = None,
    *,
    timeout: float = READ_SECONDS,
) -> dict[str, Any]:
    # Not urllib: it would send loopback calls through a proxy that the environment names.
    url = urlsplit(control_url)
    connection = HTTPConnection(url.hostname or "127.0.0.1", url.port, timeout=timeout)
    headers = {"Content-Type": "application/json"}
    operation = urlsplit(path).path.strip("/")
    try:
        connection.request(method, path, json.dumps(body) if body else None, headers)
        response = connection.getresponse()
        text = response.read().decode()
    except (OSError, HTTPException) as error:
        message = f"The sandbox does not answer: {error}"
        raise CloudAway(message, operation=operation) from error
    finally:
        connection.close()
    if response.status >= 400:
        raise _refused(response.status, text, operation)
    answer: dict[str, Any] = json.loads(text)
    return answer


def _refused(status: int, text: str, operation: str) -> CloudError:
    try:
        message = str(json.loads(text)["error"])
    except (ValueError, KeyError, TypeError):
        message = text[:500]
    kind = NotFound if status == 404 else CloudError
    return kind(f"The sandbox refused: {message}", code=str(status), operation=operation)
