"""Names of Google Cloud's resources."""

from __future__ import annotations

import pytest

from provisioning.blueprints.google_common.names import Place

PLACE = Place(region="europe-west1", project="skyclock-sandbox")


@pytest.mark.parametrize("slug", ["walk-google-data", "g00gle", "gooogle-x", "google"])
def test_no_bucket_is_named_after_google(slug: str) -> None:
    """https://cloud.google.com/storage/docs/buckets#naming: such names are refused."""
    assert "google" not in PLACE.bucket(slug, "data").replace("0", "o")


def test_two_pipelines_never_share_a_bucket() -> None:
    slugs = ["google-x", "g-x", "g00gle-x", "x"]
    assert len({PLACE.bucket(slug, "data") for slug in slugs}) == 4


def test_a_bucket_of_another_project_has_another_name() -> None:
    other = Place(region="europe-west1", project="another-project")
    assert PLACE.bucket("x", "data") != other.bucket("x", "data")
