"""The root of all names that a Pipeline has in the cloud."""

from __future__ import annotations

from itertools import count

from django.utils.text import slugify

from dashboard.models import Pipeline

LONGEST = 40
ROOM_FOR_NUMBER = 5  # "-1234"


def free_slug(name: str) -> str:
    """Lower-case letters, digits and dashes, starting with a letter; unique, also among the
    Pipelines that were deleted, whose traces in the cloud's logs keep the name."""
    root = _root(name)
    taken = set(Pipeline.objects.filter(slug__startswith=root).values_list("slug", flat=True))
    if root not in taken:
        return root
    return next(slug for number in count(2) if (slug := f"{root}-{number}") not in taken)


def _root(name: str) -> str:
    # slugify keeps underscores, which several clouds refuse.
    plain = slugify(name).replace("_", "-").strip("-")
    if not plain[:1].isalpha():
        plain = f"pipeline-{plain}".strip("-")
    return plain[: LONGEST - ROOM_FOR_NUMBER].rstrip("-")
