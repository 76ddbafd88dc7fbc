"""IAM: keys of service accounts.
https://cloud.google.com/iam/docs/reference/rest/v1/projects.serviceAccounts.keys"""

from __future__ import annotations

import base64
from typing import Any

from cryptography.hazmat.primitives import serialization

from provisioning.sandbox.google.accounts import Account, Accounts
from provisioning.sandbox.google.calls import Call, Guarded, Operations, part
from provisioning.sandbox.google.dialect import refusal
from provisioning.sandbox.google.entering.keys import ALGORITHMS, FOREVER, Key, Keys, Pair, key_file
from provisioning.sandbox.google.times import written
from provisioning.sandbox.world import World

_COLLECTION = "projects.serviceAccounts.keys"
_FILE = "TYPE_GOOGLE_CREDENTIALS_FILE"
_USER_MANAGED = "USER_MANAGED"


class KeysApi:
    def __init__(self, world: World, accounts: Accounts, keys: Keys) -> None:
        self._world = world
        self._accounts = accounts
        self._keys = keys

    def operations(self) -> Operations:
        service = "iam.serviceAccountKeys"
        return {
            f"{_COLLECTION}.create": Guarded(self._create, f"{service}.create", locked=False),
            f"{_COLLECTION}.get": Guarded(self._get, f"{service}.get"),
            f"{_COLLECTION}.list": Guarded(self._list, f"{service}.list"),
            f"{_COLLECTION}.delete": Guarded(self._delete, f"{service}.delete"),
            f"{_COLLECTION}.disable": Guarded(self._disable, f"{service}.disable"),
            f"{_COLLECTION}.enable": Guarded(self._enable, f"{service}.enable"),
        }

    def _create(self, call: Call) -> dict[str, Any]:
        algorithm = _algorithm(call.body)
        pair = Pair.make(algorithm)
        with self._world.lock, self._world.clock.at(self._world.clock.read()):
            account = self._account(call)
            key = self._keys.add(account, pair)
            content = base64.b64encode(key_file(account, key, pair).encode()).decode()
            secret = {"privateKeyData": content, "privateKeyType": _FILE}
            return {**_described(account, key), **secret}

    def _get(self, call: Call) -> dict[str, Any]:
        account, key = self._find(call)
        form = call["publicKeyType"]
        public = {"publicKeyData": _public(key, form)} if form not in ("", "TYPE_NONE") else {}
        return {**_described(account, key), **public}

    def _list(self, call: Call) -> dict[str, Any]:
        """Those that people made; of Google's own, which nobody can use, there are none here."""
        account = self._account(call)
        kinds = call.request.query.get("keyTypes", _USER_MANAGED)
        mine = sorted(self._keys.of(account), key=lambda one: one.created)
        found = [_described(account, one) for one in mine if kinds != "SYSTEM_MANAGED"]
        return {"keys": found} if found else {}

    def _delete(self, call: Call) -> dict[str, Any]:
        self._keys.table.delete(self._find(call)[1].key)
        return {}

    def _disable(self, call: Call) -> dict[str, Any]:
        return self._switch(call, disabled=True)

    def _enable(self, call: Call) -> dict[str, Any]:
        return self._switch(call, disabled=False)

    def _switch(self, call: Call, *, disabled: bool) -> dict[str, Any]:
        key = self._find(call)[1]
        key.disabled = disabled
        self._keys.table.put(key)
        return {}

    def _account(self, call: Call) -> Account:
        given = part(call.resource, "serviceAccounts")
        found = self._accounts.table.get(given)
        if found is None or found.project != call.project:
            raise refusal("NOT_FOUND", f"Unknown service account {given}.")
        return found

    def _find(self, call: Call) -> tuple[Account, Key]:
        account, id = self._account(call), part(call.resource, "keys")
        key = self._keys.table.get(id)
        if key is None or key.unique_id != account.unique_id:
            raise refusal("NOT_FOUND", f"Service account key {id} does not exist.")
        return account, key


def _algorithm(body: dict[str, Any]) -> str:
    form = body.get("privateKeyType", "TYPE_UNSPECIFIED")
    if form not in ("TYPE_UNSPECIFIED", _FILE):
        message = f"The sandbox gives keys as {_FILE} only, not as {form}."
        raise refusal("UNIMPLEMENTED", message)
    algorithm = str(body.get("keyAlgorithm", "KEY_ALG_UNSPECIFIED"))
    return algorithm if algorithm in ALGORITHMS else "KEY_ALG_RSA_2048"


def _public(key: Key, form: str) -> str:
    if form == "TYPE_X509_PEM_FILE":
        return base64.b64encode(key.certificate.encode()).decode()
    pem = key.public.public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return base64.b64encode(pem).decode()


def _described(account: Account, key: Key) -> dict[str, Any]:
    disabled = {"disabled": True, "disableReason": "USER_INITIATED"} if key.disabled else {}
    return {
        "name": f"{account.name}/keys/{key.id}",
        "validAfterTime": written(int(key.created)),
        "validBeforeTime": FOREVER,
        "keyAlgorithm": key.algorithm,
        "keyOrigin": "GOOGLE_PROVIDED",
        "keyType": _USER_MANAGED,
        **disabled,
    }
