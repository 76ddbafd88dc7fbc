"""What an application proves itself with: secrets, certificates, and whose tokens it trusts."""

from __future__ import annotations

import base64
import binascii
import secrets
import uuid
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from provisioning.sandbox.azure.entra.directory import Directory
from provisioning.sandbox.azure.entra.grants import digest_of
from provisioning.sandbox.azure.entra.records import Application, Certificate, Federated, Password
from provisioning.sandbox.azure.graph.dialect import bad_request, no_object
from provisioning.sandbox.azure.graph.shapes import (
    body_of,
    shown_federated,
    shown_password,
    text_of,
    time_of,
)
from provisioning.sandbox.rest import RestError, RestRequest, RestResponse

_TWO_YEARS = 2 * 365 * 86_400.0
_MOST_FEDERATED = 20


class Credentials:
    def __init__(self, directory: Directory) -> None:
        self._directory = directory
        self._table = directory.applications

    # ── Secrets ─────────────────────────────────────────────────────────────────────

    def add_password(self, request: RestRequest, application: Application) -> RestResponse:
        wish = body_of(request).get("passwordCredential") or {}
        if not isinstance(wish, dict):
            raise bad_request("passwordCredential has to be an object.")
        text = _new_secret()
        begins = time_of(wish, "startDateTime", self._directory.now())
        made = Password(
            id=str(uuid.uuid4()),
            name=str(wish.get("displayName") or ""),
            hint=text[:3],
            digest=digest_of(text),
            begins=begins,
            ends=time_of(wish, "endDateTime", begins + _TWO_YEARS),
        )
        if made.ends <= made.begins:
            raise bad_request("Key credential end date is invalid.")
        self._keep(application, passwords=[*application.passwords, made])
        return RestResponse(200, shown_password(made, text=text))

    def remove_password(self, request: RestRequest, application: Application) -> RestResponse:
        id = str(body_of(request).get("keyId", "")).lower()
        left = [each for each in application.passwords if each.id != id]
        if len(left) == len(application.passwords):
            raise bad_request("No password credential found with keyId.")
        self._keep(application, passwords=left)
        return RestResponse(204)

    # ── Certificates ────────────────────────────────────────────────────────────────

    def set_certificates(self, application: Application, body: dict[str, Any]) -> None:
        """All of them at once, as Graph has it: those told with their keyId and without their
        key stay. Changes the application, which the caller keeps."""
        if "keyCredentials" not in body:
            return
        wished = body["keyCredentials"]
        if not isinstance(wished, list) or not all(isinstance(each, dict) for each in wished):
            raise bad_request("keyCredentials has to be a list of objects.")
        known = {each.id: each for each in application.certificates}
        application.certificates = [
            known[str(each["keyId"])]
            if not each.get("key") and str(each.get("keyId")) in known
            else _certificate(each)
            for each in wished
        ]

    # ── Trusted issuers ─────────────────────────────────────────────────────────────

    def list_federated(self, request: RestRequest, application: Application) -> RestResponse:
        found = [shown_federated(each) for each in application.federated]
        return RestResponse(200, {"value": found})

    def add_federated(self, request: RestRequest, application: Application) -> RestResponse:
        body = body_of(request)
        made = Federated(
            id=str(uuid.uuid4()),
            name=text_of(body, "name", most=120),
            issuer=text_of(body, "issuer", most=600),
            subject=text_of(body, "subject", most=600),
            audiences=_audiences(body),
            description=str(body.get("description") or "")[:600],
        )
        self._require_room(application, made)
        self._keep(application, federated=[*application.federated, made])
        return RestResponse(201, shown_federated(made))

    def get_federated(self, request: RestRequest, application: Application) -> RestResponse:
        return RestResponse(200, shown_federated(_federated(request, application)))

    def remove_federated(self, request: RestRequest, application: Application) -> RestResponse:
        gone = _federated(request, application)
        left = [each for each in application.federated if each.id != gone.id]
        self._keep(application, federated=left)
        return RestResponse(204)

    def _require_room(self, application: Application, made: Federated) -> None:
        if len(application.federated) >= _MOST_FEDERATED:
            raise bad_request("An application has at most 20 federated identity credentials.")
        for each in application.federated:
            if each.name == made.name:
                message = f"FederatedIdentityCredential with name {made.name} already exists."
                raise RestError(409, "Request_MultipleObjectsWithSameKeyValue", message)
            if (each.issuer, each.subject) == (made.issuer, made.subject):
                message = (
                    "FederatedIdentityCredential with the same issuer and subject already exists "
                    "on app."
                )
                raise RestError(409, "Request_MultipleObjectsWithSameKeyValue", message)

    def _keep(self, application: Application, **changed: Any) -> None:
        self._table.put(application.model_copy(update=changed))


def _federated(request: RestRequest, application: Application) -> Federated:
    """By its id or its name."""
    wanted = request.arguments["federated"]
    found = next((each for each in application.federated if wanted in (each.id, each.name)), None)
    if found is None:
        raise no_object(wanted)
    return found


def _audiences(body: dict[str, Any]) -> list[str]:
    found = body.get("audiences")
    if not isinstance(found, list) or len(found) != 1 or not isinstance(found[0], str):
        raise bad_request("audiences has to be a list of one audience.")
    return found


def _certificate(wish: dict[str, Any]) -> Certificate:
    """The key is a certificate: base64 of its DER, or of its PEM."""
    if (wish.get("type"), wish.get("usage")) != ("AsymmetricX509Cert", "Verify"):
        raise bad_request("Of key credentials the sandbox takes AsymmetricX509Cert, for Verify.")
    try:
        raw = base64.b64decode(str(wish.get("key") or ""))
        loaded = (
            x509.load_pem_x509_certificate(raw)
            if raw.startswith(b"-----BEGIN")
            else x509.load_der_x509_certificate(raw)
        )
    except (binascii.Error, ValueError) as error:
        raise bad_request("Key credential is not a certificate.") from error
    if not isinstance(loaded.public_key(), rsa.RSAPublicKey):
        raise bad_request("The certificate's key has to be an RSA key.")
    return Certificate(
        id=str(wish.get("keyId") or uuid.uuid4()),
        name=str(wish.get("displayName") or loaded.subject.rfc4514_string()),
        certificate=base64.b64encode(loaded.public_bytes(Encoding.DER)).decode(),
        thumbprint=loaded.fingerprint(hashes.SHA1()).hex().upper(),  # noqa: S303 (its name)
        sha256=loaded.fingerprint(hashes.SHA256()).hex().upper(),
        begins=loaded.not_valid_before_utc.timestamp(),
        ends=loaded.not_valid_after_utc.timestamp(),
    )


def _new_secret() -> str:
    """Forty characters, some of them other than letters, as Entra's are."""
    text = secrets.token_urlsafe(30)
    return f"{text[:3]}8Q~{text[6:]}"
