"""The methods that keep no secret, or one that opens little by itself."""

from __future__ import annotations

import base64
import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from provisioning import clouds
from provisioning.contracts import Cloud, Credential
from provisioning.errors import InvalidInput
from provisioning.masking import MASK, Masker

ROLE = {
    "role_arn": "arn:aws:iam::111122223333:role/skyclock",
    "external_id": "skyclock-4f6d1c",
    "region": "eu-west-1",
    "access_key_id": "AKIAIOSFODNN7EXAMPLE",
    "secret_access_key": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
}
WEB = {"role_arn": ROLE["role_arn"], "region": "eu-west-1"}
ENTRA = {
    "tenant_id": "72f988bf-86f1-41af-91ab-2d7cd011db47",
    "client_id": "1950a258-227b-4e31-a9cf-717495945fc2",
    "subscription_id": "5a4db0c5-1b7e-4c5e-9d3a-0f4f4b1d2c3e",
    "region": "westeurope",
}
POOL = "projects/123456789012/locations/global/workloadIdentityPools/skyclock/providers/skyclock"
FEDERATION = {"audience": f"//iam.googleapis.com/{POOL}", "project": "my-project",
              "region": "europe-west1"}  # fmt: skip
DEPLOYER = "deployer@my-project.iam.gserviceaccount.com"
BODY = "MIIEvQIBADANBgkqhkiG9w0BAQEFAASC"
KEY = json.dumps(
    {
        "type": "service_account",
        "project_id": "my-project",
        "private_key": f"-----BEGIN PRIVATE KEY-----\n{BODY}\n-----END PRIVATE KEY-----\n",
        "client_email": "base@my-project.iam.gserviceaccount.com",
        "token_uri": "https://oauth2.googleapis.com/token",
    }
)
IMPERSONATION = {
    "service_account_key": KEY, "target_principal": DEPLOYER, "region": "europe-west1",
}  # fmt: skip


def parse(cloud: Cloud, method: str, typed: dict[str, Any], **changes: Any) -> Credential:
    return clouds.parse_credential(cloud, method, typed | changes)[0]


def mistakes(cloud: Cloud, method: str, typed: dict[str, Any], **changes: Any) -> dict[str, str]:
    with pytest.raises(InvalidInput) as caught:
        parse(cloud, method, typed, **changes)
    return {
        problem.field.removeprefix("credential."): problem.message
        for problem in caught.value.problems
    }


# ── AWS ─────────────────────────────────────────────────────────────────────────────


def test_a_role_is_taken_on_by_a_base_key() -> None:
    credential = parse(Cloud.AWS, "role", ROLE)
    assert set(credential.fields) == set(ROLE) - {"region"}
    assert clouds.holds_secret(Cloud.AWS, credential)
    hidden = Masker(credential.secrets())
    assert hidden.text(f"{ROLE['role_arn']} {ROLE['external_id']} {ROLE['secret_access_key']}") == (
        f"{ROLE['role_arn']} {ROLE['external_id']} {MASK}"
    )


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"role_arn": "arn:aws:iam::111122223333:user/me"}, "role_arn", "has :role/ in it"),
        ({"role_arn": "skyclock"}, "role_arn", "is written arn:aws:iam"),
        ({"external_id": "x"}, "external_id", "2 to 1224"),
        ({"external_id": "no spaces"}, "external_id", "2 to 1224"),
        ({"access_key_id": "ASIAIOSFODNN7EXAMPLE"}, "access_key_id", "ends within hours"),
        ({"secret_access_key": ""}, "secret_access_key", "needs its secret"),
        ({"access_key_id": ""}, "access_key_id", "it belongs to"),
        ({"region": "eu-wset-1"}, "region", "Did you mean eu-west-1?"),
    ],
)
def test_what_is_wrong_with_a_role_stands_at_its_field(
    changes: dict[str, str], field: str, sentence: str
) -> None:
    told = mistakes(Cloud.AWS, "role", ROLE, **changes)
    assert list(told) == [field]
    assert sentence in told[field]


def test_the_machines_own_identity_is_used_only_where_that_is_allowed(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    without = {"access_key_id": "", "secret_access_key": ""}
    told = mistakes(Cloud.AWS, "role", ROLE, **without)
    assert "SKYCLOCK_AWS_BASE_IDENTITY=machine" in told["access_key_id"]
    monkeypatch.setenv("SKYCLOCK_AWS_BASE_IDENTITY", "machine")
    credential = parse(Cloud.AWS, "role", ROLE, **without)
    assert set(credential.fields) == {"role_arn", "external_id"}
    assert not clouds.holds_secret(Cloud.AWS, credential)


def test_a_web_identity_keeps_no_secret() -> None:
    assert parse(Cloud.AWS, "web_identity", WEB).secrets() == ()
    hour = parse(Cloud.AWS, "web_identity", WEB, duration_seconds="7200")
    assert (hour.reveal("duration_seconds"), hour.secrets()) == ("7200", ())
    assert parse(Cloud.AWS, "web_identity", WEB, duration_seconds="").reveal("external_id") is None


@pytest.mark.parametrize(
    ("duration", "sentence"), [("60", "900 seconds"), (99999, "12 hours"), ("1h", "whole number")]
)
def test_a_session_lasts_as_long_as_aws_gives(duration: object, sentence: str) -> None:
    told = mistakes(Cloud.AWS, "web_identity", WEB, duration_seconds=duration)
    assert sentence in told["duration_seconds"]


# ── Azure ───────────────────────────────────────────────────────────────────────────


def certificate(key: Any, *, days: int = 90, since: int = -1) -> x509.Certificate:
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "skyclock")])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now + timedelta(days=since))
        .not_valid_after(now + timedelta(days=days))
        .sign(key, hashes.SHA256())
    )


def key_pem(key: Any, password: str = "") -> str:
    how = (
        serialization.BestAvailableEncryption(password.encode())
        if password
        else serialization.NoEncryption()
    )
    return str(
        key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, how
        ).decode()
    )


def pem(made: x509.Certificate) -> str:
    return made.public_bytes(serialization.Encoding.PEM).decode()


@pytest.fixture(scope="module")
def rsa_key() -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(public_exponent=65537, key_size=2048)


def test_a_federated_application_keeps_no_secret() -> None:
    assert parse(Cloud.AZURE, "federation", ENTRA).secrets() == ()
    assert "8-4-4-4-12" in mistakes(Cloud.AZURE, "federation", ENTRA, client_id="me")["client_id"]


def test_a_certificate_is_kept_as_pem_however_it_came(rsa_key: rsa.RSAPrivateKey) -> None:
    made = certificate(rsa_key)
    pfx = pkcs12.serialize_key_and_certificates(
        b"skyclock", rsa_key, made, None, serialization.BestAvailableEncryption(b"tr0ub4dor")
    )
    ways = [
        {"certificate_data": pem(made) + key_pem(rsa_key)},
        {"certificate_data": key_pem(rsa_key, "tr0ub4dor") + pem(made), "password": "tr0ub4dor"},
        {"certificate_data": base64.encodebytes(pfx).decode(), "password": "tr0ub4dor"},
    ]
    kept = {
        parse(Cloud.AZURE, "certificate", ENTRA, **way).reveal("certificate_data") for way in ways
    }
    assert kept == {key_pem(rsa_key) + pem(made)}
    credential = parse(Cloud.AZURE, "certificate", ENTRA, **ways[1])
    assert credential.reveal("password") is None
    ends = clouds.expires(Cloud.AZURE, credential)
    assert ends == made.not_valid_after_utc
    line = key_pem(rsa_key).splitlines()[3]
    assert Masker(credential.secrets()).text(f"at {line}") == f"at {MASK}"


def test_what_is_wrong_with_a_certificate_is_told(rsa_key: rsa.RSAPrivateKey) -> None:
    other = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    curve = ec.generate_private_key(ec.SECP256R1())
    made, locked = certificate(rsa_key), key_pem(rsa_key, "tr0ub4dor")
    ended = (datetime.now(UTC) - timedelta(days=3)).strftime("%Y-%m-%d")

    def told(text: str, password: str = "") -> tuple[str, str]:
        ((field, sentence),) = mistakes(
            Cloud.AZURE, "certificate", ENTRA, certificate_data=text, password=password
        ).items()
        assert key_pem(rsa_key).splitlines()[1] not in sentence
        return field, sentence

    for text, field, sentence in (
        (key_pem(other) + pem(made), "certificate_data", "does not belong"),
        (key_pem(curve) + pem(certificate(curve)), "certificate_data", "RSA keys only"),
        (pem(made), "certificate_data", "private key is missing"),
        (key_pem(rsa_key), "certificate_data", "certificate is missing"),
        (
            key_pem(rsa_key) + pem(certificate(rsa_key, days=-3, since=-90)),
            "certificate_data",
            f"expired on {ended}",
        ),
        (key_pem(rsa_key) + pem(certificate(rsa_key, since=2)), "certificate_data", "begins on"),
        (locked + pem(made), "password", "enter its password"),
        ("not a certificate", "certificate_data", "neither PEM nor a PFX"),
        ("MIIK" * 20, "certificate_data", "cannot be opened"),
    ):
        assert told(text)[0] == field
        assert sentence in told(text)[1]
    assert told(locked + pem(made), "guess")[0] == "password"


def test_a_certificates_mistakes_are_told_beside_the_others() -> None:
    told = mistakes(Cloud.AZURE, "certificate", ENTRA, certificate_data="x", region="mars")
    assert set(told) == {"certificate_data", "region"}


# ── Google ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    "written", [POOL, f"https://iam.googleapis.com/{POOL}", f" //iam.googleapis.com/{POOL}"]
)
def test_a_providers_name_is_understood_as_google_writes_it(written: str) -> None:
    credential = parse(Cloud.GOOGLE, "federation", FEDERATION, audience=written)
    assert credential.reveal("audience") == f"//iam.googleapis.com/{POOL}"
    assert credential.secrets() == ()


@pytest.mark.parametrize(
    ("changes", "field", "sentence"),
    [
        ({"audience": "https://evil.example/token"}, "audience", "full name is written"),
        (
            {"audience": POOL.replace("123456789012", "my-project")},
            "audience",
            "project's number",
        ),
        ({"service_account_email": "me@example.com"}, "service_account_email", "is written name@"),
        ({"project": ""}, "project", "Enter the project"),
        ({"region": "mars"}, "region", "no region"),
    ],
)
def test_what_is_wrong_with_a_federation_stands_at_its_field(
    changes: dict[str, str], field: str, sentence: str
) -> None:
    told = mistakes(Cloud.GOOGLE, "federation", FEDERATION, **changes)
    assert list(told) == [field]
    assert sentence in told[field]


def test_the_project_is_that_of_the_account_that_is_taken_on() -> None:
    taken = {"service_account_email": DEPLOYER, "project": ""}
    assert parse(Cloud.GOOGLE, "federation", FEDERATION, **taken).reveal("project") == "my-project"
    credential = parse(Cloud.GOOGLE, "impersonation", IMPERSONATION)
    assert credential.reveal("project") == "my-project"
    assert Masker(credential.secrets()).text(f"{DEPLOYER} {BODY}") == f"{DEPLOYER} {MASK}"


def test_an_account_does_not_take_on_itself() -> None:
    base = {"target_principal": "base@my-project.iam.gserviceaccount.com"}
    told = mistakes(Cloud.GOOGLE, "impersonation", IMPERSONATION, **base)
    assert "takes on another" in told["target_principal"]
    told = mistakes(Cloud.GOOGLE, "impersonation", IMPERSONATION, target_principal="me")
    assert "is written name@" in told["target_principal"]


def test_a_key_that_the_sandbox_gave_out_enters_the_sandbox_only() -> None:
    key = json.dumps(json.loads(KEY) | {"token_uri": "http://127.0.0.1:7001/oauth2/token"})
    typed = {"service_account_key": key, "region": "europe-west1"}
    told = mistakes(Cloud.GOOGLE, "service_account", typed)
    assert "is not Google's" in told["service_account_key"]
    assert clouds.parse_credential(Cloud.GOOGLE, "service_account", typed, sandbox=True)
