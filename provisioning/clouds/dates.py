"""What time it is in a cloud: the Date of its answer to a request that nobody signs."""

from __future__ import annotations

from urllib.parse import urlsplit

import requests

from provisioning.contracts import Access, Cloud
from provisioning.errors import CloudAway

SECONDS = 4.0


def date_of(access: Access) -> str:
    """The header as it came. Raises CloudAway."""
    address = _address(access)
    try:
        with requests.Session() as session:
            if access.sandbox:
                session.trust_env = False  # loopback: no proxy that the environment names
            answer = session.head(address, timeout=SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        raise CloudAway(f"{urlsplit(address).hostname} {_trouble(error)}.") from error
    date = answer.headers.get("Date", "")
    if not date:
        raise CloudAway("The cloud's answer does not say what time it is there.")
    return date


def _trouble(error: requests.RequestException) -> str:
    """Its own words are those of the library, not of anybody who reads a report."""
    if isinstance(error, requests.Timeout):
        return f"did not answer within {SECONDS:.0f} seconds"
    if isinstance(error, requests.exceptions.SSLError):
        return "shows a certificate that is not trusted here"
    if isinstance(error, requests.exceptions.ProxyError):
        return "could not be reached through this machine's proxy"
    return "could not be reached"


def _address(access: Access) -> str:
    sandbox = access.sandbox
    if access.cloud is Cloud.AWS:
        suffix = "amazonaws.com.cn" if access.region.startswith("cn-") else "amazonaws.com"
        return sandbox.aws_url if sandbox else f"https://sts.{access.region}.{suffix}/"
    if access.cloud is Cloud.AZURE:
        return f"{sandbox.azure_url}/arm/" if sandbox else "https://management.azure.com/"
    return f"{sandbox.google_url}/iam/" if sandbox else "https://oauth2.googleapis.com/"
