"""`manage.py ensure_sandbox`: a Connection to each simulated cloud that runs here."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from dashboard.services import connections


class Command(BaseCommand):
    help = "Make the sandbox Connections that are missing. Does nothing where no sandbox runs."

    def handle(self, *args: Any, **options: Any) -> None:
        for connection in connections.ensure_sandbox():
            self.stdout.write(f"Made the connection {connection.name}.")
