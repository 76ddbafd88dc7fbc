"""IAM: service accounts.
https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts"""

from __future__ import annotations

import base64
import re
from typing import Any

from provisioning.sandbox.google.accounts import Account
from provisioning.sandbox.google.calls import Call, Operations, part
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.entering.keys import Keys
from provisioning.sandbox.google.iam_methods import IamMethods
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.lists import page
from provisioning.sandbox.google.projects import account_email

_ID = re.compile(r"[a-z][-a-z0-9]{4,28}[a-z0-9]")
_COLLECTION = "projects.serviceAccounts"
_LONGEST_NAME, _LONGEST_DESCRIPTION = 100, 256


class IamApi:
    def __init__(self, identity: Identity, keys: Keys) -> None:
        self._keys = keys
        self._accounts = identity.accounts
        self._projects = identity.projects
        self._policies = identity.policies
        self._iam = IamMethods(identity, lambda call: self._find(call).name)

    def operations(self) -> Operations:
        return {
            **self._iam.operations(_COLLECTION),
            f"{_COLLECTION}.create": self._create,
            f"{_COLLECTION}.get": self._get,
            f"{_COLLECTION}.list": self._list,
            f"{_COLLECTION}.patch": self._patch,
            f"{_COLLECTION}.delete": self._delete,
            f"{_COLLECTION}.enable": self._enable,
            f"{_COLLECTION}.disable": self._disable,
        }

    def _create(self, call: Call) -> dict[str, Any]:
        project = self._projects.find(call.project)
        id, wish = call.body.get("accountId", ""), call.body.get("serviceAccount", {})
        if not _ID.fullmatch(id):
            message = (
                f"The account ID '{id}' does not have a length between 6 and 30, or is not of "
                "the form [a-z]([-a-z0-9]*[a-z0-9])."
            )
            raise refusal("INVALID_ARGUMENT", message)
        email = account_email(id, project.id)
        if self._accounts.table.get(email):
            message = f"Service account {id} already exists within project projects/{project.id}."
            raise refusal("ALREADY_EXISTS", message)
        account = self._accounts.make(project.id, email, **_texts(wish))
        return described(account)

    def _get(self, call: Call) -> dict[str, Any]:
        return described(self._find(call))

    def _list(self, call: Call) -> dict[str, Any]:
        project = self._projects.find(call.project)
        mine = [one for one in self._accounts.table if one.project == project.id]
        mine.sort(key=lambda one: one.email)
        return page(call, mine, "accounts", described, usual=20, most=100)

    def _patch(self, call: Call) -> dict[str, Any]:
        account, wish = self._find(call), call.body.get("serviceAccount", {})
        paths = call.body.get("updateMask", "").split(",")
        texts = _texts({**described(account), **wish})
        if "displayName" in paths or "display_name" in paths:
            account.display_name = texts["display_name"]
        if "description" in paths:
            account.description = texts["description"]
        self._put(account)
        return described(account)

    def _delete(self, call: Call) -> dict[str, Any]:
        account = self._find(call)
        self._accounts.table.delete(account.key)
        self._keys.forget(account)
        self._policies.forget(account.name)
        self._policies.member_deleted(account.member, uid=account.unique_id)
        return {}

    def _enable(self, call: Call) -> dict[str, Any]:
        return self._switch(call, disabled=False)

    def _disable(self, call: Call) -> dict[str, Any]:
        return self._switch(call, disabled=True)

    def _switch(self, call: Call, *, disabled: bool) -> dict[str, Any]:
        account = self._find(call)
        account.disabled = disabled
        self._put(account)
        return {}

    def _put(self, account: Account) -> None:
        account.changes += 1
        self._accounts.table.put(account)

    def _find(self, call: Call) -> Account:
        given = part(call.resource, "serviceAccounts")
        found = self._accounts.table.get(given)
        if found is None or found.project != call.project:
            raise refusal("NOT_FOUND", f"Unknown service account {given}.")
        return found


def _texts(wish: dict[str, Any]) -> dict[str, str]:
    name, description = wish.get("displayName", ""), wish.get("description", "")
    if len(name.encode()) > _LONGEST_NAME:
        raise refusal("INVALID_ARGUMENT", "The display name is longer than 100 bytes.")
    if len(description.encode()) > _LONGEST_DESCRIPTION:
        raise refusal("INVALID_ARGUMENT", "The description is longer than 256 bytes.")
    return {"display_name": name, "description": description}


def described(account: Account) -> dict[str, Any]:
    optional = {
        "displayName": account.display_name,
        "description": account.description,
        "disabled": account.disabled,
    }
    etag = base64.b64encode(b"\x01" + account.changes.to_bytes(4)).decode()
    return {
        "name": account.name,
        "projectId": account.project,
        "uniqueId": account.unique_id,
        "email": account.email,
        "etag": etag,
        "oauth2ClientId": account.unique_id,
        **{name: value for name, value in optional.items() if value},
    }
