"""moto, loaded once into this process and bent to the sandbox's clock and accounts.

All private names of moto that the sandbox relies on are listed in
tests/sandbox/aws/test_moto_names.py; look at them before taking another release.
"""

from __future__ import annotations

import json
import sys
from datetime import UTC, datetime
from typing import Any

import moto.core.common_models
import moto.core.utils
import moto.iam.models
import moto.s3.models
from moto.backends import get_backend
from moto.moto_server.werkzeug_app import DomainDispatcherApplication, create_backend_app

from provisioning.sandbox.aws.accounts import Caller, account_of_key
from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.moto_state import SERVICES, MotoState
from provisioning.sandbox.aws.requests import AwsRequest, AwsResponse
from provisioning.sandbox.clock import Clock

_utcnow = moto.core.utils.utcnow
_account_of_issued_key = moto.iam.models.get_account_id_from
_ATTACHING = ("attach_role_policy", "attach_user_policy", "attach_group_policy")
_attach = {name: getattr(moto.iam.models.IAMBackend, name) for name in _ATTACHING}
_get_policy = moto.iam.models.IAMBackend.get_policy
_new_bucket = moto.s3.models.FakeBucket.__init__


def prepare_moto(clock: Clock) -> None:
    """Once in a process, before anything of moto is made."""
    _use_clock(clock)
    _use_accounts()
    _forget_instances()
    _offer_managed_policies()


class MotoApp:
    def __init__(self, state: MotoState) -> None:
        self._state = state
        self._app = DomainDispatcherApplication(create_backend_app)

    def answer(self, request: AwsRequest, caller: Caller) -> AwsResponse:
        if request.service not in SERVICES:
            raise not_simulated(f"the AWS service '{request.service}'")
        _check_region(request)
        if request.changes_something:
            self._state.touch(request.service, caller.account, request.region)
        started: list[Any] = []

        def start_response(status: str, headers: list[tuple[str, str]], _: Any = None) -> None:
            started[:] = [int(status.split(" ", 1)[0]), tuple(headers)]

        try:
            body = b"".join(self._app(_environ(request, caller), start_response))
        except NotImplementedError as error:
            operation = request.operation or f"{request.method} {request.path}"
            raise not_simulated(f"{request.service} {operation}") from error
        return AwsResponse(status=started[0], headers=started[1], body=body)


def _environ(request: AwsRequest, caller: Caller) -> dict[str, Any]:
    """moto knows nothing of keys that our STS gave out: it is told the account."""
    return {**request.moto_environ(), "HTTP_X_MOTO_ACCOUNT_ID": caller.account}


def _check_region(request: AwsRequest) -> None:
    """moto fails without a word in regions that it does not know."""
    if request.service in ("s3", "iam", "sts"):
        return
    regions = get_backend(request.service)["000000000000"].regions
    if request.region not in regions:
        raise AwsError(
            "InvalidRegion", f"There is no region '{request.region}' of {request.service}."
        )


def not_simulated(what: str) -> AwsError:
    return AwsError("NotImplemented", f"The sandbox does not simulate {what}.", status=501)


def _use_clock(clock: Clock) -> None:
    """moto asks one function for the time, but most modules hold it by name."""

    def utcnow() -> datetime:
        return datetime.fromtimestamp(clock.now(), UTC).replace(tzinfo=None)

    def new_bucket(bucket: Any, *args: Any, **kwargs: Any) -> None:
        _new_bucket(bucket, *args, **kwargs)
        bucket.creation_date = datetime.fromtimestamp(clock.now(), UTC)

    before = {_utcnow, moto.core.utils.utcnow}
    for name, module in list(sys.modules.items()):
        if name.startswith("moto.") and getattr(module, "utcnow", None) in before:
            module.utcnow = utcnow  # type: ignore[attr-defined]
    moto.s3.models.FakeBucket.__init__ = new_bucket


def _use_accounts() -> None:
    def account_of(key: str) -> str:
        return account_of_key(key) or str(_account_of_issued_key(key))

    moto.iam.models.get_account_id_from = account_of


def _forget_instances() -> None:
    """moto keeps every object for ever, for a page of its own that is closed here."""

    def new(cls: type, *args: Any, **kwargs: Any) -> Any:
        return object.__new__(cls)

    moto.core.common_models.BaseModel.__new__ = new


def _offer_managed_policies() -> None:
    """AWS's own policies, each when it is first asked for: all of them weigh 40 MB."""

    def attaching(attach: Any) -> Any:
        def load_and_attach(backend: Any, policy_arn: str, name: str) -> None:
            load_managed_policy(backend, policy_arn)
            attach(backend, policy_arn, name)

        return load_and_attach

    def get(backend: Any, policy_arn: str) -> Any:
        load_managed_policy(backend, policy_arn)
        return _get_policy(backend, policy_arn)

    for name, attach in _attach.items():
        setattr(moto.iam.models.IAMBackend, name, attaching(attach))
    moto.iam.models.IAMBackend.get_policy = get


def load_managed_policy(backend: Any, arn: str) -> None:
    prefix, _, path = arn.partition(":policy/")
    if prefix != "arn:aws:iam::aws" or arn in backend.managed_policies:
        return
    name = path.rpartition("/")[2]
    data = json.loads(moto.iam.models.aws_managed_policies_data).get(name)
    if data and f"{data['Path']}{name}" == f"/{path}":
        make = moto.iam.models.AWSManagedPolicy.from_data
        backend.managed_policies[arn] = make(name, backend.account_id, backend.region_name, data)
