"""The simulated AWS misbehaves on purpose, in AWS's words: see `provisioning.sandbox.faults`."""

from __future__ import annotations

import time

from provisioning.sandbox.aws.errors import AwsError
from provisioning.sandbox.aws.operations import operation_name
from provisioning.sandbox.aws.requests import AwsRequest
from provisioning.sandbox.faults import Faults
from provisioning.sandbox.world_lock import WorldLock

_LONGEST_DELAY = 60.0
# What each service calls being asked too often, and the HTTP status of it.
_THROTTLED = {
    "s3": ("SlowDown", 503),
    "lambda": ("TooManyRequestsException", 429),
    "iam": ("Throttling", 400),
    "sts": ("Throttling", 400),
}
_THROTTLED_ELSEWHERE = ("ThrottlingException", 400)
_DENIED = ("AccessDenied", "AccessDeniedException")


class Misbehaviour:
    """Faults match an operation ("CreateTrainingJob") or a service ("sagemaker")."""

    def __init__(self, faults: Faults, lock: WorldLock) -> None:
        self._faults = faults
        self._lock = lock

    def meet(self, request: AwsRequest) -> None:
        """What happens to a request before it is looked at.

        Call it unlocked: a delay takes real time. Raises AwsError, or ConnectionAbortedError
        for a cloud that is away.
        """
        names = (operation_name(request), request.service)
        with self._lock:
            delay = self._faults.take("delay", "aws", *names)
            away = self._faults.take("away", "aws", *names)
        if delay:
            time.sleep(min(delay.seconds, _LONGEST_DELAY))
        if away:
            raise ConnectionAbortedError("the sandbox's AWS is away")
        with self._lock:
            self.refuse(request.service, names[0])

    def refuse(self, service: str, operation: str) -> None:
        """Raise AwsError where a call is to be throttled or refused; also for the calls that
        services make for themselves. Call it with the world locked."""
        names = (operation, service)
        if self._faults.take("throttle", "aws", *names):
            code, status = _THROTTLED.get(service, _THROTTLED_ELSEWHERE)
            raise AwsError(code, "Rate exceeded", status=status)
        if fault := self._faults.take("refuse", "aws", *names):
            code = fault.code or "AccessDeniedException"
            message = fault.message or f"The sandbox was told to refuse {operation or service}."
            raise AwsError(code, message, status=403 if code in _DENIED else 400)
