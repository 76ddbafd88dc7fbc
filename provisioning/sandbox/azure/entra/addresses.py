"""Where the tenant's endpoints are, for those who ask the sandbox at its own address."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from provisioning.sandbox.azure.arm.resources import TENANT
from provisioning.sandbox.azure.entra.directory import DOMAIN, is_tenant
from provisioning.sandbox.azure.entra.refusals import no_tenant
from provisioning.sandbox.azure.entra.tokens import AccessTokens
from provisioning.sandbox.rest import RestRequest, RestResponse, Route

PREFIX = "/entra"
PUBLIC = "https://login.microsoftonline.com"
_ALIASES = ["login.microsoftonline.com", "login.windows.net", "login.microsoft.com",
            "sts.windows.net"]  # fmt: skip


class Discovery:
    """The documents that clients read before they ask for a token."""

    def __init__(self, tokens: AccessTokens) -> None:
        self._tokens = tokens

    def routes(self) -> Iterator[Route]:
        tenant = f"{PREFIX}/<tenant>"
        for rule, name, operation in (
            (f"{tenant}/v2.0/.well-known/openid-configuration", "Configuration", self._version_2),
            (f"{tenant}/.well-known/openid-configuration", "ConfigurationV1", self._version_1),
            (f"{tenant}/discovery/v2.0/keys", "Keys", self._keys),
            (f"{tenant}/discovery/keys", "KeysV1", self._keys),
            (f"{PREFIX}/common/discovery/instance", "Instance", self._instance),
        ):
            yield Route("GET", rule, f"Discovery.{name}", operation)

    def _version_2(self, request: RestRequest) -> RestResponse:
        require_tenant(request)
        return RestResponse(200, _configuration(request, version="/v2.0"))

    def _version_1(self, request: RestRequest) -> RestResponse:
        require_tenant(request)
        return RestResponse(200, _configuration(request, version=""))

    def _keys(self, request: RestRequest) -> RestResponse:
        require_tenant(request)
        return RestResponse(200, self._tokens.key_set())

    def _instance(self, request: RestRequest) -> RestResponse:
        """Which hosts are one and the same, which MSAL asks before it looks into its cache."""
        host = _ALIASES[0]
        alike = {"preferred_network": host, "preferred_cache": _ALIASES[1], "aliases": _ALIASES}
        found = {
            "tenant_discovery_endpoint": f"{base(request)}/{TENANT}/v2.0"
            "/.well-known/openid-configuration",
            "api-version": request.query.get("api-version", "1.1"),
            "metadata": [alike],
        }
        return RestResponse(200, found)


def require_tenant(request: RestRequest) -> None:
    """Raises RestError for a tenant other than the sandbox's."""
    if not is_tenant(request.arguments["tenant"]):
        raise no_tenant(request.arguments["tenant"])


def base(request: RestRequest) -> str:
    """Where clients find this: at Entra's own address for MSAL, which takes https only, and for
    whoever says that Entra's host was asked; their transport carries that address here."""
    host = request.headers.get("x-forwarded-host", "")
    if host in _ALIASES:
        return f"https://{host}"
    asks_for_https = request.headers.get("user-agent", "").startswith("azsdk-")
    return PUBLIC if asks_for_https else f"{request.root}{PREFIX}"


def own_audiences(request: RestRequest) -> set[str]:
    """What a client assertion may name as the one that it is for."""
    starts = {f"{request.root}{PREFIX}", *(f"https://{each}" for each in _ALIASES)}
    tails = ("/oauth2/v2.0/token", "/oauth2/token", "/v2.0", "/")
    tenants = (TENANT, DOMAIN, request.arguments["tenant"])
    return {f"{start}/{tenant}{tail}" for start in starts for tenant in tenants for tail in tails}


def _configuration(request: RestRequest, *, version: str) -> dict[str, Any]:
    tenant = f"{base(request)}/{TENANT}"
    issuer = f"{PUBLIC}/{TENANT}/v2.0" if version else f"https://sts.windows.net/{TENANT}/"
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{tenant}/oauth2{version}/authorize",
        "token_endpoint": f"{tenant}/oauth2{version}/token",
        "jwks_uri": f"{tenant}/discovery{version}/keys",
        "token_endpoint_auth_methods_supported": ["client_secret_post", "private_key_jwt"],
        "response_types_supported": ["code", "id_token", "code id_token", "id_token token"],
        "response_modes_supported": ["query", "fragment", "form_post"],
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": ["RS256"],
        "scopes_supported": ["openid", "profile", "email", "offline_access"],
        "claims_supported": ["sub", "iss", "aud", "exp", "iat", "tid", "ver"],
        "tenant_region_scope": "EU",
        "cloud_instance_name": "microsoftonline.com",
        "cloud_graph_host_name": "graph.windows.net",
        "msgraph_host": "graph.microsoft.com",
    }
