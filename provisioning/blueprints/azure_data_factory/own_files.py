"""Where the pipeline writes in its own container, as far as the settings tell."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from .activities import Activity, CopyActivity, inside
from .copying import OwnFiles
from .settings import Settings


def written_folders(settings: Settings) -> Iterator[str]:
    """The fixed beginnings of folders; nothing of one that an expression computes as a whole."""
    if settings.source != "activities":
        return
    for activities in (settings.activities, *(each.activities for each in settings.pipelines)):
        yield from _written(activities)


def _written(activities: Sequence[Activity]) -> Iterator[str]:
    for activity in activities:
        if isinstance(activity, CopyActivity) and isinstance(activity.sink, OwnFiles):
            fixed, computed, _ = activity.sink.folder.partition("@")
            if fixed or not computed:
                whole = fixed and not computed and not fixed.endswith("/")
                yield f"{fixed}/" if whole else fixed
        for _, inner in inside(activity):
            yield from _written(inner)
