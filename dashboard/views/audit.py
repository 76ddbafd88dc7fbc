"""The audit log: who did what, and what credentials were used for. For admins."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from typing import Any

from django.http import Http404, HttpRequest, HttpResponseBase, StreamingHttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

from dashboard import queries
from dashboard.access import admin_required
from dashboard.forms.audit import AuditForm
from dashboard.models import AuditEntry
from provisioning.errors import InvalidInput

COLUMNS = (
    "at", "last_at", "count", "actor", "source", "action", "subject_kind", "subject_id",
    "subject_name", "connection", "detail",
)  # fmt: skip
FORMULA = ("=", "+", "-", "@", "\t", "\r")  # what spreadsheets would compute


@admin_required
@require_safe
def audit_log(request: HttpRequest) -> HttpResponseBase:
    form = _form(request)
    try:
        entries, older = queries.audit_entries(
            request.user, form.wanted, cursor=request.GET.get("cursor")
        )
    except InvalidInput as error:
        raise Http404(str(error)) from error
    asked = request.GET.copy()
    asked.pop("cursor", None)
    context = {
        "form": form,
        "entries": entries,
        "older": older,
        "asked": asked.urlencode(),
        "filtered": any(asked.values()),
    }
    return render(request, "audit/list.html", context)


@admin_required
@require_safe
def audit_csv(request: HttpRequest) -> HttpResponseBase:
    """All that fits the same filters, as one file."""
    rows = queries.every_audit_entry(request.user, _form(request).wanted)
    answer = StreamingHttpResponse(_lines(rows), content_type="text/csv; charset=utf-8")
    answer["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return answer


def _form(request: HttpRequest) -> AuditForm:
    form = AuditForm(request.GET, user=request.user)
    if not form.is_valid():
        raise Http404("Nothing can be looked for like this.")
    return form


class _Line:
    """What the writer writes to: hands each line on."""

    def write(self, line: str) -> str:
        return line


def _lines(rows: Iterator[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Line())
    yield writer.writerow(COLUMNS)
    for row in rows:
        yield writer.writerow([_plain(value) for value in _values(row)])


def _values(row: AuditEntry) -> tuple[Any, ...]:
    return (
        row.at.isoformat(),
        row.last_at.isoformat() if row.last_at else "",
        row.count,
        row.actor.username if row.actor else "",
        row.source,
        row.action,
        row.subject_kind,
        row.subject_id,
        row.subject_name,
        row.connection.name if row.connection else "",
        json.dumps(row.detail, sort_keys=True),
    )


def _plain(value: Any) -> str:
    """Names are chosen by people: none is to be taken for a formula."""
    text = str(value)
    return f"'{text}" if text.startswith(FORMULA) else text
