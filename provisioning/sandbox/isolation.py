"""Keeps everything of the real AWS out of the sandbox's process."""

from __future__ import annotations

import os

_REGION = "us-east-1"


def isolate() -> None:
    """Call before boto3 or moto are imported: they read the environment at import."""
    for name in [name for name in os.environ if name.startswith(("AWS_", "MOTO_"))]:
        del os.environ[name]
    os.environ.update(
        AWS_ACCESS_KEY_ID="sandbox",
        AWS_SECRET_ACCESS_KEY="sandbox",  # noqa: S106
        AWS_DEFAULT_REGION=_REGION,
        AWS_CONFIG_FILE=os.devnull,
        AWS_SHARED_CREDENTIALS_FILE=os.devnull,
        AWS_EC2_METADATA_DISABLED="true",
        MOTO_DISABLE_GLOBAL_CORS="true",
        MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS="false",
    )
