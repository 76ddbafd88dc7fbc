"""`manage.py rotate_signing_keys`: publish the next key for identity tokens, or replace all now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from dashboard.services import signing_keys


class Command(BaseCommand):
    help = (
        "Publish the next key by which identity tokens are signed. It signs two days later, when "
        "the clouds have seen it. Beat does the same each month."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--at-once",
            action="store_true",
            help="For a key that others may have: the new one signs now, and every other is "
            "unpublished. Clouds refuse new tokens until they fetch the keys again.",
        )

    def handle(self, *args: Any, **options: Any) -> None:
        if options["at_once"]:
            row = signing_keys.rotate_at_once()
            self.stdout.write(f"Key {row.kid} signs from now on. All others are unpublished.")
            return
        newest, made = signing_keys.rotate()
        what = "is published" if made else "was published before"
        self.stdout.write(f"Key {newest.kid} {what}, and signs from {newest.active_at:%F %T} UTC.")
