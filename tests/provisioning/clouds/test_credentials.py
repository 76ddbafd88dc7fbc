"""Credential forms: their schema, what is accepted, what is told about mistakes."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

from provisioning import clouds
from provisioning.contracts import Cloud, Credential
from provisioning.errors import InvalidInput
from provisioning.masking import MASK, Masker

SECRET = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEYS = {
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key": SECRET,
    "region": "eu-west-1",
}


def parse(**changes: object) -> tuple[object, str]:
    return clouds.parse_credential(Cloud.AWS, "access_keys", KEYS | changes)


def mistakes(**changes: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        parse(**changes)
    assert SECRET not in str(caught.value)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_access_keys_become_a_credential_and_a_region() -> None:
    credential, region = clouds.parse_credential(Cloud.AWS, "access_keys", KEYS)
    assert region == "eu-west-1"
    assert credential.reveal("secret_access_key") == SECRET
    assert set(credential.fields) == {"access_key_id", "secret_access_key"}
    assert SECRET not in repr(credential)


def test_pasted_spaces_and_empty_fields_are_forgiven() -> None:
    credential, _ = clouds.parse_credential(
        Cloud.AWS,
        "access_keys",
        {
            "access_key_id": " AKIAIOSFODNN7EXAMPLE\n",
            "secret_access_key": f" {SECRET} ",
            "session_token": "",
            "region": " eu-west-1",
        },
    )
    assert credential.reveal("access_key_id") == "AKIAIOSFODNN7EXAMPLE"
    assert credential.reveal("secret_access_key") == SECRET
    assert credential.reveal("session_token") is None


def test_a_mistake_is_told_at_its_field() -> None:
    assert "starts with AKIA or ASIA" in mistakes(access_key_id="me")["credential.access_key_id"]
    told = mistakes(secret_access_key="AKIAIOSFODNN7EXAMPLE")
    assert told["credential.secret_access_key"].startswith("This is an access key ID")
    assert "not all of it" in mistakes(secret_access_key="ab")["credential.secret_access_key"]
    assert "Did you mean eu-west-1?" in mistakes(region="eu-wset-1")["credential.region"]
    assert mistakes(user="me") == {"credential.user": "There is no such field."}
    assert mistakes(access_key_id=None)


def test_a_session_token_belongs_to_a_temporary_key() -> None:
    temporary = "ASIAIOSFODNN7EXAMPLE"
    assert "needs its session token" in mistakes(access_key_id=temporary)["credential"]
    assert "leave it empty" in mistakes(session_token="token")["credential"]
    assert parse(access_key_id=temporary, session_token="token")


def test_missing_fields_are_all_told() -> None:
    with pytest.raises(InvalidInput) as caught:
        clouds.parse_credential(Cloud.AWS, "access_keys", {})
    assert [problem.field for problem in caught.value.problems] == [
        "credential.access_key_id",
        "credential.secret_access_key",
        "credential.region",
    ]


def test_the_schema_marks_what_is_secret() -> None:
    fields = clouds.credential_schema(Cloud.AWS, "access_keys")["properties"]
    assert fields["secret_access_key"]["writeOnly"] is True
    assert fields["session_token"]["anyOf"][0]["writeOnly"] is True
    assert "writeOnly" not in fields["access_key_id"]


def test_other_methods_are_refused_with_a_sentence() -> None:
    with pytest.raises(InvalidInput, match="Known: web_identity, role, access_keys"):
        clouds.parse_credential(Cloud.AWS, "magic", {})


@pytest.mark.parametrize(
    ("cloud", "names"),
    [
        (Cloud.AWS, ["web_identity", "role", "access_keys"]),
        (Cloud.AZURE, ["federation", "certificate", "client_secret"]),
        (Cloud.GOOGLE, ["federation", "impersonation", "service_account"]),
    ],
)
def test_the_best_method_comes_first(cloud: Cloud, names: list[str]) -> None:
    assert list(clouds.methods_of(cloud)) == names
    best, *others = (clouds.method_of(cloud, name) for name in names)
    assert not best.keeps_secret
    assert all(each.keeps_secret for each in others)
    assert len({each.summary for each in (best, *others)}) == 3


AZURE = {
    "tenant_id": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "client_id": "1950a258-227b-4e31-a9cf-717495945fc2",
    "client_secret": "xyz8Q~abcdefghijklmnopqrstuvwxyz012345",
    "subscription_id": "5a4db0c5-1b7e-4c5e-9d3a-0f4f4b1d2c3e",
    "region": "westeurope",
}


def azure_mistakes(**changes: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        clouds.parse_credential(Cloud.AZURE, "client_secret", AZURE | changes)
    assert AZURE["client_secret"] not in str(caught.value)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_an_application_of_azure_becomes_a_credential_and_a_region() -> None:
    typed = AZURE | {"region": " West Europe", "client_id": f" {AZURE['client_id'].upper()}"}
    credential, region = clouds.parse_credential(Cloud.AZURE, "client_secret", typed)
    assert region == "westeurope"
    assert credential.reveal("client_id") == AZURE["client_id"]
    assert credential.reveal("client_secret") == AZURE["client_secret"]
    assert AZURE["client_secret"] not in repr(credential)
    assert set(credential.fields) == set(AZURE) - {"region"}


def test_a_tenant_may_be_told_by_its_domain() -> None:
    typed = AZURE | {"tenant_id": "Contoso.onmicrosoft.com"}
    credential, _ = clouds.parse_credential(Cloud.AZURE, "client_secret", typed)
    assert credential.reveal("tenant_id") == "contoso.onmicrosoft.com"


def test_a_mistake_in_an_application_of_azure_is_told_at_its_field() -> None:
    assert "8-4-4-4-12" in azure_mistakes(client_id="me")["credential.client_id"]
    assert "8-4-4-4-12" in azure_mistakes(subscription_id="prod")["credential.subscription_id"]
    told = azure_mistakes(client_secret="1950a258-227b-4e31-a9cf-717495945fc2")
    assert told["credential.client_secret"].startswith("This is the secret's ID")
    assert "not all of it" in azure_mistakes(client_secret="abc")["credential.client_secret"]
    assert "Did you mean westeurope?" in azure_mistakes(region="westeuorpe")["credential.region"]
    assert "two are the same" in azure_mistakes(client_id=AZURE["tenant_id"])["credential"]
    assert azure_mistakes(user="me") == {"credential.user": "There is no such field."}


def test_only_azures_secret_is_marked_secret() -> None:
    fields = clouds.credential_schema(Cloud.AZURE, "client_secret")["properties"]
    assert [name for name, about in fields.items() if about.get("writeOnly")] == ["client_secret"]


KEY = {
    "type": "service_account",
    "project_id": "my-project",
    "private_key_id": "0123456789abcdef0123456789abcdef01234567",
    "private_key": "-----BEGIN PRIVATE KEY-----\nMIIEvQIBADANBg\nkqhkiG9w0BAQEF\n"
    "-----END PRIVATE KEY-----\n",
    "client_email": "deployer@my-project.iam.gserviceaccount.com",
    "client_id": "100000000000000000001",
    "auth_uri": "https://accounts.google.com/o/oauth2/auth",
    "token_uri": "https://oauth2.googleapis.com/token",
    "universe_domain": "googleapis.com",
}


def google(key: object = None, **changes: object) -> tuple[Credential, str]:
    text = key if isinstance(key, str) else json.dumps(KEY if key is None else key)
    typed = {"service_account_key": text, "region": "europe-west1"} | changes
    return clouds.parse_credential(Cloud.GOOGLE, "service_account", typed)


def google_mistakes(key: object = None, **changes: object) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        google(key, **changes)
    assert "MIIEvQIBADANBg" not in str(caught.value)
    return {problem.field: problem.message for problem in caught.value.problems}


def test_a_key_of_a_service_account_brings_its_project_along() -> None:
    credential, region = google()
    assert (region, credential.reveal("project")) == ("europe-west1", "my-project")
    assert google(project="other-project")[0].reveal("project") == "other-project"
    assert "MIIEvQIBADANBg" not in repr(credential)


def test_of_a_keys_file_only_what_signs_is_kept() -> None:
    kept = json.loads(google()[0].reveal("service_account_key") or "")
    assert kept == {name: KEY[name] for name in kept}
    assert not [value for value in kept.values() if value.startswith("http")]


@pytest.mark.parametrize(
    ("kind", "sentence"),
    [
        ("authorized_user", "a person's own sign-in"),
        ("external_account", "which program to run"),
        ("impersonated_service_account", "where to fetch a credential"),
        ("something_new", "its type is another"),
    ],
)
def test_files_that_are_no_key_of_a_service_account_are_refused(kind: str, sentence: str) -> None:
    source = {"executable": {"command": "/bin/true"}}
    told = google_mistakes(KEY | {"type": kind, "credential_source": source})
    assert sentence in told["credential.service_account_key"]


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"token_uri": "https://oauth2.googleapis.com.evil.example/token"}, "is not Google's"),
        ({"token_uri": "http://oauth2.googleapis.com/token"}, "is not Google's"),
        ({"universe_domain": "example.com"}, "another cloud"),
        ({"private_key": KEY["private_key"][:50]}, "private_key is missing or cut off"),
        ({"client_email": ""}, "client_email is missing"),
    ],
)
def test_a_key_that_would_sign_for_others_or_is_cut_off_is_refused(
    changes: dict[str, str], sentence: str
) -> None:
    assert sentence in google_mistakes(KEY | changes)["credential.service_account_key"]


def test_a_mistake_beside_a_key_is_told_at_its_field() -> None:
    assert "copy the whole file" in google_mistakes("{")["credential.service_account_key"]
    assert "project's number" in google_mistakes(project="1234567890")["credential.project"]
    assert "not the project's name" in google_mistakes(project="My project")["credential.project"]
    assert (
        "Did you mean europe-west1?" in google_mistakes(region="europe-wset1")["credential.region"]
    )
    assert google_mistakes(user="me") == {"credential.user": "There is no such field."}


def test_the_key_itself_is_masked_and_the_project_is_not() -> None:
    credential, _ = google()
    assert KEY["private_key"] in credential.secrets()
    assert "my-project" not in credential.secrets()
    assert Masker(credential.secrets()).text("MIIEvQIBADANBg of my-project") == (
        f"{MASK} of my-project"
    )


def test_no_form_offers_the_sandboxs_own_way_in() -> None:
    for cloud in Cloud:
        assert "sandbox" not in clouds.methods_of(cloud)


def test_a_sandbox_key_names_its_account_and_is_well_formed() -> None:
    credential = clouds.sandbox_access_keys("111122223333")
    assert credential.reveal("access_key_id") == "AKIA111122223333SBOX"
    fields = {name: credential.reveal(name) for name in credential.fields}
    assert clouds.parse_credential(Cloud.AWS, "access_keys", fields | {"region": "eu-west-1"})


def test_the_forms_load_no_sdk() -> None:
    code = "import sys; from provisioning import clouds; from provisioning.contracts import Cloud;"
    code += "[clouds.credential_schema(c, m) for c in Cloud for m in clouds.methods_of(c)];"
    code += "assert not {'boto3', 'botocore', 'azure.core', 'google.auth'} & set(sys.modules)"
    subprocess.run([sys.executable, "-c", code], check=True, timeout=60)
