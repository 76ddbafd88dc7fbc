"""The token endpoint: an application proves who it is and gets an access token."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from urllib.parse import parse_qsl

from provisioning.sandbox.azure.arm.resources import TENANT
from provisioning.sandbox.azure.entra import refusals
from provisioning.sandbox.azure.entra.addresses import PREFIX, own_audiences, require_tenant
from provisioning.sandbox.azure.entra.assertions import Assertions
from provisioning.sandbox.azure.entra.audiences import audience_of
from provisioning.sandbox.azure.entra.directory import Directory
from provisioning.sandbox.azure.entra.records import Application, ServicePrincipal
from provisioning.sandbox.azure.entra.tokens import LIFETIME_SECONDS, AccessTokens
from provisioning.sandbox.rest import RestRequest, RestResponse, Route

JWT_BEARER = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Form = dict[str, str]


class TokenEndpoint:
    """Not locked: an issuer of identity tokens may be asked meanwhile."""

    def __init__(self, directory: Directory, tokens: AccessTokens) -> None:
        self._directory = directory
        self._world = directory.world
        self._tokens = tokens
        self._assertions = Assertions()

    def routes(self) -> Iterator[Route]:
        rule = f"{PREFIX}/<tenant>/oauth2/v2.0/token"
        yield Route("POST", rule, "Tokens.Issue", self._issue, locked=False)

    def _issue(self, request: RestRequest) -> RestResponse:
        require_tenant(request)
        form = dict(parse_qsl(request.body.decode("utf-8", "replace"), keep_blank_values=True))
        _require(form, "grant_type")
        if form["grant_type"] != "client_credentials":
            message = f"The app requested an unsupported grant type '{form['grant_type']}'."
            raise refusals.invalid_request(70003, message, code="unsupported_grant_type")
        for name in ("client_id", "scope"):
            _require(form, name)
        audience = audience_of(form["scope"])
        application, principal = self._known(form["client_id"].lower())
        self._require_proof(request, form, application)
        with self._world.lock:
            token = self._tokens.issue(principal, audience)
        body = {
            "token_type": "Bearer",
            "expires_in": LIFETIME_SECONDS - 1,
            "ext_expires_in": LIFETIME_SECONDS - 1,
            "access_token": token,
        }
        return RestResponse(
            200, body, {"Cache-Control": "no-store, no-cache", "Pragma": "no-cache"}
        )

    def _known(self, app_id: str) -> tuple[Application, ServicePrincipal]:
        with self._world.lock:
            application = self._directory.application(app_id)
            principal = self._directory.principal_of(app_id)
        if application is None:
            raise refusals.no_application(app_id)
        if principal is None:
            raise refusals.no_principal(app_id, TENANT)
        if not principal.enabled:
            raise refusals.disabled(app_id, principal.name)
        return application.model_copy(deep=True), principal

    def _require_proof(self, request: RestRequest, form: Form, application: Application) -> None:
        """Raises RestError unless it is the application that asks."""
        if form.get("client_secret"):
            _require_secret(application, form["client_secret"], now=self._directory.now())
        elif form.get("client_assertion"):
            if form.get("client_assertion_type") != JWT_BEARER:
                message = f"The client_assertion_type has to be '{JWT_BEARER}'."
                raise refusals.invalid_request(900144, message)
            self._assertions.require(
                form["client_assertion"],
                application,
                audiences=own_audiences(request),
                now=self._directory.now(),
            )
        else:
            message = (
                "'client_assertion', 'client_secret' or 'request' is required for the "
                "'client_credentials' grant type."
            )
            raise refusals.invalid_client(7000216, message)


def _require(form: Form, name: str) -> None:
    if not form.get(name):
        message = f"The request body must contain the following parameter: '{name}'."
        raise refusals.invalid_request(900144, message)


def _require_secret(application: Application, text: str, *, now: float) -> None:
    digest = digest_of(text)
    fitting = [each for each in application.passwords if hmac.compare_digest(each.digest, digest)]
    if not fitting:
        raise refusals.wrong_secret(application.app_id)
    if not any(each.begins <= now < each.ends for each in fitting):
        raise refusals.expired_secret(application.app_id)


def digest_of(text: str) -> str:
    """What is kept of a client secret, which is long and random."""
    return hashlib.sha256(text.encode()).hexdigest()
