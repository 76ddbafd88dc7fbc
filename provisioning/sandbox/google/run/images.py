"""Which source stands for which image: the sandbox runs no foreign images."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

_BLUEPRINTS = Path(__file__).resolve().parents[3] / "blueprints"
# By the image's name, without registry, folder, tag and digest.
SOURCES = {
    "skyclock-retraining": _BLUEPRINTS / "google_eventarc_retraining" / "assets" / "service",
}
PROGRAM = "main.py"


def source_of(image: str, sources: Mapping[str, Path]) -> Path | None:
    """The folder of the source that is run for an image."""
    name = image.partition("@")[0].rpartition("/")[2].partition(":")[0]
    folder = sources.get(name)
    return folder if folder and (folder / PROGRAM).is_file() else None
