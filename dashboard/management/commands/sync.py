"""`manage.py sync [SLUG …]`: pull the history of Pipelines now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser

from dashboard.models import Pipeline
from dashboard.services import history
from provisioning.errors import SkyclockError


class Command(BaseCommand):
    help = "Pull the history of the named Pipelines, or of all that are deployed, now."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("slugs", nargs="*")

    def handle(self, *args: Any, **options: Any) -> None:
        rows = Pipeline.objects.filter(archived_at=None, may_exist_in_cloud=True)
        if options["slugs"]:
            rows = rows.filter(slug__in=options["slugs"])
            missing = set(options["slugs"]) - set(rows.values_list("slug", flat=True))
            if missing:
                raise CommandError(f"Not deployed, or unknown: {', '.join(sorted(missing))}")
        failed = [row.slug for row in rows if not self._pull(row)]
        if failed:
            raise CommandError(f"Not pulled: {', '.join(failed)}")

    def _pull(self, pipeline: Pipeline) -> bool:
        try:
            history.sync(pipeline, verify=True)
        except SkyclockError as error:
            self.stderr.write(f"{pipeline.slug}: {error}")
            return False
        self.stdout.write(f"{pipeline.slug}: {pipeline.runs.count()} runs")
        return True
