"""What time it is in a cloud: the Date of its answer to a request that nobody signs."""

from __future__ import annotations

import requests

from provisioning.contracts import Access, Cloud
from provisioning.errors import CloudAway

SECONDS = 4.0


def date_of(access: Access) -> str:
    """The header as it came. Raises CloudAway."""
    try:
        with requests.Session() as session:
            if access.sandbox:
                session.trust_env = False  # loopback: no proxy that the environment names
            answer = session.head(_address(access), timeout=SECONDS, allow_redirects=False)
    except requests.RequestException as error:
        raise CloudAway(f"The cloud could not be reached: {error}") from error
    date = answer.headers.get("Date", "")
    if not date:
        raise CloudAway("The cloud's answer does not say what time it is there.")
    return date


def _address(access: Access) -> str:
    sandbox = access.sandbox
    if access.cloud is Cloud.AWS:
        suffix = "amazonaws.com.cn" if access.region.startswith("cn-") else "amazonaws.com"
        return sandbox.aws_url if sandbox else f"https://sts.{access.region}.{suffix}/"
    if access.cloud is Cloud.AZURE:
        return f"{sandbox.azure_url}/arm/" if sandbox else "https://management.azure.com/"
    return f"{sandbox.google_url}/iam/" if sandbox else "https://oauth2.googleapis.com/"
