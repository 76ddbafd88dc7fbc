"""`manage.py start`: all parts of Skyclock in one terminal; what `make run` calls."""

from __future__ import annotations

import asyncio
import os
import sys
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from dashboard import secrets
from dashboard.environment import flag
from dashboard.supervisor import ports
from dashboard.supervisor.parts import Layout
from dashboard.supervisor.run import Supervisor, check_port, claim
from provisioning.errors import CredentialUnreadable


class Command(BaseCommand):
    help = "Start Redis, the sandbox, web, worker and beat, and say when all is ready."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        # Whatever a part writes is for this user only, also in a folder that others can enter.
        os.umask(0o077)
        _require_keys()
        host = os.environ.get("SKYCLOCK_HOST") or "127.0.0.1"
        check_port(host, settings.PORT)
        lock = claim(settings.DATA_DIR)
        layout = Layout(
            data=settings.DATA_DIR,
            host=host,
            port=settings.PORT,
            ports=ports.kept(settings.DATA_DIR / "ports.json"),
            engine_cache=settings.ENGINE_CACHE,
            engine_root=settings.ENGINE_ROOT,
            with_sandbox=flag("SKYCLOCK_SANDBOX", default=True),
        )
        code = asyncio.run(_supervise(layout))
        lock.close()
        sys.exit(code)


def _require_keys() -> None:
    try:
        secrets.key_names()
    except CredentialUnreadable as error:
        raise SystemExit(f"{error} {secrets.ONE_MORE}") from None


async def _supervise(layout: Layout) -> int:
    return await Supervisor(layout).run()
