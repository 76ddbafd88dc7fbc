"""Whether a cloud could fetch what Skyclock publishes, looked at from here."""

from __future__ import annotations

import ipaddress
import json
import socket
from typing import Any, NamedTuple
from urllib.error import HTTPError, URLError
from urllib.parse import urlsplit
from urllib.request import HTTPRedirectHandler, Request, build_opener

SECONDS = 4.0
MOST_BYTES = 64 * 1024
# Names that no public resolver knows, https://www.iana.org/assignments/special-use-domain-names
PRIVATE_ENDS = (
    ".local", ".localhost", ".internal", ".home.arpa", ".test", ".example", ".invalid", ".lan",
    ".intranet", ".corp", ".home",
)  # fmt: skip


class Reach(NamedTuple):
    """`sentence` says what is wrong, or what was seen."""

    ok: bool
    sentence: str


class _NoRedirects(HTTPRedirectHandler):
    def redirect_request(self, *args: Any, **kwargs: Any) -> None:
        return None  # the opener raises the answer as an HTTPError then


def look(base: str, path: str, expected: dict[str, Any]) -> Reach:
    """Whether this address is one for clouds, and answers with that very document."""
    wrong = unfit(base) or _unresolved(base)
    return Reach(ok=False, sentence=wrong) if wrong else compare(base + path, expected)


def unfit(base: str) -> str:
    """Why no cloud can use this address, whatever answers at it; "" where it can."""
    parts = urlsplit(base)
    host = parts.hostname or ""
    if parts.scheme != "https":
        return f"The clouds fetch the issuer by https, and its address is {base}."
    if _is_private_name(host):
        return f"The clouds cannot reach {host}: it is no public host name."
    if parts.port not in (None, 443):
        return f"The clouds ask on port 443 only, and the issuer's address has port {parts.port}."
    return ""


def _is_private_name(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return "." not in host or f".{host}".endswith(PRIVATE_ENDS)
    return True  # no certificate that clouds trust is given out for it


def _unresolved(base: str) -> str:
    host = urlsplit(base).hostname or ""
    try:
        found = socket.getaddrinfo(host, 443, type=socket.SOCK_STREAM)
    except OSError:
        return f"{host} is in no name server, seen from here."
    if any(ipaddress.ip_address(each[4][0]).is_global for each in found):
        return ""
    return f"{host} has a private address, seen from here; the clouds need a public one."


def compare(address: str, expected: dict[str, Any]) -> Reach:
    """Whether that document is there, for somebody who does not sign in."""
    try:
        found = _get(address)
    except HTTPError as error:
        return Reach(ok=False, sentence=_of_answer(address, error))
    except (URLError, OSError) as error:
        reason = getattr(error, "reason", None) or error
        return Reach(ok=False, sentence=f"{address} could not be fetched from here: {reason}.")
    except ValueError:
        return Reach(ok=False, sentence=f"{address} answers with something else than JSON.")
    if found != expected:
        return Reach(
            ok=False, sentence=f"{address} answers with another document than this Skyclock's own."
        )
    return Reach(ok=True, sentence=f"{address} answers as it should, seen from here.")


def _get(address: str) -> Any:
    asked = Request(address, headers={"Accept": "application/json"})  # noqa: S310 (https only)
    with build_opener(_NoRedirects()).open(asked, timeout=SECONDS) as answer:
        return json.loads(answer.read(MOST_BYTES))


def _of_answer(address: str, error: HTTPError) -> str:
    if 300 <= error.code < 400:
        return f"{address} sends elsewhere, and the clouds do not follow."
    return f"{address} answers {error.code} without signing in; it has to be open to everybody."
