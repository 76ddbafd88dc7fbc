"""Leaving over the API."""

from __future__ import annotations

import io
import zipfile

from dashboard.models import Pipeline
from tests.dashboard.api.conftest import Caller, fields

OWN = {"passphrase": "a passphrase of my own"}


def test_a_take_out_is_a_zip_named_after_the_pipeline(api: Caller, pipeline: Pipeline) -> None:
    answer = api("POST", f"/pipelines/{pipeline.pk}/take_out", OWN)
    assert answer.status_code == 200
    assert answer["Content-Type"] == "application/zip"
    assert answer["Content-Disposition"] == f'attachment; filename="{pipeline.slug}.zip"'
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert f"{pipeline.slug}/__main__.py" in opened.namelist()


def test_what_is_wrong_with_a_passphrase_is_said_and_the_passphrase_is_not(
    api: Caller, pipeline: Pipeline
) -> None:
    told = api.post(f"/pipelines/{pipeline.pk}/take_out", {"passphrase": "sh0rt"}, expect=422)
    assert set(fields(told)) == {"passphrase"}
    assert "sh0rt" not in str(told)


def test_letting_go_needs_the_name(api: Caller, deployed: Pipeline) -> None:
    told = api.post(f"/pipelines/{deployed.pk}/let_go", {"name": "other"}, expect=422)
    assert set(fields(told)) == {"name"}
    api.post(f"/pipelines/{deployed.pk}/let_go", {"name": deployed.name}, expect=204)
    api.get(f"/pipelines/{deployed.pk}", expect=404)
