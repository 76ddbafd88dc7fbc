"""Client assertions: signed by a certificate of the application, or an identity token of an
issuer that the application trusts."""

from __future__ import annotations

import base64
import binascii
from typing import Any

import jwt
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import rsa

from provisioning.sandbox.azure.entra import refusals
from provisioning.sandbox.azure.entra.records import Application, Certificate, Federated
from provisioning.sandbox.identity_tokens import (
    Claims,
    IdentityTokens,
    Reason,
    TokenRefused,
    read_unverified,
)
from provisioning.sandbox.rest import RestError

_ALGORITHMS = ("RS256", "PS256")
_LEEWAY_SECONDS = 300.0
_LONGEST = 20_000


class Assertions:
    def __init__(self) -> None:
        self._identity_tokens = IdentityTokens()

    def require(
        self, assertion: str, application: Application, *, audiences: set[str], now: float
    ) -> None:
        """Raises RestError unless it proves that its bearer is the application. It names who
        has signed it: the application itself, or an issuer by an address."""
        header, claims = _read(assertion)
        if _is_address(claims.get("iss")):
            self._require_federated(assertion, application, now=now)
            return
        _require_certificate(assertion, header, application, now=now)
        if {claims.get("iss"), claims.get("sub")} != {application.app_id}:
            raise refusals.wrong_subject()
        if claims.get("aud") not in audiences:
            raise refusals.wrong_audience()
        _require_time(claims, now=now)

    def _require_federated(self, assertion: str, application: Application, *, now: float) -> None:
        """Which record it matches is said before its signature is looked at."""
        try:
            said = read_unverified(assertion)
            record = _matching(said, application.federated)
            self._identity_tokens.verify(
                assertion, issuer=record.issuer, audiences=record.audiences, now=now
            )
        except TokenRefused as refused:
            raise _worded(refused, assertion, now=now) from refused


def _read(assertion: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Header and claims, unverified."""
    try:
        if len(assertion) > _LONGEST:
            raise refusals.malformed_assertion("It is too long.")
        found = jwt.decode_complete(assertion, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise refusals.malformed_assertion(str(error)) from error
    return found["header"], found["payload"]


def _is_address(issuer: Any) -> bool:
    return isinstance(issuer, str) and issuer.startswith(("https://", "http://"))


# ── By certificate ──────────────────────────────────────────────────────────────────


def _require_certificate(
    assertion: str, header: dict[str, Any], application: Application, *, now: float
) -> None:
    shown = _hex(header.get("x5t#S256") or header.get("x5t") or header.get("kid") or "")
    found = next((each for each in application.certificates
                  if shown and shown in (each.thumbprint, each.sha256)), None)  # fmt: skip
    if found is None:
        reason = "The key was not found."
        raise refusals.unknown_certificate(application.app_id, shown, reason)
    if not found.begins <= now < found.ends:
        reason = "The key used is expired."
        raise refusals.unknown_certificate(application.app_id, shown, reason)
    if header.get("alg") not in _ALGORITHMS:
        said = f"The algorithm '{header.get('alg')}' is none of {', '.join(_ALGORITHMS)}."
        raise refusals.malformed_assertion(said)
    if not _is_signed(assertion, found):
        raise refusals.wrong_signature(shown)


def _is_signed(assertion: str, certificate: Certificate) -> bool:
    loaded = x509.load_der_x509_certificate(base64.b64decode(certificate.certificate))
    key = loaded.public_key()
    assert isinstance(key, rsa.RSAPublicKey), "no other is registered"
    try:
        jwt.PyJWS().decode(assertion, key, algorithms=list(_ALGORITHMS))
    except jwt.PyJWTError:
        return False
    return True


def _hex(thumbprint: Any) -> str:
    """As pages show it; tokens have it in base64."""
    text = str(thumbprint)
    try:
        return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).hex().upper()
    except (binascii.Error, ValueError):
        return ""


def _require_time(claims: dict[str, Any], *, now: float) -> None:
    try:
        ends = float(claims["exp"])
        begins = float(claims.get("nbf", 0.0))
    except (KeyError, TypeError, ValueError) as error:
        raise refusals.malformed_assertion("It has no time at which it ends.") from error
    if not begins - _LEEWAY_SECONDS <= now < ends + _LEEWAY_SECONDS:
        raise refusals.outside_its_time(now=now, begins=begins, ends=ends)


# ── By an issuer that the application trusts ────────────────────────────────────────


def _matching(said: Claims, records: list[Federated]) -> Federated:
    """Raises RestError for the first of issuer, subject and audience that no record has."""
    of_issuer = [each for each in records if each.issuer == said.issuer]
    if not of_issuer:
        raise refusals.no_federated(700211, "issuer", said.issuer)
    of_subject = [each for each in of_issuer if each.subject == said.subject]
    if not of_subject:
        if any(each.subject.lower() == said.subject.lower() for each in of_issuer):
            hint = (
                "The subject matches with case-insensitive comparison, but not with "
                "case-sensitive comparison. "
            )
            raise refusals.no_federated(7002138, "subject", said.subject, hint=hint)
        raise refusals.no_federated(700213, "subject", said.subject)
    for each in of_subject:
        if set(each.audiences) & set(said.audiences):
            return each
    raise refusals.no_federated(700212, "audience", ", ".join(said.audiences))


def _worded(refused: TokenRefused, assertion: str, *, now: float) -> RestError:
    reason = refused.reason
    if reason in (Reason.EXPIRED, Reason.NOT_YET_VALID):
        _, claims = _read(assertion)
        times = {"begins": float(claims.get("nbf", claims["iat"])), "ends": float(claims["exp"])}
        return refusals.outside_its_time(now=now, **times)
    if reason in (Reason.UNREACHABLE, Reason.ISSUER):
        message = f"Request to External OIDC endpoint failed: {refused}"
        return refusals.invalid_client(501661, message)
    if reason in (Reason.SIGNATURE, Reason.KEY):
        message = f"Client assertion failed signature validation. [Reason - {refused}]"
        return refusals.invalid_client(700027, message)
    return refusals.malformed_assertion(str(refused))
