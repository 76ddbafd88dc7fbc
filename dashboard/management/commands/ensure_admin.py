"""`manage.py ensure_admin`: somebody can sign in, or knows by which link to begin."""

from __future__ import annotations

import os
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from dashboard.services import people


class Command(BaseCommand):
    help = (
        "Make the user admin with the password in SKYCLOCK_ADMIN_PASSWORD; without it, print a "
        "one-time set-up link. Changes nothing once an admin can sign in."
    )

    def handle(self, *args: Any, **options: Any) -> None:
        if password := os.environ.get("SKYCLOCK_ADMIN_PASSWORD"):
            people.ensure_admin(password)
        self.stdout.write(self._how_to_sign_in())

    def _how_to_sign_in(self) -> str:
        base = f"http://127.0.0.1:{settings.PORT}"
        if people.can_administer():
            return f"Sign in at {base}/sign-in as {people.first_admin_name()}."
        link = people.setup_link()
        return f"Choose the admin's password here, once, within three days: {base}{link}"
