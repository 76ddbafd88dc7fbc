"""Other processes of the product, with the rows, folders and sandbox of the present test."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from django.conf import settings
from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


def environment(**more: str) -> dict[str, str]:
    """Everything that the other process has to agree on with this one."""
    assert connection.vendor == "sqlite", "these tests share a file"
    return {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "dashboard.settings",
        "DATABASE_URL": f"sqlite:///{connection.settings_dict['NAME']}",
        "REDIS_URL": settings.REDIS_URL,
        "SKYCLOCK_DATA": str(settings.DATA_DIR),
        "SKYCLOCK_SEALING_KEYS": ",".join(settings.SEALING_KEYS),
        "SKYCLOCK_STATE_PASSPHRASE": settings.STATE_PASSPHRASE,
        "SKYCLOCK_ENGINE_CACHE": str(settings.ENGINE_CACHE),
        "SKYCLOCK_SANDBOX_CONTROL_URL": settings.SANDBOX_CONTROL_URL,
        "SKYCLOCK_SANDBOX_AWS_URL": settings.SANDBOX_AWS_URL,
        "SKYCLOCK_SANDBOX_AZURE_URL": settings.SANDBOX_AZURE_URL,
        "SKYCLOCK_SANDBOX_GOOGLE_URL": settings.SANDBOX_GOOGLE_URL,
        "SKYCLOCK_SANDBOX_PROVIDER": settings.SANDBOX_PROVIDER,
        **more,
    }


def python(code: str, **more: str) -> subprocess.Popen[bytes]:
    """Code that begins where Django is set up."""
    start = "import django; django.setup(); "
    return subprocess.Popen([sys.executable, "-c", start + code], cwd=ROOT, env=environment(**more))


def celery(*arguments: str, log: Path, **more: str) -> subprocess.Popen[bytes]:
    """`celery -A dashboard …`, as the supervisor starts it."""
    argv = [sys.executable, "-m", "celery", "-A", "dashboard", *arguments]
    with log.open("ab") as output:
        return subprocess.Popen(
            argv, cwd=ROOT, env=environment(**more), stdout=output, stderr=output
        )
