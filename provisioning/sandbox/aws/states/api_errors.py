"""Refusals of Step Functions, in its words."""

from __future__ import annotations

import re

from provisioning.sandbox.aws.errors import AwsError

# "A name must not contain …": https://docs.aws.amazon.com/step-functions/latest/apireference
_FORBIDDEN = re.compile(r"[\s<>{}\[\]?*\"#%\\^|~`$&,;:/\x00-\x1f\x7f-\x9f]")


def no_machine(arn: str) -> AwsError:
    return AwsError("StateMachineDoesNotExist", f"State Machine Does Not Exist: '{arn}'")


def no_execution(arn: str) -> AwsError:
    return AwsError("ExecutionDoesNotExist", f"Execution Does Not Exist: '{arn}'")


def check_arn(arn: str, resource: str) -> None:
    """Of a "stateMachine" or an "execution"."""
    if not arn.startswith("arn:"):
        raise AwsError("InvalidArn", f"Invalid Arn: 'Invalid ARN prefix: {arn}'")
    parts = arn.split(":")
    if len(parts) < 7 or parts[2] != "states" or parts[5] != resource:
        raise AwsError(
            "InvalidArn", f"Invalid Arn: 'Resource type not valid in this context: {arn}'"
        )


def check_name(name: str) -> None:
    if not name or len(name) > 80 or _FORBIDDEN.search(name):
        raise AwsError("InvalidName", f"Invalid Name: '{name}'")
