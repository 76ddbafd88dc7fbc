"""Who takes on a role of AWS where no keys are stored for it: this machine, if that is allowed.

A machine of AWS has an identity of its own (an instance profile, a task's role). Who may write
Connections could enter accounts with it that are none of theirs, so it is off until whoever runs
Skyclock sets SKYCLOCK_AWS_BASE_IDENTITY=machine.
"""

from __future__ import annotations

import os

SETTING = "SKYCLOCK_AWS_BASE_IDENTITY"
MACHINE = "machine"

# By these AWS's SDK finds a machine's identity. Operations get them only where it is allowed.
VARIABLES = (
    "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN",
    "AWS_PROFILE", "AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE",
    "AWS_ROLE_ARN", "AWS_ROLE_SESSION_NAME", "AWS_WEB_IDENTITY_TOKEN_FILE",
    "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI", "AWS_CONTAINER_CREDENTIALS_FULL_URI",
    "AWS_CONTAINER_AUTHORIZATION_TOKEN", "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
    "AWS_EC2_METADATA_DISABLED", "AWS_EC2_METADATA_SERVICE_ENDPOINT",
)  # fmt: skip


def machine_may() -> bool:
    return os.environ.get(SETTING, "").strip().lower() == MACHINE


def variables() -> tuple[str, ...]:
    """The names of what a process needs to have the machine's identity; none if it may not."""
    return (SETTING, *VARIABLES) if machine_may() else ()
