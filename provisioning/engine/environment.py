"""What processes that we start may see of our own environment: an allow-list.

The web server's and the worker's environment hold keys that no engine, plug-in or build
has any business with.
"""

from __future__ import annotations

import os
from collections.abc import Iterable

ALLOWED = (
    "PATH", "HOME", "USER", "LOGNAME", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR",
    "LD_LIBRARY_PATH", "PYTHONTZPATH",
    # Who signs for the clouds' addresses, where a proxy of the house opens what is encrypted.
    "SSL_CERT_FILE", "SSL_CERT_DIR", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "AWS_CA_BUNDLE",
    "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY",
    "http_proxy", "https_proxy", "all_proxy", "no_proxy",
)  # fmt: skip


def clean_environment(*more: str, prefixes: Iterable[str] = ()) -> dict[str, str]:
    """The allowed variables, those named in `more`, and those that begin with a prefix."""
    names = {*ALLOWED, *more}
    starts = tuple(prefixes)
    return {
        name: value
        for name, value in os.environ.items()
        if name in names or (starts and name.startswith(starts))
    }
