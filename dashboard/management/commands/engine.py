"""`manage.py engine`: have the official Pulumi engine ready, and say which one it is."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from provisioning.engine.command import prepare_engine
from provisioning.errors import EngineMissing


class Command(BaseCommand):
    help = "Find the Pulumi engine, or fetch or build it into the cache folder."
    requires_system_checks: list[str] = []

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            engine = prepare_engine(settings.ENGINE_ROOT, settings.ENGINE_CACHE, self.stdout.write)
        except EngineMissing as error:
            raise CommandError(str(error)) from error
        self.stdout.write(f"Pulumi {engine.version}, from {engine.origin}: {engine.root}")
