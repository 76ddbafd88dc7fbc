"""`/sts/v1/token`: an identity token of an issuer that a pool trusts, for a token here.
https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token"""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator, Mapping
from typing import Any

from provisioning.sandbox.google.accounts import Accounts
from provisioning.sandbox.google.dialect import oauth_refusal
from provisioning.sandbox.google.entering.forms import fields_of
from provisioning.sandbox.google.entering.grants import token_answer
from provisioning.sandbox.google.entering.pools import Pools, Provider, members_of
from provisioning.sandbox.google.entering.tokens import LIFE_SECONDS, is_scope
from provisioning.sandbox.google.projects import Projects
from provisioning.sandbox.identity_tokens import (
    Claims,
    IdentityTokens,
    Reason,
    TokenRefused,
    read_unverified,
)
from provisioning.sandbox.rest import RestRequest, RestResponse, Route
from provisioning.sandbox.world import World

PATH = "/sts/v1/token"
_NAME = "sts.token"
_GRANT = "urn:ietf:params:oauth:grant-type:token-exchange"
_ACCESS_TOKEN = "urn:ietf:params:oauth:token-type:access_token"  # noqa: S105 (a name)
_SUBJECT_TOKENS = (
    "urn:ietf:params:oauth:token-type:jwt",
    "urn:ietf:params:oauth:token-type:id_token",
)
_AUDIENCE = re.compile(
    r"//iam\.googleapis\.com/projects/(?P<number>\d+)/locations/global/"
    r"workloadIdentityPools/(?P<pool>[a-z0-9-]+)/providers/(?P<provider>[a-z0-9-]+)"
)
_BAD_AUDIENCE = (
    'Invalid value for "audience". This value should be the full resource name of the Identity '
    "Provider. See https://cloud.google.com/iam/docs/reference/sts/rest/v1/TopLevel/token for "
    "the list of possible formats."
)
_NO_TARGET = (
    'The target service indicated by the "audience" parameters is invalid. This might either be '
    "because the pool or provider is disabled or deleted or because it doesn't exist."
)
_LONGEST_LIFE_SECONDS = 86_400
_LONGEST_SUBJECT = 127


class Exchange:
    def __init__(
        self, world: World, *, projects: Projects, accounts: Accounts, pools: Pools
    ) -> None:
        self._world = world
        self._projects = projects
        self._tokens = accounts.tokens
        self._pools = pools
        self._verifier = IdentityTokens()

    def routes(self) -> Iterator[Route]:
        # Issuers are asked over HTTP, and may be served by what waits for the world.
        yield Route("POST", PATH, _NAME, self._answer, locked=False)

    def _answer(self, request: RestRequest) -> RestResponse:
        fields = fields_of(request)
        _require_form(fields)
        scopes = _scopes(fields.get("scope", ""))
        with self._world.lock:
            provider = self._provider(fields.get("audience", ""))
            now = self._world.faults.real_now("google", _NAME)
        claims = self._verified(fields["subject_token"], provider, now)
        attributes = _attributes(provider, claims)
        with self._world.lock:
            pool = self._pools.pool(provider.pool_name)
            if pool is None or not pool.usable:
                raise oauth_refusal("invalid_target", _NO_TARGET)
            text = self._tokens.of_identity(
                pool.name,
                members_of(pool, attributes),
                scopes,
                expires=time.time() + LIFE_SECONDS,
            )
        return token_answer(text, issued_token_type=_ACCESS_TOKEN)

    def _provider(self, audience: str) -> Provider:
        match = _AUDIENCE.fullmatch(audience)
        if match is None:
            raise oauth_refusal("invalid_request", _BAD_AUDIENCE)
        project = self._projects.get(match["number"])
        place = f"projects/{project.id if project else ''}/locations/global"
        pool = self._pools.pool(f"{place}/workloadIdentityPools/{match['pool']}")
        name = f"{pool.name}/providers/{match['provider']}" if pool else ""
        provider = self._pools.provider(name)
        if pool is None or provider is None or not pool.usable or not provider.usable:
            raise oauth_refusal("invalid_target", _NO_TARGET)
        return provider

    def _verified(self, token: str, provider: Provider, now: float) -> Claims:
        stored = provider.settings["oidc"].get("jwksJson", "")
        try:
            claims = self._verifier.verify(
                token,
                issuer=provider.issuer,
                audiences=provider.audiences,
                now=now,
                keys=json.loads(stored) if stored else None,
            )
        except TokenRefused as error:
            raise _invalid(_worded(error, token, provider)) from error
        if claims.expires_at - claims.issued_at > _LONGEST_LIFE_SECONDS:
            raise _invalid("The lifetime of the ID Token exceeds 24 hours.")
        return claims


def _require_form(fields: Mapping[str, str]) -> None:
    if fields.get("grant_type") != _GRANT:
        message = f"Invalid grant_type: {fields.get('grant_type', '')}"
        raise oauth_refusal("unsupported_grant_type", message)
    if fields.get("requested_token_type") != _ACCESS_TOKEN:
        raise oauth_refusal("invalid_request", 'Invalid value for "requested_token_type".')
    if fields.get("subject_token_type") not in _SUBJECT_TOKENS:
        raise oauth_refusal("invalid_request", 'Invalid value for "subject_token_type".')
    if not fields.get("subject_token"):
        raise oauth_refusal("invalid_request", "Missing required parameter: subject_token")


def _scopes(text: str) -> list[str]:
    scopes = text.split()
    if not scopes or not all(is_scope(one) for one in scopes):
        raise oauth_refusal("invalid_scope", "Invalid OAuth scope.")
    return scopes


def _attributes(provider: Provider, claims: Claims) -> dict[str, Any]:
    attributes = provider.attributes(dict(claims.every))
    subject = attributes.get("google.subject")
    if not isinstance(subject, str) or not subject:
        message = "Could not obtain a value for google.subject from the given credential."
        raise oauth_refusal("unauthorized_client", message)
    if len(subject.encode()) > _LONGEST_SUBJECT:
        message = (
            "The size of mapped attribute google.subject exceeds the 127 bytes limit. Either "
            "modify your attribute mapping or the incoming assertion to produce a mapped "
            "attribute that is less than 127 bytes."
        )
        raise _invalid(message)
    if not provider.takes(dict(claims.every), attributes):
        message = "The given credential is rejected by the attribute condition."
        raise oauth_refusal("unauthorized_client", message)
    return attributes


def _worded(error: TokenRefused, token: str, provider: Provider) -> str:
    if error.reason is Reason.MALFORMED:
        return "Unable to parse the ID Token."
    if error.reason is Reason.ALGORITHM:
        return "The ID Token is signed with an algorithm that is not supported."
    if error.reason is Reason.UNREACHABLE:
        return "Error connecting to the given credential's issuer."
    if error.reason in (Reason.KEY, Reason.SIGNATURE):
        return "Unable to verify the ID Token signature."
    claims = read_unverified(token)
    if error.reason is Reason.ISSUER:
        return (
            f"The issuer in ID Token {claims.issuer} does not match the expected one: "
            f"{provider.issuer}."
        )
    if error.reason is Reason.AUDIENCE:
        shown = ", ".join(claims.audiences)
        return f"The audience in ID Token [{shown}] does not match the expected audience."
    return f"ID Token issued at {int(claims.issued_at)} is stale to sign-in."


def _invalid(message: str) -> Exception:
    return oauth_refusal("invalid_grant", message)
