"""Guesses of a password are slowed down, and keep nobody else out."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from dashboard.models import SignInAttempt, User
from dashboard.services.sign_ins import MOST_FOR_ACCOUNT, MOST_FROM_SOURCE, WINDOW, source_of
from tests.dashboard.conftest import PASSWORD

pytestmark = pytest.mark.django_db


def try_in(browser: Client, password: str, *, name: str = "mel", address: str = "192.0.2.1") -> int:
    typed = {"username": name, "password": password}
    return browser.post("/sign-in", typed, REMOTE_ADDR=address).status_code


def guess(times: int, *, name: str = "mel", address: str = "192.0.2.1") -> list[int]:
    return [try_in(Client(), f"wrong-{n}", name=name, address=address) for n in range(times)]


def test_after_too_many_failures_even_the_right_password_has_to_wait(member: User) -> None:
    assert set(guess(MOST_FOR_ACCOUNT)) == {200}
    answer = Client().post(
        "/sign-in", {"username": "MEL ", "password": PASSWORD}, REMOTE_ADDR="192.0.2.1"
    )
    assert answer.status_code == 429
    assert "Too many sign-ins failed. Try again in 15 minutes." in answer.content.decode()
    assert try_in(Client(), PASSWORD) == 429


def test_waiting_ends_and_is_not_prolonged_by_trying(member: User) -> None:
    guess(MOST_FOR_ACCOUNT)
    assert guess(5) == [429] * 5
    SignInAttempt.objects.update(at=timezone.now() - WINDOW - timedelta(seconds=1))
    assert try_in(Client(), PASSWORD) == 303
    assert not SignInAttempt.objects.exists()


def test_guesses_from_elsewhere_keep_nobody_out(member: User, admin: User) -> None:
    guess(MOST_FOR_ACCOUNT + 1)
    assert try_in(Client(), PASSWORD, address="198.51.100.7") == 303
    assert try_in(Client(), PASSWORD, name="ada") == 303


def test_a_browser_of_earlier_is_let_in_behind_the_address_of_a_guesser(member: User) -> None:
    browser = Client()
    assert try_in(browser, PASSWORD) == 303
    browser.post("/sign-out")
    guess(MOST_FOR_ACCOUNT + 1)
    assert try_in(browser, PASSWORD) == 303


def test_such_a_browser_is_slowed_down_as_well(member: User, admin: User) -> None:
    browser = Client()
    try_in(browser, PASSWORD)
    browser.post("/sign-out")
    codes = [try_in(browser, "wrong") for _ in range(MOST_FOR_ACCOUNT + 1)]
    assert codes == [200] * MOST_FOR_ACCOUNT + [429]
    guess(MOST_FOR_ACCOUNT, name="ada")
    assert try_in(browser, PASSWORD, name="ada") == 429  # known for mel, not for ada


def test_one_address_cannot_try_a_password_on_everybody(member: User) -> None:
    for n in range(MOST_FROM_SOURCE):
        assert try_in(Client(), "summer2026", name=f"person-{n}") == 200
    assert try_in(Client(), "summer2026") == 429


def test_signing_in_forgets_what_failed_before(member: User) -> None:
    for _ in range(3):
        guess(MOST_FOR_ACCOUNT - 1)
        assert try_in(Client(), PASSWORD) == 303


def test_what_was_typed_is_kept_nowhere(member: User) -> None:
    guess(1, name="my-password-by-mistake")
    attempt = SignInAttempt.objects.get()
    assert "my-password" not in attempt.account + attempt.source


def test_a_network_of_the_sixth_version_is_one_guesser() -> None:
    here, there = (
        source_of(username="", word="", address=f"2001:db8::{end}") for end in ("1", "ffff")
    )
    assert here == there == "address 2001:db8::/64"
    assert source_of(username="", word="", address="") == "address "
