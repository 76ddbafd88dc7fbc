"""Schedule expressions of rules: cron() and rate(), always in UTC."""

from __future__ import annotations

import re

from provisioning.sandbox.aws.errors import validation
from provisioning.sandbox.aws.scheduler.cron_fields import BadExpression
from provisioning.sandbox.aws.scheduler.expressions import parse_expression

_RATE = re.compile(r"rate\((?:1 (minute|hour|day)|(?!1 )\d+ (minutes|hours|days))\)")


def check_expression(text: str) -> None:
    """Rules are stricter than schedules: a singular for one, and no at()."""
    try:
        expression = parse_expression(text, "UTC")
    except BadExpression as error:
        raise _invalid() from error
    if expression.one_time or (text.startswith("rate(") and not _RATE.fullmatch(text)):
        raise _invalid()


def next_firing(text: str, *, after: float, base: float) -> float | None:
    """The first after a moment; the first of a rate is one period after `base`."""
    return parse_expression(text, "UTC").next_after(max(after, base), base=base)


def _invalid() -> Exception:
    return validation("Parameter ScheduleExpression is not valid.")
