"""IAM Service Account Credentials: a token of an account, for callers who may act as it.
https://cloud.google.com/iam/docs/reference/credentials/rest/v1/projects.serviceAccounts"""

from __future__ import annotations

import time
from typing import Any

from provisioning.sandbox.google.accounts import Access, Account, Accounts, Caller
from provisioning.sandbox.google.calls import Call, Guarded, Operations, part
from provisioning.sandbox.google.dialect import error_info, refusal
from provisioning.sandbox.google.entering.tokens import LIFE_SECONDS, is_scope
from provisioning.sandbox.google.times import seconds_of, written

PERMISSION = "iam.serviceAccounts.getAccessToken"
_DELEGATION = "iam.serviceAccounts.implicitDelegation"
_HOST = "iam.googleapis.com"


class Impersonation:
    def __init__(self, accounts: Accounts, access: Access) -> None:
        self._accounts = accounts
        self._access = access

    def operations(self) -> Operations:
        return {"projects.serviceAccounts.generateAccessToken": Guarded(self._generate)}

    def _generate(self, call: Call) -> dict[str, Any]:
        account = self._account(part(call.resource, "serviceAccounts"))
        self._require_chain(call.caller, call.body.get("delegates", []), account)
        if account.disabled:
            message = f"Service account {account.email} is disabled."
            raise refusal("FAILED_PRECONDITION", message)
        scopes, life = _scopes(call.body), _life(call.body)
        expires = time.time() + life
        token = self._accounts.tokens.of_account(
            account.email, account.unique_id, scopes, expires=expires
        )
        return {"accessToken": token, "expireTime": written(int(expires))}

    def _require_chain(self, caller: Caller, delegates: list[str], account: Account) -> None:
        """The caller speaks for the first delegate, each for the next, the last for the
        account."""
        for name in delegates:
            delegate = self._account(part(name, "serviceAccounts"))
            self._require(caller, _DELEGATION, delegate)
            if delegate.disabled:
                raise _denied(_DELEGATION)
            caller = Caller(delegate.email)
        self._require(caller, PERMISSION, account)

    def _require(self, caller: Caller, permission: str, account: Account) -> None:
        if not self._access.may(caller, permission, account.name):
            raise _denied(permission)

    def _account(self, given: str) -> Account:
        found = self._accounts.find(given)
        if found is None:
            raise refusal("NOT_FOUND", f"Not found; Gaia id not found for email {given}")
        return found


def _denied(permission: str) -> Exception:
    message = f"Permission '{permission}' denied on resource (or it may not exist)."
    info = error_info("IAM_PERMISSION_DENIED", _HOST, permission=permission)
    return refusal("PERMISSION_DENIED", message, details=[info])


def _scopes(body: dict[str, Any]) -> list[str]:
    scopes: list[str] = body.get("scope", [])
    if not scopes:
        raise refusal("INVALID_ARGUMENT", "Request must contain at least one scope.")
    for scope in scopes:
        if not is_scope(scope):
            raise refusal("INVALID_ARGUMENT", f"Invalid OAuth scope: {scope}")
    return scopes


def _life(body: dict[str, Any]) -> float:
    """An hour at most: longer ones need a policy of an organisation, which there is none of."""
    given = str(body.get("lifetime", f"{LIFE_SECONDS:.0f}s"))
    try:
        life = seconds_of(given)
    except ValueError as error:
        raise refusal("INVALID_ARGUMENT", f"Invalid duration: {given}") from error
    if not 0 < life <= LIFE_SECONDS:
        message = (
            f"The lifetime {given} is not valid for this service account: it must be positive "
            "and not exceed 3600s."
        )
        raise refusal("INVALID_ARGUMENT", message)
    return life
