"""What people paste is split into fields, or refused with the reason and without the secret."""

from __future__ import annotations

import json
from typing import Any

import pytest

from provisioning import clouds
from provisioning.contracts import Cloud
from provisioning.errors import InvalidInput

ID, SECRET = "AKIAIOSFODNN7EXAMPLE", "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY"
KEYS = {"access_key_id": ID, "secret_access_key": SECRET}
APP, TENANT = "1950a258-227b-4e31-a9cf-717495945fc2", "72f988bf-86f1-41af-91ab-2d7cd011db47"
PASSWORD = "xyz8Q~abcdefghijklmnopqrstuvwxyz012345"
PRINCIPAL = {"client_id": APP, "client_secret": PASSWORD, "tenant_id": TENANT}
KEY: dict[str, Any] = {
    "type": "service_account",
    "project_id": "my-project",
    "private_key": "-----BEGIN PRIVATE KEY-----\nMIIEcanary\n-----END PRIVATE KEY-----\n",
    "client_email": "base@my-project.iam.gserviceaccount.com",
    "token_uri": "https://oauth2.googleapis.com/token",
}
AUDIENCE = (
    "//iam.googleapis.com/projects/123456789012/locations/global/workloadIdentityPools/sky/"
    "providers/sky"
)
TARGET = "deployer@my-project.iam.gserviceaccount.com"
IMPERSONATION = (
    f"https://iamcredentials.googleapis.com/v1/projects/-/serviceAccounts/{TARGET}"
    ":generateAccessToken"
)
EXTERNAL: dict[str, Any] = {
    "type": "external_account",
    "audience": AUDIENCE,
    "subject_token_type": "urn:ietf:params:oauth:token-type:jwt",
    "token_url": "https://sts.googleapis.com/v1/token",
}


@pytest.mark.parametrize(
    "text",
    [
        f"[default]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n",
        f"# mine\n[prod]\nAWS_ACCESS_KEY_ID={ID}\naws_secret_access_key={SECRET}",
        f'export AWS_ACCESS_KEY_ID="{ID}"\nexport AWS_SECRET_ACCESS_KEY="{SECRET}"',
        f"SET AWS_ACCESS_KEY_ID={ID}\nSET AWS_SECRET_ACCESS_KEY={SECRET}",
        f'$Env:AWS_ACCESS_KEY_ID="{ID}"\n$Env:AWS_SECRET_ACCESS_KEY="{SECRET}"',
        json.dumps({"AccessKey": {"UserName": "sky", "AccessKeyId": ID, "SecretAccessKey": SECRET,
                                  "Status": "Active"}}),
        f"Access key ID,Secret access key\n{ID},{SECRET}\n",
    ],
)  # fmt: skip
def test_a_users_key_as_tools_print_it(text: str) -> None:
    assert clouds.split(Cloud.AWS, "access_keys", text) == KEYS
    assert clouds.split(Cloud.AWS, "role", text) == KEYS


def test_temporary_keys_and_their_region() -> None:
    given = {"AccessKeyId": "ASIAIOSFODNN7EXAMPLE", "SecretAccessKey": SECRET,
             "SessionToken": "token", "Expiration": "2027-03-01T12:00:00Z"}  # fmt: skip
    text = json.dumps({"Credentials": given, "AssumedRoleUser": {"Arn": "x"}})
    assert clouds.split(Cloud.AWS, "access_keys", text) == {
        "access_key_id": "ASIAIOSFODNN7EXAMPLE",
        "secret_access_key": SECRET,
        "session_token": "token",
    }
    lines = f"export AWS_ACCESS_KEY_ID={ID}\nexport AWS_DEFAULT_REGION=eu-west-1"
    assert clouds.split(Cloud.AWS, "access_keys", lines)["region"] == "eu-west-1"


def test_a_profile_that_takes_on_a_role() -> None:
    role = "arn:aws:iam::111122223333:role/sky"
    text = (
        f"[base]\naws_access_key_id={ID}\naws_secret_access_key={SECRET}\n"
        f"[profile prod]\nrole_arn = {role}\nexternal_id = sky-1\nsource_profile = base\n"
    )
    assert clouds.split(Cloud.AWS, "role", text) == {
        **KEYS, "role_arn": role, "external_id": "sky-1",
    }  # fmt: skip
    assert clouds.split(Cloud.AWS, "web_identity", text) == {"role_arn": role}


@pytest.mark.parametrize(
    "printed",
    [
        {"appId": APP, "displayName": "sky", "password": PASSWORD, "tenant": TENANT},
        {
            "clientId": APP,
            "clientSecret": PASSWORD,
            "tenantId": TENANT,
            "activeDirectoryEndpointUrl": "https://login.microsoftonline.com",
            "resourceManagerEndpointUrl": "https://management.azure.com/",
        },
    ],
)
def test_a_service_principal_in_both_spellings(printed: dict[str, str]) -> None:
    assert clouds.split(Cloud.AZURE, "client_secret", json.dumps(printed)) == PRINCIPAL
    names = {"client_id": APP, "tenant_id": TENANT}
    assert clouds.split(Cloud.AZURE, "federation", json.dumps(printed)) == names


def test_variables_and_a_certificate_of_azure() -> None:
    lines = f"export ARM_CLIENT_ID={APP}\nexport ARM_CLIENT_SECRET='{PASSWORD}'\n"
    lines += f"export ARM_TENANT_ID={TENANT}"
    assert clouds.split(Cloud.AZURE, "client_secret", lines) == PRINCIPAL
    pem = "-----BEGIN CERTIFICATE-----\nMIIC\n-----END CERTIFICATE-----"
    assert clouds.split(Cloud.AZURE, "certificate", pem) == {"certificate_data": pem}


def test_the_files_of_google() -> None:
    key = clouds.split(Cloud.GOOGLE, "service_account", json.dumps(KEY))
    assert json.loads(key["service_account_key"]) == KEY
    assert key["project"] == "my-project"
    external = EXTERNAL | {"service_account_impersonation_url": IMPERSONATION}
    wanted = {"audience": AUDIENCE, "service_account_email": TARGET}
    assert clouds.split(Cloud.GOOGLE, "federation", json.dumps(external)) == wanted
    impersonated = {
        "type": "impersonated_service_account",
        "service_account_impersonation_url": IMPERSONATION,
        "source_credentials": KEY,
    }
    found = clouds.split(Cloud.GOOGLE, "impersonation", json.dumps(impersonated))
    assert found["target_principal"] == TARGET
    assert json.loads(found["service_account_key"]) == KEY
    by_pool = impersonated | {"source_credentials": EXTERNAL}
    assert clouds.split(Cloud.GOOGLE, "federation", json.dumps(by_pool)) == wanted


def refused(cloud: Cloud, method: str, text: str) -> str:
    with pytest.raises(InvalidInput) as caught:
        clouds.split(cloud, method, text)
    (problem,) = caught.value.problems
    assert problem.field == "paste"
    for secret in (SECRET, PASSWORD, "MIIEcanary", "canary"):
        assert secret not in problem.message
    return problem.message


EVIL = "https://evil.example/canary"


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"credential_source": {"executable": {"command": "/bin/canary"}}}, "run a program"),
        ({"credential_source": {"file": "/etc/canary"}}, "read a file"),
        ({"credential_source": {"url": EVIL}}, "ask an address"),
        ({"credential_source": {"environment_id": "aws1"}}, "machine's own identity"),
        ({"credential_source": {"canary": 1}}, "unknown kind"),
        ({"token_url": EVIL}, "token_url is not Google's"),
        ({"token_url": "https://sts.googleapis.com.evil.example/v1/token"}, "token_url"),
        ({"token_url": "http://sts.googleapis.com/v1/token"}, "token_url"),
        ({"token_info_url": EVIL}, "token_info_url is not Google's"),
        ({"service_account_impersonation_url": EVIL}, "impersonation_url is not Google's"),
        ({"universe_domain": "evil.example"}, "another cloud"),
        ({"subject_token_type": "urn:ietf:params:aws:token-type:aws4_request"}, "identity tokens"),
        ({"workforce_pool_user_project": "1"}, "person's own sign-in"),
    ],
)
def test_a_configuration_that_would_do_harm_is_refused(
    changes: dict[str, Any], reason: str
) -> None:
    text = json.dumps(EXTERNAL | changes)
    assert reason in refused(Cloud.GOOGLE, "federation", text)
    inner = {"type": "impersonated_service_account", "source_credentials": EXTERNAL | changes}
    assert reason in refused(Cloud.GOOGLE, "impersonation", json.dumps(inner))


@pytest.mark.parametrize(
    ("cloud", "method", "text", "reason"),
    [
        (Cloud.GOOGLE, "service_account", json.dumps(KEY | {"token_uri": EVIL}), "token_uri"),
        (Cloud.GOOGLE, "service_account", '{"type": "authorized_user"}', "own sign-in"),
        (Cloud.GOOGLE, "service_account", '{"type": "service_acc', "cut off"),
        (Cloud.GOOGLE, "federation", json.dumps(KEY), "needs none"),
        (Cloud.AWS, "access_keys", f"[a]\ncredential_process = /bin/sh {SECRET}", "run a program"),
        (Cloud.AWS, "web_identity", "[a]\nweb_identity_token_file = /canary", "read a file"),
        (Cloud.AWS, "access_keys", f"[a]\n{ID}\nendpoint_url = {EVIL}", "elsewhere"),
        (Cloud.AWS, "access_keys", "[a]\nsso_session = x", "own sign-in"),
        (Cloud.AWS, "role", "[a]\ncredential_source = Ec2InstanceMetadata", "own identity"),
        (
            Cloud.AWS,
            "access_keys",
            f"[a]\naws_secret_access_key={SECRET}\n[b]\naws_access_key_id={ID}",
            "2 profiles",
        ),
        (Cloud.AWS, "access_keys", "hello", "not understood"),
        (Cloud.AWS, "access_keys", "role_arn=arn:aws:iam::1:role/x", "does not use"),
        (
            Cloud.AZURE,
            "client_secret",
            json.dumps({"clientSecret": PASSWORD, "activeDirectoryEndpointUrl": EVIL}),
            "activeDirectoryEndpointUrl",
        ),
        (Cloud.AZURE, "federation", "ARM_OIDC_TOKEN_FILE_PATH=/canary", "read a file"),
        (Cloud.AZURE, "client_secret", f"AZURE_AUTHORITY_HOST={EVIL}", "AUTHORITY_HOST"),
        (Cloud.AWS, "access_keys", "x" * 100_001, "too long"),
    ],
)
def test_the_reason_is_said_and_nothing_of_the_text(
    cloud: Cloud, method: str, text: str, reason: str
) -> None:
    assert reason in refused(cloud, method, text)


def test_a_credential_may_be_given_pasted() -> None:
    text = f"[default]\naws_access_key_id = {ID}\naws_secret_access_key = {SECRET}\n"
    values = {"paste": text, "region": "eu-west-1", "session_token": ""}
    credential, region = clouds.parse_credential(Cloud.AWS, "access_keys", values)
    assert (region, credential.reveal("secret_access_key")) == ("eu-west-1", SECRET)
    typed = values | {"access_key_id": "AKIAIOSFODNN7EXAMPL2"}
    credential, _ = clouds.parse_credential(Cloud.AWS, "access_keys", typed)
    assert credential.reveal("access_key_id") == "AKIAIOSFODNN7EXAMPL2"
    for wrong in ("hello", 7):
        with pytest.raises(InvalidInput) as caught:
            clouds.parse_credential(Cloud.AWS, "access_keys", {"paste": wrong})
        assert caught.value.problems[0].field == "credential.paste"
