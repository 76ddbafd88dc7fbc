"""IAM: moto keeps users, roles and policies; here is what it lacks or gets wrong."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from moto.iam.models import iam_backends

from provisioning.sandbox.aws.accounts import Caller
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.moto_app import MotoApp
from provisioning.sandbox.aws.policy_simulator import simulate_custom, simulate_principal
from provisioning.sandbox.aws.principals import managed_policy
from provisioning.sandbox.aws.query_protocol import query_answer, read_members
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse
from provisioning.sandbox.aws.world import World
from provisioning.sandbox.identity_tokens import is_acceptable_address

_NAMESPACE = "https://iam.amazonaws.com/doc/2010-05-08/"

Given = Mapping[str, Any]


class Iam:
    def __init__(self, world: World, moto: MotoApp) -> None:
        self._world = world
        self._moto = moto
        self._operations: dict[str, Callable[[Given, str], Given]] = {
            "DeleteUserPermissionsBoundary": self._delete_boundary,
            "PutUserPermissionsBoundary": self._put_boundary,
            "SimulateCustomPolicy": lambda given, _: simulate_custom(given),
            "SimulatePrincipalPolicy": lambda given, _: simulate_principal(given),
        }

    def answer(self, request: AwsRequest, caller: Caller) -> AwsResponse | None:
        if request.operation == "CreateUser":
            return self._create_user(request, caller)
        if request.operation == "CreateOpenIDConnectProvider":
            _check_url(read_members("iam", request)["Url"])
        if request.operation not in self._operations:
            return None
        given = read_members("iam", request)
        result = self._operations[request.operation](given, caller.account)
        return query_answer(request, _NAMESPACE, result)

    def _create_user(self, request: AwsRequest, caller: Caller) -> AwsResponse:
        """moto forgets the boundary that a user may be made with."""
        given = read_members("iam", request)
        boundary = given.get("PermissionsBoundary")
        if boundary:
            _check_boundary(boundary, caller.account)
        response = self._moto.answer(request, caller)
        if boundary and response.status == 200:
            self._user(given, caller.account).permissions_boundary_arn = boundary
        return response

    def _put_boundary(self, given: Given, account: str) -> Given:
        _check_boundary(given["PermissionsBoundary"], account)
        self._user(given, account).permissions_boundary_arn = given["PermissionsBoundary"]
        return {}

    def _delete_boundary(self, given: Given, account: str) -> Given:
        self._user(given, account).permissions_boundary_arn = None
        return {}

    def _user(self, given: Given, account: str) -> Any:
        name = given["UserName"]
        user = iam_backends[account]["aws"].users.get(name)
        if user is None:
            raise AwsError(
                "NoSuchEntity", f"The user with name {name} cannot be found.", status=404
            )
        self._world.moto.touch("iam", account, "aws")
        return user


def _check_boundary(arn: str, account: str) -> None:
    if managed_policy(arn, account) is None:
        raise AwsError(
            "NoSuchEntity", f"Policy {arn} does not exist or is not attachable.", status=404
        )


def _check_url(url: str) -> None:
    if not is_acceptable_address(url):
        raise AwsError("ValidationError", "Invalid Open ID Connect Provider URL")
