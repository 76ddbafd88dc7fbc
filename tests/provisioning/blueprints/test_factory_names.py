"""Names in Azure: within its rules, the same always, nobody else's."""

from __future__ import annotations

import re

import pytest

from provisioning.blueprints.azure_data_factory import names

ONE, OTHER = "5a4db0c5-0000-4000-8000-000000000001", "5a4db0c5-0000-4000-8000-000000000002"
SLUGS = ["a", "sales", "sales--2027", "x" * 40, "ends-", "9-lives", "a-b-c-d-e-f-g-h-i-j-k-l-m"]


@pytest.mark.parametrize("slug", SLUGS)
def test_every_slug_gives_names_that_azure_takes(slug: str) -> None:
    factory, account = names.factory(slug, ONE), names.account(slug, ONE)
    assert re.fullmatch(r"[A-Za-z0-9]+(-[A-Za-z0-9]+)*", factory) and 3 <= len(factory) <= 63
    assert re.fullmatch(r"[a-z0-9]{3,24}", account)
    assert re.fullmatch(r"[A-Za-z0-9-]{3,50}", names.topic(slug, ONE))
    assert re.fullmatch(r"[A-Za-z0-9_][^<>*#.%&:\\+?/]{0,259}", names.pipeline(slug))
    assert len(names.group(slug)) <= 90 and not names.group(slug).endswith(".")


def test_names_are_the_same_at_every_deployment() -> None:
    assert names.factory("sales", ONE) == names.factory("sales", ONE.upper())
    assert names.role_assignment("sales", ONE, "a") == names.role_assignment("sales", ONE, "a")


def test_names_that_are_unique_on_earth_differ_by_subscription_and_slug() -> None:
    for name in (names.factory, names.account, names.topic):
        found = {name(slug, account) for slug in SLUGS for account in (ONE, OTHER)}
        assert len(found) == len(SLUGS) * 2


@pytest.mark.parametrize(
    ("native", "key"),
    [
        ("skyclock-sales-t1", "t1"),
        ("skyclock-sales-t1-2", "t1"),
        ("skyclock-sales-t1-12", "t1"),
        ("skyclock-sales-t12", "t12"),
        ("skyclock-sales-t1-1", ""),
        ("skyclock-sales-t9", ""),
        ("nightly", ""),
        ("Manual", ""),
    ],
)
def test_a_native_trigger_tells_whose_it_is(native: str, key: str) -> None:
    assert names.key_of("sales", native, ("t1", "t12")) == key


def test_the_names_of_native_triggers_lead_back() -> None:
    for position in range(12):
        native = names.trigger("sales", names.resource("t1", position))
        assert names.key_of("sales", native, ("t1", "t2")) == "t1"
