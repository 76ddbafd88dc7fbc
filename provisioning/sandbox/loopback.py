"""Who may speak to a listener on loopback: programs on this machine, not web pages."""

from __future__ import annotations

import socket

# Set in the WSGI environment once the body is read: the connection can go on.
BODY_READ = "sandbox.body_read"
# Headers with an underscore in their names, which WSGI cannot tell from those with a hyphen:
# the metadata of blobs has them.
UNDERSCORED = "sandbox.underscored_headers"


def require_free(port: int) -> None:
    """Raises OSError that names the port; servers say only that an address is in use."""
    with socket.create_server(("127.0.0.1", port)):
        pass


def foreign_request(*, host: str, origin: str | None, port: int) -> str | None:
    """Why a request is refused, or None.

    A page in a browser on this machine can send requests here: under a name of its own
    that points to 127.0.0.1 (then Host gives it away) or across origins (then Origin does).
    """
    if host not in (f"127.0.0.1:{port}", f"localhost:{port}"):
        return f"The sandbox answers requests for 127.0.0.1:{port} only."
    if origin is not None:
        return "The sandbox does not answer web pages."
    return None
