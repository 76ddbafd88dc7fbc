"""`manage.py schedule "0 3 * * 1-5" --timezone Europe/Berlin --dialect adf`: translate it.

With `--batch`, JSON lines from standard input, each answered by one JSON line, in order.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.utils import timezone
from pydantic import ValidationError

from dashboard.api.reading import storable
from dashboard.api.schedules import ScheduleQuestion
from provisioning.blueprints.problems import problems_of
from provisioning.errors import InvalidInput, Problem
from provisioning.schedules import Dialect, answer

Json = dict[str, Any]


class Command(BaseCommand):
    help = "Say a schedule in one cloud's dialect: exactly, or why not and what would be."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("cron", nargs="?", help="five fields, in quotes")
        parser.add_argument("--timezone", default="UTC", help="an IANA zone")
        dialects = [each.value for each in Dialect]
        parser.add_argument("--dialect", choices=dialects, help="of which cloud")
        parser.add_argument("--start", help="when it begins, such as 2027-01-31T08:00:00Z")
        parser.add_argument("--end", help="when it ends")
        parser.add_argument("--from", help="when runs are listed from; else now")
        parser.add_argument("--count", type=int, help="how many runs are listed; else 10")
        parser.add_argument("--json", action="store_true", help="the whole answer as JSON")
        parser.add_argument("--batch", action="store_true", help="JSON lines in, JSON lines out")

    def handle(self, *args: Any, **options: Any) -> None:
        if options["batch"]:
            self._batch()
            return
        if options["cron"] is None or options["dialect"] is None:
            raise CommandError("Give a cron expression and a --dialect, or --batch.")
        names = ("cron", "timezone", "dialect", "start", "end", "from", "count")
        asked = {name: options[name] for name in names if options[name] is not None}
        try:
            found = _answer(asked, timezone.now())
        except InvalidInput as error:
            raise CommandError(_said(error.problems)) from error
        self.stdout.write(json.dumps(found) if options["json"] else "\n".join(_lines(found)))

    def _batch(self) -> None:
        """As bytes, so that what is not UTF-8 is a mistake in its line only."""
        for number, line in enumerate(sys.stdin.buffer, 1):
            if line.strip():
                self.stdout.write(json.dumps(_answered(line, number, timezone.now())))
                self.stdout.flush()


def _answered(line: bytes, number: int, now: datetime) -> Json:
    """A line that cannot be read is told as such; the next ones are answered all the same."""
    try:
        return _answer(storable(line.strip()), now)
    except InvalidInput as error:
        problems = error.problems
    except json.JSONDecodeError as error:
        said = f"This line is not JSON: {error.msg} (column {error.colno})."
        problems = (Problem("", said),)
    except (ValueError, RecursionError) as error:
        problems = (Problem("", f"This line is not JSON: {error}."),)
    entries = [
        {"field": each.field, "message": each.message, "code": each.code} for each in problems
    ]
    return {"error": _said(problems), "problems": entries, "line": number}


def _answer(asked: Any, now: datetime) -> Json:
    try:
        return answer(ScheduleQuestion.model_validate(asked).asked(now))
    except ValidationError as error:
        sent = asked if isinstance(asked, dict) else {}
        raise InvalidInput(problems_of(error, sent)) from error


def _said(problems: tuple[Problem, ...]) -> str:
    return "; ".join(f"{each.field}: {each.message}".removeprefix(": ") for each in problems)


def _lines(found: Json) -> Iterator[str]:
    if found["sentence"]:
        yield found["sentence"]
    yield found["status"]
    for native in found["native"]:
        yield f"  {json.dumps(native)}"
    if found["reason"]:
        yield found["reason"]["message"]
    if found["split"]:
        yield f"{found['split']['count']} native schedules, apart by year, never fire together."
    for each in found["alternatives"]:
        yield f"or {each['cron']} {each['timezone']}: {each['why']}"
    if found["next"]:
        yield f"next: {', '.join(found['next'])}"
