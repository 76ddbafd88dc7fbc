"""Identity tokens of another issuer, and what they are exchanged for."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
import requests
from google.auth import identity_pool
from google.cloud import storage

from provisioning.contracts import SandboxFault
from tests.sandbox.google.conftest import (
    OTHER_PROJECT,
    PROJECT,
    SandboxGoogle,
    grant,
    make_account,
    refused,
)
from tests.sandbox.google.entering import (
    SCOPE,
    account_name,
    api,
    as_account,
    entered,
    not_entered,
)
from tests.sandbox.issuer import Issuer, running_issuer

PARENT = f"projects/{PROJECT}/locations/global"
SUBJECT = "skyclock:connection:1"
MAPPING = {"google.subject": "assertion.sub", "attribute.team": "assertion.team"}


@pytest.fixture(scope="module")
def issuer() -> Iterator[Issuer]:
    with running_issuer() as made:
        yield made


class Shown(identity_pool.SubjectTokenSupplier):
    """Of Google's library: where the identity token comes from."""

    def __init__(self, token: str) -> None:
        self.token = token

    def get_subject_token(self, context: Any, request: Any) -> str:
        return self.token


def pools(google: SandboxGoogle, **more: Any) -> Any:
    return google.api("iam", "v1", **more).projects().locations().workloadIdentityPools()


def make_pool(google: SandboxGoogle, id: str = "skyclock") -> str:
    """Its name, with the project's number, as Google answers it."""
    made = pools(google).create(parent=PARENT, workloadIdentityPoolId=id, body={}).execute()
    assert made["done"] and made["response"]["state"] == "ACTIVE"
    return str(made["response"]["name"])


def make_provider(google: SandboxGoogle, pool: str, issuer: Issuer, **more: Any) -> str:
    body = {
        "attributeMapping": MAPPING,
        "oidc": {"issuerUri": issuer.url, "allowedAudiences": ["sky"]},
        **more,
    }
    wish = (
        pools(google)
        .providers()
        .create(parent=pool, workloadIdentityPoolProviderId="own-issuer", body=body)
    )
    return str(wish.execute()["response"]["name"])


def by_identity(google: SandboxGoogle, provider: str, token: str, **more: Any) -> Any:
    return identity_pool.Credentials(
        audience=f"//iam.googleapis.com/{provider}",
        subject_token_type="urn:ietf:params:oauth:token-type:jwt",
        token_url=f"{google.url}/sts/v1/token",
        subject_token_supplier=Shown(token),
        scopes=[SCOPE],
        **more,
    )


def listing(google: SandboxGoogle, credentials: Any) -> Any:
    accounts = api(google, credentials, "iam", "v1").projects().serviceAccounts()
    return accounts.list(name=f"projects/{PROJECT}")


def test_an_identity_of_elsewhere_acts_as_an_account(google: SandboxGoogle, issuer: Issuer) -> None:
    pool = make_pool(google)
    provider = make_provider(google, pool, issuer)
    target = make_account(google, "deployer", "roles/iam.serviceAccountViewer")
    address = f"{google.url}/iamcredentials/v1/projects/-/serviceAccounts/{target}"
    mine = by_identity(
        google, provider, issuer.token(),
        service_account_impersonation_url=f"{address}:generateAccessToken",
    )  # fmt: skip
    assert not_entered(mine)[0] == "PERMISSION_DENIED"

    member = f"principal://iam.googleapis.com/{pool}/subject/{SUBJECT}"
    accounts = google.api("iam", "v1").projects().serviceAccounts()
    policy = {"bindings": [{"role": "roles/iam.workloadIdentityUser", "members": [member]}]}
    accounts.setIamPolicy(resource=account_name(target), body={"policy": policy}).execute()
    assert listing(google, mine).execute()["accounts"]
    other = by_identity(google, provider, issuer.token(sub="skyclock:connection:2"))
    assert not_entered(as_account(google, other, target))[0] == "PERMISSION_DENIED"


@pytest.mark.parametrize("set", ["*", "attribute.team/data", "subject"])
def test_roles_may_be_given_to_identities_themselves(
    google: SandboxGoogle, issuer: Issuer, set: str
) -> None:
    pool = make_pool(google)
    mine = by_identity(google, make_provider(google, pool, issuer), issuer.token(team="data"))
    assert refused(listing(google, mine))[0] == 403
    kind = "principal" if set == "subject" else "principalSet"
    end = f"subject/{SUBJECT}" if set == "subject" else set
    member = f"{kind}://iam.googleapis.com/{pool}/{end}"
    grant(google, "roles/iam.serviceAccountViewer", member)
    grant(google, "roles/storage.bucketViewer", member)
    assert listing(google, mine).execute()["accounts"]
    client = storage.Client(
        project=PROJECT, credentials=mine, client_options={"api_endpoint": f"{google.url}/storage"}
    )
    assert list(client.list_buckets()) == []
    if set == "attribute.team/data":
        other = by_identity(google, f"{pool}/providers/own-issuer", issuer.token(team="ml"))
        assert refused(listing(google, other))[0] == 403


@pytest.mark.parametrize(
    ("claims", "said"),
    [
        ({"aud": "other"}, "The audience in ID Token [other] does not match the"),
        ({"ago": 4000}, "is stale to sign-in."),
        ({"ago": -4000}, "is stale to sign-in."),
        ({"seconds": 90_000}, "The lifetime of the ID Token exceeds 24 hours."),
        ({"iss": "https://example.com"}, "The issuer in ID Token https://example.com does not"),
        ({"sub": "s" * 128}, "exceeds the 127 bytes limit"),
        ({"exp": None}, "Unable to parse the ID Token."),
    ],
    ids=str,
)  # fmt: skip
def test_tokens_that_do_not_fit_are_refused_in_googles_words(
    google: SandboxGoogle, issuer: Issuer, claims: dict[str, Any], said: str
) -> None:
    provider = make_provider(google, make_pool(google), issuer)
    error, description = not_entered(by_identity(google, provider, issuer.token(**claims)))
    assert error == "invalid_grant" and said in description


def test_signatures_are_checked_and_issuers_have_to_answer(
    google: SandboxGoogle, issuer: Issuer
) -> None:
    pool = make_pool(google)
    provider = make_provider(google, pool, issuer)
    issuer.new_key("stolen", publish=False)
    forged = issuer.token(key="stolen", header={"kid": "one"})
    assert not_entered(by_identity(google, provider, forged)) == (
        "invalid_grant", "Unable to verify the ID Token signature.",
    )  # fmt: skip
    away = {"issuerUri": "http://127.0.0.1:9", "allowedAudiences": ["sky"]}
    pools(google).providers().patch(name=provider, updateMask="oidc", body={"oidc": away}).execute()
    token = issuer.token(iss="http://127.0.0.1:9")
    assert not_entered(by_identity(google, provider, token)) == (
        "invalid_grant", "Error connecting to the given credential's issuer.",
    )  # fmt: skip


def test_keys_may_be_stored_so_that_nobody_asks_the_issuer(
    google: SandboxGoogle, issuer: Issuer
) -> None:
    keys = json.dumps(issuer.documents["/keys"])
    oidc = {"issuerUri": issuer.url, "allowedAudiences": ["sky"], "jwksJson": keys}
    provider = make_provider(google, make_pool(google), issuer, oidc=oidc)
    before = len(issuer.asked)
    entered(by_identity(google, provider, issuer.token()))
    assert len(issuer.asked) == before


def test_without_audiences_the_provider_itself_is_the_one(
    google: SandboxGoogle, issuer: Issuer
) -> None:
    provider = make_provider(google, make_pool(google), issuer, oidc={"issuerUri": issuer.url})
    assert not_entered(by_identity(google, provider, issuer.token()))[0] == "invalid_grant"
    for scheme in ("", "https:"):
        token = issuer.token(aud=f"{scheme}//iam.googleapis.com/{provider}")
        entered(by_identity(google, provider, token))


def test_a_condition_says_whom_to_take(google: SandboxGoogle, issuer: Issuer) -> None:
    condition = f"assertion.sub == '{SUBJECT}' && attribute.team in ['data', 'ml']"
    provider = make_provider(google, make_pool(google), issuer, attributeCondition=condition)
    entered(by_identity(google, provider, issuer.token(team="ml")))
    rejected = (
        "unauthorized_client", "The given credential is rejected by the attribute condition.",
    )  # fmt: skip
    for claims in ({"team": "ops"}, {}, {"team": "ml", "sub": "someone"}):
        assert not_entered(by_identity(google, provider, issuer.token(**claims))) == rejected


def test_a_subject_has_to_come_out_of_the_mapping(google: SandboxGoogle, issuer: Issuer) -> None:
    mapping = {"google.subject": "assertion.team + '/' + assertion.sub"}
    provider = make_provider(google, make_pool(google), issuer, attributeMapping=mapping)
    assert not_entered(by_identity(google, provider, issuer.token())) == (
        "unauthorized_client",
        "Could not obtain a value for google.subject from the given credential.",
    )
    entered(by_identity(google, provider, issuer.token(team="data")))


def test_what_is_disabled_or_deleted_exchanges_nothing(
    google: SandboxGoogle, issuer: Issuer
) -> None:
    pool = make_pool(google)
    provider = make_provider(google, pool, issuer)
    grant(google, "roles/viewer", f"principalSet://iam.googleapis.com/{pool}/*")
    mine = entered(by_identity(google, provider, issuer.token()))
    providers = pools(google).providers()
    providers.patch(name=provider, updateMask="disabled", body={"disabled": True}).execute()
    assert not_entered(mine)[0] == "invalid_target"
    assert status_with(google, mine.token) == 200  # tokens that it gave still let in
    pools(google).patch(name=pool, updateMask="disabled", body={"disabled": True}).execute()
    assert status_with(google, mine.token) == 401
    pools(google).patch(name=pool, updateMask="disabled", body={}).execute()
    providers.patch(name=provider, updateMask="disabled", body={}).execute()
    entered(mine)

    deleted = pools(google).delete(name=pool).execute()["response"]
    assert (deleted["state"], "expireTime" in deleted) == ("DELETED", True)
    assert not_entered(mine)[0] == "invalid_target"
    again = pools(google).create(parent=PARENT, workloadIdentityPoolId="skyclock", body={})
    assert refused(again)[0] == 409
    assert pools(google).list(parent=PARENT).execute() == {}
    pools(google).undelete(name=pool, body={}).execute()
    entered(mine)
    google.advance("P1D")
    assert len(pools(google).list(parent=PARENT).execute()["workloadIdentityPools"]) == 1


def status_with(google: SandboxGoogle, token: str) -> int:
    address = f"{google.url}/iam/v1/projects/{PROJECT}/serviceAccounts"
    headers = {"Authorization": f"Bearer {token}"}
    return requests.get(address, headers=headers, timeout=60).status_code


def test_the_sandbox_says_what_it_does_not_evaluate(google: SandboxGoogle, issuer: Issuer) -> None:
    pool = make_pool(google)

    def wish(**more: Any) -> tuple[int, str]:
        body = {"attributeMapping": MAPPING, "oidc": {"issuerUri": issuer.url}, **more}
        asked = (
            pools(google)
            .providers()
            .create(parent=pool, workloadIdentityPoolProviderId="own-issuer", body=body)
        )
        return refused(asked)

    status, message = wish(attributeCondition="assertion.sub.matches('a.*')")
    assert status == 501 and "does not evaluate this attribute condition" in message
    assert wish(attributeMapping={"google.subject": "assertion.sub.extract('{x}')"})[0] == 501
    assert wish(attributeMapping={})[0] == 400
    assert wish(attributeMapping={**MAPPING, "team": "assertion.team"})[0] == 400
    assert wish(oidc={"issuerUri": "http://example.com"})[0] == 400
    assert wish(oidc={"issuerUri": issuer.url, "jwksJson": "{}"}) == (
        400, "Input JWK is not in a valid json format.",
    )  # fmt: skip
    for id in ("abc", "gcp-pool", "Capital"):
        asked = pools(google).create(parent=PARENT, workloadIdentityPoolId=id, body={})
        assert refused(asked)[0] == 400


def test_pools_are_for_those_who_may_make_them(google: SandboxGoogle, issuer: Issuer) -> None:
    make_pool(google)
    email = make_account(google, "watcher", "roles/iam.workloadIdentityPoolViewer")
    assert pools(google, caller=email).list(parent=PARENT).execute()["workloadIdentityPools"]
    asked = pools(google, caller=email).create(
        parent=PARENT, workloadIdentityPoolId="another", body={}
    )
    status, message = refused(asked)
    assert status == 403 and "iam.workloadIdentityPools.create" in message
    assert refused(pools(google, caller=OTHER_PROJECT).list(parent=PARENT))[0] == 403


def test_policies_name_identities_of_pools_that_there_are(google: SandboxGoogle) -> None:
    pool = make_pool(google)
    projects = google.api("cloudresourcemanager", "v1").projects()

    def wish(member: str) -> Any:
        binding = {"role": "roles/viewer", "members": [member]}
        return projects.setIamPolicy(resource=PROJECT, body={"policy": {"bindings": [binding]}})

    gone = f"{pool}-gone"
    assert refused(wish(f"principal://iam.googleapis.com/{gone}/subject/x")) == (
        400,
        f"Identity Pool does not exist ({gone}). Please check that you specified a valid resource "
        "name as returned in the `name` attribute in the configuration API.",
    )
    assert refused(wish(f"principal://iam.googleapis.com/{pool}/*"))[0] == 400
    assert refused(wish(f"principalSet://iam.googleapis.com/{pool}/subject/x"))[0] == 400


def test_requests_have_a_form(google: SandboxGoogle, issuer: Issuer) -> None:
    provider = make_provider(google, make_pool(google), issuer)

    def ask(**more: str) -> tuple[int, str]:
        fields = {
            "grant_type": "urn:ietf:params:oauth:grant-type:token-exchange",
            "audience": f"//iam.googleapis.com/{provider}",
            "requested_token_type": "urn:ietf:params:oauth:token-type:access_token",
            "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
            "subject_token": issuer.token(),
            "scope": SCOPE,
            **more,
        }
        answer = requests.post(f"{google.url}/sts/v1/token", data=fields, timeout=60)
        return answer.status_code, answer.json().get("error", "")

    assert ask() == (200, "")
    assert ask(audience=f"//iam.googleapis.com/{PARENT}") == (400, "invalid_request")
    assert ask(audience=f"//iam.googleapis.com/{provider}-gone") == (400, "invalid_target")
    assert ask(grant_type="password") == (400, "unsupported_grant_type")
    assert ask(subject_token_type="saml") == (400, "invalid_request")
    assert ask(subject_token="") == (400, "invalid_request")
    assert ask(scope="") == (400, "invalid_scope")


def test_a_skewed_cloud_calls_tokens_stale(google: SandboxGoogle, issuer: Issuer) -> None:
    provider = make_provider(google, make_pool(google), issuer)
    with google.world.lock:
        skew = SandboxFault(kind="skew", cloud="google", match="sts.token", seconds=3600)
        google.world.faults.add(skew)
    error, said = not_entered(by_identity(google, provider, issuer.token()))
    assert error == "invalid_grant" and said.endswith("is stale to sign-in.")
