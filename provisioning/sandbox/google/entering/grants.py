"""`/oauth2/token`: the key of a service account, shown by a signed assertion, for a token.
https://developers.google.com/identity/protocols/oauth2/service-account#httprest"""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from typing import Any

import jwt

from provisioning.sandbox.google.accounts import Account, Accounts
from provisioning.sandbox.google.dialect import oauth_refusal
from provisioning.sandbox.google.entering.forms import fields_of
from provisioning.sandbox.google.entering.keys import TOKEN_URI, Key, Keys
from provisioning.sandbox.google.entering.tokens import LIFE_SECONDS, is_scope
from provisioning.sandbox.rest import RestRequest, RestResponse, Route
from provisioning.sandbox.world import World

PATH = "/oauth2/token"
_NAME = "oauth2.token"
_GRANT = "urn:ietf:params:oauth:grant-type:jwt-bearer"
# Google's own addresses: libraries sign for those, whatever address the key file names.
_AUDIENCES = (
    TOKEN_URI,
    "https://accounts.google.com/o/oauth2/token",
    "https://www.googleapis.com/oauth2/v4/token",
)
_SKEW_SECONDS = 300.0
_NOT_ONE = "Invalid JWT: the assertion is not a JWT that RS256 signs."
_BAD_TIMES = (
    "Invalid JWT: Token must be a short-lived token (60 minutes) and in a reasonable timeframe. "
    "Check your iat and exp values in the JWT claim."
)
_DELEGATION = (
    "Client is unauthorized to retrieve access tokens using this method, or client not "
    "authorized for any of the scopes requested."
)


class Grants:
    """`url` is the sandbox's own address."""

    def __init__(self, world: World, *, accounts: Accounts, keys: Keys, url: str) -> None:
        self._faults = world.faults
        self._accounts = accounts
        self._keys = keys
        self._tokens = accounts.tokens
        self._audiences = {*_AUDIENCES, f"{url}{PATH}"}

    def routes(self) -> Iterator[Route]:
        yield Route("POST", PATH, _NAME, self._answer)

    def _answer(self, request: RestRequest) -> RestResponse:
        fields = fields_of(request)
        given = fields.get("grant_type", "")
        if given != _GRANT:
            raise oauth_refusal("unsupported_grant_type", f"Invalid grant_type: {given}")
        if not fields.get("assertion"):
            raise oauth_refusal("invalid_request", "Missing required parameter: assertion")
        account, claims = self._proven(fields["assertion"])
        text = self._tokens.of_account(
            account.email, account.unique_id, _scopes(claims), expires=time.time() + LIFE_SECONDS
        )
        return token_answer(text)

    def _proven(self, assertion: str) -> tuple[Account, Mapping[str, Any]]:
        """Who signed, and what the assertion says."""
        header, claims = _read(assertion)
        account = self._account(claims)
        if claims.get("sub", account.email) != account.email:
            raise oauth_refusal("unauthorized_client", _DELEGATION, status=401)
        self._require_signature(assertion, account, str(header.get("kid", "")))
        if claims.get("aud") not in self._audiences:
            raise _invalid("Invalid JWT: Failed audience check.")
        self._require_times(claims)
        return account, claims

    def _account(self, claims: Mapping[str, Any]) -> Account:
        account = self._accounts.find(str(claims.get("iss", "")))
        if account is None:
            raise _invalid("Invalid grant: account not found")
        if account.disabled:
            raise _invalid("Robot is disabled.")
        return account

    def _require_signature(self, assertion: str, account: Account, id: str) -> None:
        """By any key of the account, when the assertion names none."""
        usable = [one for one in self._keys.of(account) if not one.disabled]
        if not any(_signed(assertion, one) for one in usable if id in ("", one.id)):
            raise _invalid("Invalid JWT Signature.")

    def _require_times(self, claims: Mapping[str, Any]) -> None:
        begins, ends = claims.get("iat"), claims.get("exp")
        now = self._faults.real_now("google", _NAME)
        if (
            not isinstance(begins, int | float)
            or not isinstance(ends, int | float)
            or not 0 < ends - begins <= LIFE_SECONDS
            or begins > now + _SKEW_SECONDS
            or ends < now
        ):
            raise _invalid(_BAD_TIMES)


def token_answer(text: str, **more: Any) -> RestResponse:
    answer = {
        "access_token": text,
        "expires_in": int(LIFE_SECONDS) - 1,
        "token_type": "Bearer",
        **more,
    }
    return RestResponse(body=answer, headers={"Cache-Control": "no-store"})


def _read(assertion: str) -> tuple[Mapping[str, Any], Mapping[str, Any]]:
    try:
        found = jwt.decode_complete(assertion, options={"verify_signature": False})
    except jwt.PyJWTError as error:
        raise _invalid(_NOT_ONE) from error
    if found["header"].get("alg") != "RS256":
        raise _invalid(_NOT_ONE)
    return found["header"], found["payload"]


def _signed(assertion: str, key: Key) -> bool:
    try:
        jwt.PyJWS().decode(assertion, key=key.public, algorithms=["RS256"])
    except jwt.PyJWTError:
        return False
    return True


def _scopes(claims: Mapping[str, Any]) -> set[str]:
    scopes = set(str(claims.get("scope", "")).split())
    if not scopes or not all(is_scope(one) for one in scopes):
        message = "Invalid OAuth scope or ID token audience provided."
        raise oauth_refusal("invalid_scope", message)
    return scopes


def _invalid(message: str) -> Exception:
    return oauth_refusal("invalid_grant", message)
