"""From Google's published methods to the operations that answer them here."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from provisioning.sandbox.google.accounts import Caller
from provisioning.sandbox.google.bodies import Bodies
from provisioning.sandbox.google.calls import Answer, Call, Guarded, Operation, Operations
from provisioning.sandbox.google.dialect import error_info, refusal
from provisioning.sandbox.google.discovery import Document, Method
from provisioning.sandbox.google.identity import Identity
from provisioning.sandbox.google.slashes import SLASH
from provisioning.sandbox.rest import RestRequest, RestResponse, Route

_PROJECTS = {"projectsId", "projectId", "project"}
_IAM_SCOPE = "https://www.googleapis.com/auth/iam"
_VERBS = {"patch": "update", "insert": "create", "listRevisions": "list"}
_SERVICES = {"workflowexecutions": "workflows", "cloudresourcemanager": "resourcemanager"}


@dataclass(frozen=True)
class Api:
    """One published API below its prefix. `tolerant` APIs pass over what they do not know."""

    document: str  # "datapipelines.v1"
    identity: Identity
    tolerant: bool = False

    @property
    def service(self) -> str:
        return self.document.partition(".")[0]

    def routes(self, operations: Operations) -> Iterator[Route]:
        document = Document(self.document)
        methods = {id: document.method(f"{self.service}.{id}") for id in operations}
        schemas = document.schemas(*(method.body for method in methods.values()))
        bodies = Bodies(schemas, tolerant=self.tolerant)
        for id, operation in operations.items():
            method = methods[id]
            path = f"/{self.service}/{document.service_path}{method.flat}"
            yield self._route(method, path, bodies, _guarded(method.id, operation))

    def permissions(self, operations: Operations) -> list[str]:
        named = operations.items()
        return [_guarded(f"{self.service}.{id}", one).permission for id, one in named]

    def _route(self, method: Method, path: str, bodies: Bodies, guarded: Guarded) -> Route:
        def answer(request: RestRequest) -> RestResponse:
            call = self._call(method, bodies, request)
            if guarded.permission:
                self.identity.access.require(
                    call.caller, guarded.permission, call.resource, service=self.service
                )
            return _answered(guarded.operation(call))

        rule = re.sub(r"\{\+?(\w+)\}", r"<\1>", path)
        return Route(method.verb, rule, method.id, answer, locked=guarded.locked)

    def _call(self, method: Method, bodies: Bodies, request: RestRequest) -> Call:
        caller = self.identity.accounts.caller(request.headers.get("authorization", ""))
        if not self.tolerant:
            _require_known(method, request.query)
        self._require_scope(caller, method)
        return Call(
            method=method.id,
            caller=caller,
            parameters={**request.query, **self._named(method, request.arguments)},
            body=self._body(method, bodies, request),
            request=request,
        )

    def scope_check(self, *ids: str) -> Callable[[Caller, str], None]:
        """For routes that are not made here: whether a caller's token is for such a method."""
        document = Document(self.document)
        methods = {id: document.method(id) for id in ids}
        return lambda caller, id: self._require_scope(caller, methods[id])

    def _require_scope(self, caller: Caller, method: Method) -> None:
        # Google's libraries enter IAM with its own scope, which its description does not name.
        more = {_IAM_SCOPE} if self.service in ("iam", "iamcredentials") else set()
        if not caller.scopes & (method.scopes | more):
            info = error_info(
                "ACCESS_TOKEN_SCOPE_INSUFFICIENT",
                "googleapis.com",
                method=method.id,
                service=f"{self.service}.googleapis.com",
            )
            message = "Request had insufficient authentication scopes."
            raise refusal("PERMISSION_DENIED", message, details=[info])

    def _named(self, method: Method, arguments: Mapping[str, str]) -> dict[str, str]:
        """The path's parameters. A project's number counts as its id, an account's unique id
        as its address, and "-" as the project that the account is of."""
        # In a full name an encoded slash stays encoded: it is part of a log's id.
        slash = "%2F" if "{+" in method.path else "/"
        whole = {name: value.replace(SLASH, slash) for name, value in arguments.items()}
        for name in whole.keys() & _PROJECTS:
            project = self.identity.projects.get(whole[name])
            whole[name] = project.id if project else whole[name]
        account = self.identity.accounts.find(whole.get("serviceAccountsId", ""))
        if account and whole["projectsId"] in ("-", account.project):
            whole |= {"projectsId": account.project, "serviceAccountsId": account.email}
        return method.parameters(whole)

    def _body(self, method: Method, bodies: Bodies, request: RestRequest) -> dict[str, Any]:
        if not method.body:
            return {}
        try:
            body = request.json()
        except ValueError as error:
            message = f"Invalid JSON payload received. {error}"
            raise refusal("INVALID_ARGUMENT", message) from error
        return bodies.checked(method.body, body)


def _guarded(id: str, operation: Operation | Guarded) -> Guarded:
    return operation if isinstance(operation, Guarded) else Guarded(operation, _permission(id))


def _permission(id: str) -> str:
    """`run.services.update` for `run.projects.locations.services.patch`."""
    service, *_, collection, verb = id.split(".")
    return f"{_SERVICES.get(service, service)}.{collection}.{_VERBS.get(verb, verb)}"


def _require_known(method: Method, query: Mapping[str, str]) -> None:
    for name in query:
        if name not in method.queries:
            message = (
                f'Invalid JSON payload received. Unknown name "{name}": Cannot bind query '
                f"parameter. Field '{name}' could not be found in request message."
            )
            raise refusal("INVALID_ARGUMENT", message)


def _answered(answer: Answer) -> RestResponse:
    return answer if isinstance(answer, RestResponse) else RestResponse(body=answer)
