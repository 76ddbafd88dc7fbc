"""Keys of service accounts, and what they are exchanged for."""

from __future__ import annotations

import base64
import time
from email.utils import parsedate_to_datetime
from pathlib import Path
from typing import Any

import jwt
import pytest
import requests
from cryptography import x509
from google.cloud import storage

from provisioning.contracts import SandboxFault
from tests.sandbox.google.conftest import (
    PROJECT,
    SandboxGoogle,
    credentials,
    grant,
    make_account,
    refused,
)
from tests.sandbox.google.entering import (
    SCOPE,
    account_name,
    api,
    ask_token,
    by_key,
    entered,
    keys,
    make_key,
    not_entered,
)

BAD_TIMES = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)
BAD_SIGNATURE = ("invalid_grant", "Invalid JWT Signature.")
GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"


def signed(key: dict[str, Any], **claims: Any) -> str:
    now = int(time.time())
    every = {
        "iss": key["client_email"], "scope": SCOPE, "aud": key["token_uri"],
        "iat": now, "exp": now + 3600, **claims,
    }  # fmt: skip
    return jwt.encode(every, key["private_key"], "RS256", headers={"kid": key["private_key_id"]})


def said(google: SandboxGoogle, assertion: str) -> tuple[int, str, str]:
    answer = ask_token(google, grant_type=GRANT, assertion=assertion)
    return answer.status_code, answer.json()["error"], answer.json()["error_description"]


def test_a_key_enters_as_its_account_and_may_do_what_that_may(google: SandboxGoogle) -> None:
    email = make_account(google, "deployer", "roles/iam.serviceAccountViewer")
    key = make_key(google, email)
    assert key["token_uri"] == "https://oauth2.googleapis.com/token"
    assert (key["type"], key["project_id"], key["client_email"]) == (
        "service_account", PROJECT, email,
    )  # fmt: skip

    mine = by_key(google, key)
    accounts = api(google, mine, "iam", "v1").projects().serviceAccounts()
    assert accounts.list(name=f"projects/{PROJECT}").execute()["accounts"]
    body = {"accountId": "another"}
    status, message = refused(accounts.create(name=f"projects/{PROJECT}", body=body))
    assert status == 403 and "iam.serviceAccounts.create" in message
    assert mine.token.startswith("ya29.")


def test_storage_takes_the_same_token(google: SandboxGoogle) -> None:
    google.storage().create_bucket("of-the-project", location="EU")
    email = make_account(google, "reader", "roles/storage.bucketViewer")
    client = storage.Client(
        project=PROJECT,
        credentials=by_key(google, make_key(google, email)),
        client_options={"api_endpoint": f"{google.url}/storage"},
    )
    assert [bucket.name for bucket in client.list_buckets()] == ["of-the-project"]


def test_a_private_key_is_given_once(google: SandboxGoogle) -> None:
    email = make_account(google, "deployer")
    key = make_key(google, email)
    name = f"{account_name(email)}/keys/{key['private_key_id']}"
    shown = keys(google).get(name=name, publicKeyType="TYPE_X509_PEM_FILE").execute()
    assert "privateKeyData" not in shown
    assert x509.load_pem_x509_certificate(base64.b64decode(shown["publicKeyData"]))
    (listed,) = keys(google).list(name=account_name(email)).execute()["keys"]
    assert listed["name"] == name and "privateKeyData" not in listed
    assert (listed["keyType"], listed["validBeforeTime"]) == (
        "USER_MANAGED", "9999-12-31T23:59:59Z",
    )  # fmt: skip


def test_an_account_has_ten_keys_at_most(google: SandboxGoogle) -> None:
    email = make_account(google, "deployer")
    body = {"keyAlgorithm": "KEY_ALG_RSA_1024"}
    for _ in range(10):
        keys(google).create(name=account_name(email), body=body).execute()
    eleventh = keys(google).create(name=account_name(email), body=body)
    assert refused(eleventh) == (429, "Maximum number of keys on account reached.")


def test_disabled_and_deleted_keys_sign_nothing(google: SandboxGoogle) -> None:
    email = make_account(google, "deployer")
    key = make_key(google, email)
    mine, name = by_key(google, key), f"{account_name(email)}/keys/{key['private_key_id']}"
    keys(google).disable(name=name).execute()
    assert keys(google).get(name=name).execute()["disabled"]
    assert not_entered(mine) == BAD_SIGNATURE
    keys(google).enable(name=name).execute()
    entered(mine)
    keys(google).delete(name=name).execute()
    assert not_entered(mine) == BAD_SIGNATURE
    assert refused(keys(google).get(name=name))[0] == 404


def test_disabled_and_deleted_accounts_enter_no_more(google: SandboxGoogle) -> None:
    email = make_account(google, "deployer", "roles/viewer")
    mine = entered(by_key(google, make_key(google, email)))
    accounts = google.api("iam", "v1").projects().serviceAccounts()
    listing = api(google, google_token(mine), "iam", "v1").projects().serviceAccounts()
    mine_list = listing.list(name=f"projects/{PROJECT}")
    assert mine_list.execute()["accounts"]

    accounts.disable(name=account_name(email)).execute()
    assert not_entered(mine) == ("invalid_grant", "Robot is disabled.")
    assert refused(mine_list)[0] == 401
    accounts.enable(name=account_name(email)).execute()
    assert mine_list.execute()["accounts"]
    accounts.delete(name=account_name(email)).execute()
    assert not_entered(mine) == ("invalid_grant", "Invalid grant: account not found")
    assert refused(mine_list)[0] == 401

    google.advance("PT1S")
    make_account(google, "deployer", "roles/viewer")  # of the same name, but another
    assert not_entered(mine) == BAD_SIGNATURE
    assert refused(mine_list)[0] == 401


def google_token(mine: Any) -> Any:
    """The token by itself: nothing refreshes it."""
    found = credentials("nobody")
    found.token = mine.token
    return found


@pytest.mark.parametrize(
    "times",
    [
        {"iat": -4000, "exp": -400},
        {"iat": 600, "exp": 4200},
        {"iat": 0, "exp": 3601},
        {"iat": 0, "exp": 0},
    ],
    ids=["expired", "ahead", "too long", "of no time"],
)
def test_times_have_to_be_reasonable(google: SandboxGoogle, times: dict[str, int]) -> None:
    key, now = make_key(google, make_account(google, "deployer")), int(time.time())
    assertion = signed(key, **{name: now + ago for name, ago in times.items()})
    assert said(google, assertion) == (400, "invalid_grant", BAD_TIMES)


def test_a_clock_that_is_off_is_told(google: SandboxGoogle) -> None:
    key = make_key(google, make_account(google, "deployer"))
    with google.world.lock:
        google.world.faults.add(SandboxFault(kind="skew", cloud="google", seconds=-900))
    assert not_entered(by_key(google, key)) == ("invalid_grant", BAD_TIMES)
    told = requests.get(f"{google.url}/iam/v1/roles", timeout=60).headers["Date"]
    assert 890 < time.time() - parsedate_to_datetime(told).timestamp() < 960


def test_assertions_of_others_are_refused(google: SandboxGoogle) -> None:
    mine = make_key(google, make_account(google, "deployer"))
    other = make_key(google, make_account(google, "another"))
    stolen = signed({**other, "client_email": mine["client_email"]})
    assert said(google, stolen) == (400, *BAD_SIGNATURE)
    stolen = signed({**other, **{n: mine[n] for n in ("client_email", "private_key_id")}})
    assert said(google, stolen) == (400, *BAD_SIGNATURE)
    unknown = signed({**mine, "client_email": f"gone@{PROJECT}.iam.gserviceaccount.com"})
    assert said(google, unknown) == (400, "invalid_grant", "Invalid grant: account not found")
    elsewhere = signed(mine, aud="https://example.com/token")
    assert said(google, elsewhere) == (400, "invalid_grant", "Invalid JWT: Failed audience check.")
    status, error, _ = said(google, signed(mine, sub="user@example.com"))
    assert (status, error) == (401, "unauthorized_client")
    assert said(google, signed(mine, scope=""))[:2] == (400, "invalid_scope")
    assert said(google, "no.jwt")[:2] == (400, "invalid_grant")
    plain = jwt.encode({"iss": mine["client_email"]}, "x" * 32, "HS256")
    assert said(google, plain)[:2] == (400, "invalid_grant")


def test_other_grants_are_refused(google: SandboxGoogle) -> None:
    answer = ask_token(google, grant_type="password", assertion="x")
    assert answer.json() == {
        "error": "unsupported_grant_type", "error_description": "Invalid grant_type: password",
    }  # fmt: skip
    assert ask_token(google, grant_type=GRANT).json()["error"] == "invalid_request"


def test_a_token_does_no_more_than_its_scopes(google: SandboxGoogle) -> None:
    email = make_account(google, "deployer", "roles/owner")
    narrow = by_key(google, make_key(google, email), f"{SCOPE}.read-only")
    accounts = api(google, narrow, "iam", "v1").projects().serviceAccounts()
    status, message = refused(accounts.list(name=f"projects/{PROJECT}"))
    assert (status, message) == (403, "Request had insufficient authentication scopes.")
    projects = api(google, narrow, "cloudresourcemanager", "v3").projects()
    assert projects.get(name=f"projects/{PROJECT}").execute()["projectId"] == PROJECT


def test_tokens_survive_a_restart_and_are_kept_as_digests(google: SandboxGoogle) -> None:
    email = make_account(google, "deployer", "roles/viewer")
    key = make_key(google, email)
    mine = entered(by_key(google, key))
    google.restart()
    accounts = api(google, google_token(mine), "iam", "v1").projects().serviceAccounts()
    assert accounts.list(name=f"projects/{PROJECT}").execute()["accounts"]
    entered(by_key(google, key))
    written = b"".join(_contents(google.folder))
    assert email.encode() in written
    # The key's last whole line: the first ones are the modulus, which its certificate has too.
    for secret in (mine.token, key["private_key"].splitlines()[-3]):
        assert secret.encode() not in written


def _contents(folder: Path) -> list[bytes]:
    return [path.read_bytes() for path in folder.rglob("*") if path.is_file()]


def test_tokens_expire_by_real_time_alone(
    google: SandboxGoogle, monkeypatch: pytest.MonkeyPatch
) -> None:
    email = make_account(google, "deployer", "roles/viewer")
    mine = entered(by_key(google, make_key(google, email)))
    assert 3500 < (mine.expiry.timestamp() + _utc_offset() - time.time()) <= 3600
    accounts = api(google, google_token(mine), "iam", "v1").projects().serviceAccounts()
    listing = accounts.list(name=f"projects/{PROJECT}")
    google.advance("P2D")
    assert listing.execute()["accounts"]
    real = time.time
    monkeypatch.setattr(time, "time", lambda: real() + 3601)
    assert refused(listing)[0] == 401


def _utc_offset() -> float:
    """Of the naive UTC times that google-auth keeps."""
    return -float(time.timezone)


def test_who_may_not_make_keys_makes_none(google: SandboxGoogle) -> None:
    email = make_account(google, "deployer", "roles/editor")
    other = make_account(google, "another")
    body: dict[str, Any] = {}
    grant(google, "roles/iam.serviceAccountKeyAdmin", f"serviceAccount:{email}")
    assert keys(google, caller=email).create(name=account_name(other), body=body).execute()
    status, message = refused(
        keys(google, caller=other).create(name=account_name(other), body=body)
    )
    assert status == 403 and "iam.serviceAccountKeys.create" in message
