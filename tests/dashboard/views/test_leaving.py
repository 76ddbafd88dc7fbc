"""The pages on which people leave."""

from __future__ import annotations

import io
import zipfile

from django.test import Client

from dashboard.models import Connection, Pipeline

OWN = "a passphrase of my own"


def test_the_page_gives_a_zip_for_a_passphrase_typed_twice(
    as_member: Client, deployed: Pipeline
) -> None:
    page = f"/pipelines/{deployed.pk}/take-out"
    wrong = as_member.post(page, {"passphrase": OWN, "again": "another passphrase"})
    assert wrong.status_code == 400
    assert "two different passphrases" in wrong.content.decode()
    assert OWN not in wrong.content.decode()
    answer = as_member.post(page, {"passphrase": OWN, "again": OWN})
    assert answer["Content-Type"] == "application/zip"
    with zipfile.ZipFile(io.BytesIO(answer.content)) as opened:
        assert f"{deployed.slug}/README.md" in opened.namelist()


def test_a_passphrase_that_is_too_short_is_said_at_its_field(
    as_member: Client, deployed: Pipeline
) -> None:
    answer = as_member.post(
        f"/pipelines/{deployed.pk}/take-out", {"passphrase": "short", "again": "short"}
    )
    assert answer.status_code == 400
    assert 'id="id_passphrase_error"' in answer.content.decode()


def test_the_page_says_that_a_later_version_is_not_in_it(
    as_member: Client, deployed: Pipeline
) -> None:
    text = as_member.get(f"/pipelines/{deployed.pk}/take-out").content.decode()
    assert "is not deployed" not in text
    assert deployed.current_version is not None
    later = deployed.versions.create(number=2, settings={}, triggers=[])
    Pipeline.objects.update(current_version=later)
    text = as_member.get(f"/pipelines/{deployed.pk}/take-out").content.decode()
    assert "Version 2 was saved since and is not deployed" in text


def test_who_may_not_leave_with_it_is_told_why(
    as_member: Client, as_admin: Client, deployed: Pipeline
) -> None:
    Connection.objects.update(level="observe")
    for page in ("take-out", "let-go"):
        refused = as_member.get(f"/pipelines/{deployed.pk}/{page}")
        assert refused.status_code == 403
        assert "does not allow deployments" in refused.content.decode()
        assert as_admin.get(f"/pipelines/{deployed.pk}/{page}").status_code == 200


def test_letting_go_says_what_it_means_and_wants_the_name(
    as_member: Client, deployed: Pipeline
) -> None:
    page = f"/pipelines/{deployed.pk}/let-go"
    text = as_member.get(page).content.decode()
    assert "go on firing in the cloud" in text
    assert "Nothing is watched any more" in text
    assert as_member.post(page, {"name": "Chrun"}).status_code == 400
    assert as_member.post(page, {"name": deployed.name}, follow=True).status_code == 200
    assert as_member.get(f"/pipelines/{deployed.pk}").status_code == 404


def test_what_is_nowhere_can_be_deleted_instead(as_member: Client, pipeline: Pipeline) -> None:
    text = as_member.get(f"/pipelines/{pipeline.pk}/let-go").content.decode()
    assert "nothing to let go of" in text
