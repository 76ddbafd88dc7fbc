"""Who may use an account's blobs: who has its key, whose token's roles permit it, or anybody
where a container is open."""

from __future__ import annotations

from provisioning.sandbox.azure.arm.records import Resource
from provisioning.sandbox.azure.authorization.access import Access
from provisioning.sandbox.azure.entra.audiences import STORAGE
from provisioning.sandbox.azure.entra.callers import Caller, Callers, WrongAudience
from provisioning.sandbox.azure.entra.tokens import BadToken, ExpiredToken
from provisioning.sandbox.azure.storage.shared_key import require_key
from provisioning.sandbox.rest import RestError, RestRequest

CONTAINERS = "Microsoft.Storage/storageAccounts/blobServices/containers"
BLOBS = f"{CONTAINERS}/blobs"


class BlobAccess:
    def __init__(self, callers: Callers, access: Access) -> None:
        self._callers = callers
        self._access = access

    def require(
        self,
        request: RestRequest,
        account: Resource,
        action: str,
        *,
        below: str = "",
        open_to_all: bool = False,
    ) -> None:
        """Raises RestError for who may not. `below` is what in the account it is about; what
        is done to blobs, and not to containers, is an action on data."""
        scheme, _, credential = request.headers.get("authorization", "").partition(" ")
        if scheme == "SharedKey":
            require_key(request, account, credential)
        elif scheme == "Bearer":
            self._require_role(self._caller(credential), f"{account.id}{below}", action)
        elif "sig" in request.query:
            message = "The sandbox takes no shared access signatures: use the account's key."
            raise RestError(403, "AuthenticationFailed", message)
        elif not open_to_all:
            message = (
                "Server failed to authenticate the request. Please refer to the information in "
                "the www-authenticate header."
            )
            raise RestError(401, "NoAuthenticationInformation", message)

    def _caller(self, token: str) -> Caller:
        try:
            return self._callers.of(token, STORAGE)
        except (BadToken, ExpiredToken, WrongAudience) as error:
            message = (
                "Server failed to authenticate the request. Please refer to the information in "
                "the www-authenticate header."
            )
            raise RestError(401, "InvalidAuthenticationInfo", message) from error

    def _require_role(self, caller: Caller, scope: str, action: str) -> None:
        if not self._access.permits(caller, action, scope, data=action.startswith(f"{BLOBS}/")):
            message = (
                "This request is not authorized to perform this operation using this permission."
            )
            raise RestError(403, "AuthorizationPermissionMismatch", message)
