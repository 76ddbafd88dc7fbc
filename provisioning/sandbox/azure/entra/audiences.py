"""The services that tokens open, by the names that they have as resources."""

from __future__ import annotations

from provisioning.sandbox.azure.entra.refusals import invalid_request

ARM = ("https://management.azure.com", "https://management.core.windows.net")
GRAPH = ("https://graph.microsoft.com", "00000003-0000-0000-c000-000000000000")
STORAGE = ("https://storage.azure.com", "e406a681-f3d4-42a8-90b6-c2b029497af1")
EVENT_GRID = ("https://eventgrid.azure.net",)
_DEFAULT = "/.default"
_BLOBS = ".blob.core.windows.net"


def audience_of(scope: str) -> str:
    """The resource of a scope `<resource>/.default`. Raises RestError for one that is none."""
    if not scope.endswith(_DEFAULT) or " " in scope:
        message = (
            f"The provided value for scope {scope} is not valid. Client credential flows must "
            "have a scope value with /.default suffixed to the resource identifier (application "
            "ID URI)."
        )
        raise invalid_request(1002012, message, code="invalid_scope")
    audience = scope.removesuffix(_DEFAULT)
    if not any(opens(audience, each) for each in (ARM, GRAPH, STORAGE, EVENT_GRID)):
        message = (
            f"The resource principal named {audience} was not found in the tenant named Sandbox. "
            "This can happen if the application has not been installed by the administrator of "
            "the tenant or consented to by any user in the tenant. You might have sent your "
            "authentication request to the wrong tenant."
        )
        raise invalid_request(500011, message, code="invalid_resource")
    return audience


def opens(audience: str, service: tuple[str, ...]) -> bool:
    """Whether a token for this audience is one for the service."""
    name = audience.rstrip("/").lower()
    one_account = service is STORAGE and name.startswith("https://") and name.endswith(_BLOBS)
    return name in service or one_account
