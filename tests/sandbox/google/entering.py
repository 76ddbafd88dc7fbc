"""Keys, tokens and those who show them, by Google's own libraries."""

from __future__ import annotations

import base64
import json
from typing import Any

import pytest
import requests
from google.api_core.client_options import ClientOptions
from google.auth import impersonated_credentials
from google.auth.credentials import Credentials
from google.auth.exceptions import OAuthError, RefreshError
from google.auth.transport.requests import Request
from google.oauth2 import service_account
from googleapiclient.discovery import build

from tests.sandbox.google.conftest import PROJECT, SandboxGoogle

SCOPE = "https://www.googleapis.com/auth/cloud-platform"


def account_name(email: str) -> str:
    return f"projects/{PROJECT}/serviceAccounts/{email}"


def keys(google: SandboxGoogle, **more: Any) -> Any:
    return google.api("iam", "v1", **more).projects().serviceAccounts().keys()


def make_key(google: SandboxGoogle, email: str) -> dict[str, Any]:
    """The file of a new key, as Google gives it."""
    made = keys(google).create(name=account_name(email), body={}).execute()
    found: dict[str, Any] = json.loads(base64.b64decode(made["privateKeyData"]))
    return found


def by_key(google: SandboxGoogle, key: dict[str, Any], *scopes: str) -> Any:
    here = key | {"token_uri": f"{google.url}/oauth2/token"}
    return service_account.Credentials.from_service_account_info(here, scopes=scopes or [SCOPE])


def as_account(google: SandboxGoogle, source: Credentials, email: str, **more: Any) -> Any:
    address = f"{google.url}/iamcredentials/v1/projects/-/serviceAccounts/{email}"
    given = {"target_scopes": [SCOPE], **more}
    return impersonated_credentials.Credentials(
        source, email, iam_endpoint_override=f"{address}:generateAccessToken", **given
    )


def api(google: SandboxGoogle, credentials: Credentials, name: str, version: str) -> Any:
    endpoint = f"{google.url}/{name}"
    return build(
        name, version, static_discovery=True, cache_discovery=False, credentials=credentials,
        client_options=ClientOptions(api_endpoint=endpoint), num_retries=0,
    )  # fmt: skip


def entered(credentials: Any) -> Any:
    credentials.refresh(Request())
    return credentials


def not_entered(credentials: Any) -> tuple[str, str]:
    """What the token endpoint said: its error, and the description."""
    with pytest.raises((RefreshError, OAuthError)) as caught:
        credentials.refresh(Request())
    found = caught.value.args[1]
    body = found if isinstance(found, dict) else json.loads(found)
    if isinstance(body["error"], dict):
        return body["error"]["status"], body["error"]["message"]
    return body["error"], body["error_description"]


def ask_token(google: SandboxGoogle, **fields: str) -> requests.Response:
    return requests.post(f"{google.url}/oauth2/token", data=fields, timeout=60)
