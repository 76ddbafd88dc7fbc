"""`manage.py prepare`: bring the database up to date and seed it; harmless when repeated."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand

from dashboard.services import sealing


class Command(BaseCommand):
    help = "Migrate, make the sandbox Connection where a sandbox runs, and the first admin."

    def handle(self, *args: Any, **options: Any) -> None:
        call_command("migrate", interactive=False, verbosity=0)
        if settings.SANDBOX_CONTROL_URL:
            call_command("ensure_sandbox", stdout=self.stderr)
        # Not the end of the start: what is lost can only be entered again on the pages.
        if lost := sealing.sentence(sealing.tally().unreadable):
            self.stderr.write(lost)
        call_command("ensure_admin", stdout=self.stdout)
