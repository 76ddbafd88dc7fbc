"""Before every operation of Resource Manager: may this caller do this here?"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from provisioning.sandbox.azure.arm.calls import PREFIX
from provisioning.sandbox.azure.authorization.access import Access, authorization_failed
from provisioning.sandbox.azure.authorization.actions import Needed, needed
from provisioning.sandbox.azure.entra.audiences import ARM
from provisioning.sandbox.azure.entra.callers import Caller, Callers
from provisioning.sandbox.rest import Operation, RestRequest, RestResponse, Route

_GUID = re.compile(r"[0-9a-fA-F]{8}(-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")


class Guard:
    def __init__(self, access: Access, callers: Callers) -> None:
        self._access = access
        self._callers = callers

    def routes(self, routes: Iterable[Route]) -> Iterator[Route]:
        for route in routes:
            wanted = needed(route, prefix=PREFIX)
            yield replace(route, operation=self._guarded(route.operation, wanted))

    def _guarded(self, operation: Operation, wanted: Needed) -> Operation:
        def answer(request: RestRequest) -> RestResponse:
            token = request.headers.get("authorization", "").partition(" ")[2]
            caller = self._callers.of(token, ARM)
            known = replace(request, caller=caller)
            if wanted.kind == "open" or not _names_subscription(request):
                return operation(known)
            action = wanted.action.replace("<namespace>", request.arguments.get("namespace", ""))
            scope = wanted.scope(request.path.removeprefix(PREFIX))
            whole = self._require(caller, wanted, action, scope)
            found = operation(known)
            return found if whole else self._readable(found, caller, wanted)

        return answer

    def _require(self, caller: Caller, wanted: Needed, action: str, scope: str) -> bool:
        """Raises RestError; False where a list has to be cut down to what the caller may read."""
        within = re.split(r"/providers/", scope, flags=re.IGNORECASE)[0]
        if wanted.kind == "member":
            if not self._access.has_role(caller, within):
                raise authorization_failed(caller, action, scope)
            return not wanted.listed
        if self._access.permits(caller, action, scope):
            return True
        if wanted.listed and self._access.permits_below(caller, action, within):
            return False
        raise authorization_failed(caller, action, scope)

    def _readable(self, answer: RestResponse, caller: Caller, wanted: Needed) -> RestResponse:
        def may_read(item: dict[str, Any]) -> bool:
            action = wanted.action if wanted.kind == "role" else f"{item['type']}/read"
            return self._access.permits(caller, action, item["id"])

        found = [each for each in answer.body["value"] if may_read(each)]
        return replace(answer, body={**answer.body, "value": found})


def _names_subscription(request: RestRequest) -> bool:
    """One that is no GUID is refused by the operation itself, as Azure does before all else."""
    wanted = request.arguments.get("subscription")
    return wanted is None or bool(_GUID.fullmatch(wanted))
