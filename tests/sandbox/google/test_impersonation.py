"""Tokens of one account for another that may act as it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from google.auth.exceptions import RefreshError
from google.auth.transport.requests import Request

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
    as_account,
    by_key,
    entered,
    make_key,
    not_entered,
)

DENIED = "Permission 'iam.serviceAccounts.getAccessToken' denied on resource (or it may not exist)."
CREATOR = "roles/iam.serviceAccountTokenCreator"


def let(google: SandboxGoogle, who: str, role: str, on: str) -> None:
    """On one account, not on the project."""
    accounts = google.api("iam", "v1").projects().serviceAccounts()
    policy = accounts.getIamPolicy(resource=account_name(on)).execute()
    bindings = [*policy.get("bindings", []), {"role": role, "members": [f"serviceAccount:{who}"]}]
    body = {"policy": {**policy, "bindings": bindings}}
    accounts.setIamPolicy(resource=account_name(on), body=body).execute()


@pytest.mark.parametrize("role", [CREATOR, "roles/iam.workloadIdentityUser"])
def test_who_may_act_as_an_account_gets_its_token(google: SandboxGoogle, role: str) -> None:
    base = make_account(google, "skyclock-base")
    target = make_account(google, "deployer", "roles/iam.serviceAccountViewer")
    let(google, base, role, target)
    mine = as_account(google, by_key(google, make_key(google, base)), target, lifetime=900)
    accounts = api(google, mine, "iam", "v1").projects().serviceAccounts()
    assert accounts.list(name=f"projects/{PROJECT}").execute()["accounts"]
    source = api(google, by_key(google, make_key(google, base)), "iam", "v1").projects()
    assert refused(source.serviceAccounts().list(name=f"projects/{PROJECT}"))[0] == 403


def test_who_may_not_is_denied_in_googles_words(google: SandboxGoogle) -> None:
    base = make_account(google, "skyclock-base", "roles/owner")  # not even an owner may
    target = make_account(google, "deployer")
    mine = as_account(google, by_key(google, make_key(google, base)), target)
    with pytest.raises(RefreshError) as caught:
        mine.refresh(Request())
    error = json.loads(caught.value.args[1])["error"]
    assert error == {
        "code": 403,
        "message": DENIED,
        "status": "PERMISSION_DENIED",
        "details": [
            {
                "@type": "type.googleapis.com/google.rpc.ErrorInfo",
                "reason": "IAM_PERMISSION_DENIED",
                "domain": "iam.googleapis.com",
                "metadata": {"permission": "iam.serviceAccounts.getAccessToken"},
            }
        ],
    }


def test_a_chain_of_delegates_needs_each_link(google: SandboxGoogle) -> None:
    first, second, third = (make_account(google, f"account-{n}") for n in range(3))
    source = by_key(google, make_key(google, first))
    let(google, second, CREATOR, third)
    mine = as_account(google, source, third, delegates=[f"projects/-/serviceAccounts/{second}"])
    assert not_entered(mine)[0] == "PERMISSION_DENIED"
    let(google, first, CREATOR, second)
    entered(mine)
    assert not_entered(as_account(google, source, third)) == ("PERMISSION_DENIED", DENIED)


def test_what_is_asked_for_has_to_make_sense(google: SandboxGoogle) -> None:
    target = make_account(google, "deployer")
    names = google.api("iamcredentials", "v1").projects().serviceAccounts()

    def ask(email: str, **body: Any) -> Any:
        name = f"projects/-/serviceAccounts/{email}"
        return names.generateAccessToken(name=name, body={"scope": [SCOPE], **body})

    made = ask(target, lifetime="60s").execute()
    assert made["accessToken"].startswith("ya29.") and made["expireTime"].endswith("Z")
    assert refused(ask(target, lifetime="3601s"))[0] == 400
    assert refused(ask(target, lifetime="an hour"))[0] == 400
    assert refused(ask(target, scope=[]))[0] == 400
    gone = f"gone@{PROJECT}.iam.gserviceaccount.com"
    assert refused(ask(gone)) == (404, f"Not found; Gaia id not found for email {gone}")
    accounts = google.api("iam", "v1").projects().serviceAccounts()
    accounts.disable(name=account_name(target)).execute()
    assert refused(ask(target))[0] == 400


def test_a_role_on_the_project_counts_for_its_accounts(google: SandboxGoogle) -> None:
    base, target = make_account(google, "skyclock-base"), make_account(google, "deployer")
    mine = as_account(google, credentials(base), target)
    assert not_entered(mine)[0] == "PERMISSION_DENIED"
    grant(google, CREATOR, f"serviceAccount:{base}")
    entered(mine)
