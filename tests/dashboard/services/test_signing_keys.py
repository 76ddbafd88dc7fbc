"""Keys of the issuer: published before they sign, and as long after as a token may live."""

from __future__ import annotations

import threading
from datetime import UTC, datetime, timedelta

import pytest
from django.core.management import call_command
from django.db import connection as database

from dashboard.models import AuditEntry, SigningKey, User
from dashboard.services import signing_keys
from dashboard.services.signing_keys import AFTER, AHEAD, LONGEST_TOKEN

NOW = datetime(2026, 11, 27, 6, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)


@pytest.fixture
def first(db: None) -> SigningKey:
    return signing_keys.signing(NOW)


def test_the_first_key_signs_at_once(first: SigningKey) -> None:
    assert first.active_at == NOW
    assert signing_keys.published(NOW) == [first]


def test_a_new_key_is_published_before_it_signs(first: SigningKey) -> None:
    newest, made = signing_keys.rotate(now=NOW + HOUR)
    assert made
    assert signing_keys.published(NOW + HOUR) == [newest, first]
    assert signing_keys.signing(NOW + AHEAD) == first
    assert signing_keys.signing(NOW + HOUR + AHEAD) == newest


def test_an_old_key_stays_published_until_its_last_token_has_ended(first: SigningKey) -> None:
    newest = signing_keys.rotate(now=NOW).newest
    last = NOW + AHEAD + LONGEST_TOKEN
    assert signing_keys.published(last) == [newest, first]
    assert signing_keys.published(last + AFTER) == [newest]


def test_the_private_half_of_an_ended_key_is_forgotten(first: SigningKey) -> None:
    signing_keys.rotate(now=NOW)
    assert signing_keys.remove_ended(NOW + AHEAD) == 0
    assert signing_keys.remove_ended(NOW + AHEAD + 2 * HOUR) == 1
    first.refresh_from_db()
    assert first.sealed == ""
    assert first.removed_at == NOW + AHEAD + 2 * HOUR


def test_rotating_again_while_one_waits_makes_none(first: SigningKey) -> None:
    waiting = signing_keys.rotate(now=NOW).newest
    assert signing_keys.rotate(now=NOW + HOUR) == (waiting, False)


def test_a_key_that_others_have_is_gone_at_once(first: SigningKey, admin: User) -> None:
    signing_keys.rotate(now=NOW)
    made = signing_keys.rotate_at_once(actor=admin, now=NOW + HOUR)
    assert signing_keys.published(NOW + HOUR) == [made]
    assert signing_keys.signing(NOW + HOUR) == made
    assert set(SigningKey.objects.exclude(pk=made.pk).values_list("sealed", flat=True)) == {""}
    assert AuditEntry.objects.filter(action="signing_key.create", actor=admin).count() == 1


def test_each_month_a_key_is_due(first: SigningKey) -> None:
    signing_keys.rotate_if_due(NOW + timedelta(days=29))
    assert SigningKey.objects.count() == 1
    for _ in range(2):
        signing_keys.rotate_if_due(NOW + timedelta(days=30))
    assert SigningKey.objects.count() == 2


def test_where_no_token_was_asked_for_no_key_is_made(db: None) -> None:
    signing_keys.rotate_if_due(NOW)
    assert not SigningKey.objects.exists()


def test_private_keys_are_sealed(first: SigningKey) -> None:
    assert "PRIVATE" not in first.sealed
    assert signing_keys.private_key(first).key_size == signing_keys.BITS
    assert "d" not in first.public


def test_the_command_says_from_when_it_signs(db: None, capsys: pytest.CaptureFixture[str]) -> None:
    call_command("rotate_signing_keys")
    call_command("rotate_signing_keys")
    call_command("rotate_signing_keys", "--at-once")
    published, waiting, replaced = capsys.readouterr().out.splitlines()
    assert "is published, and signs from" in published
    assert "was published before" in waiting
    assert "signs from now on" in replaced


@pytest.mark.django_db(transaction=True)
def test_two_workers_at_once_make_one_key() -> None:
    found: list[SigningKey] = []
    start = threading.Barrier(2)

    def rotate() -> None:
        start.wait()
        found.append(signing_keys.signing(NOW))
        start.wait()
        found.append(signing_keys.rotate(now=NOW).newest)
        database.close()

    threads = [threading.Thread(target=rotate) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert SigningKey.objects.count() == 2
    assert len({row.kid for row in found}) == 2
