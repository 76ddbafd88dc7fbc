"""`manage.py rotate_keys`: seal every stored secret again, with the newest key."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard import secrets
from dashboard.services import sealing
from dashboard.services.sealing import Tally
from provisioning.errors import SkyclockError


class Command(BaseCommand):
    help = (
        "Seal every stored secret again, with the newest sealing key. First put the new key before "
        "the old one, and start all of Skyclock again. It can be ended at any moment and run "
        "again; nothing is lost."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument(
            "--count", action="store_true", help="Only say how many values each key opens."
        )

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            names = secrets.key_names()
            self.stdout.write(f"{_keys(len(names))} from {settings.SEALING_KEYS_SOURCE}.")
            if options["count"]:
                found = sealing.tally()
            else:
                sealing.require_known_to_workers()
                found = sealing.rotate(self._tell)
        except SkyclockError as error:
            raise CommandError(str(error)) from error
        self._say(found, asked=not options["count"])

    def _tell(self, progress: str) -> None:
        self.stdout.write(progress)
        self.stdout.flush()

    def _say(self, found: Tally, *, asked: bool) -> None:
        for name, count in found.by_key.items():
            which = "newest" if name == found.newest else "older"
            self.stdout.write(f"Key {name}, {which}: opens {count}.")
        if found.unreadable:
            raise CommandError(sealing.sentence(found.unreadable))
        if asked and any(found.older.values()):
            raise CommandError(
                "Somebody keeps sealing with an older key: a part of Skyclock still runs with the "
                "keys of before. Start it again with the new ones, and run this once more."
            )
        if found.older and not any(found.older.values()):
            old = "The old key" if len(found.older) == 1 else "The old keys"
            self.stdout.write(f"{old} can be removed now from {settings.SEALING_KEYS_SOURCE}.")


def _keys(count: int) -> str:
    return "1 sealing key" if count == 1 else f"{count} sealing keys, the newest first,"
