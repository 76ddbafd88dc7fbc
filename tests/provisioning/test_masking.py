from __future__ import annotations

import base64
import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import quote_plus

import pytest
from hypothesis import given
from hypothesis import strategies as st

from provisioning.contracts import LogEvent, OutcomeEvent, PhaseEvent, PhaseName
from provisioning.masking import MASK, Masker, Remembered
from provisioning.operations.spool import Spool, read_events

NOW = datetime(2026, 11, 21, tzinfo=UTC)
SECRET = 'wJal/rXU"tn+FEMI\\K7'


@pytest.mark.parametrize(
    "written",
    [
        SECRET,
        'wJal/rXU\\"tn+FEMI\\\\K7',  # in JSON
        "wJal%2FrXU%22tn%2BFEMI%5CK7",  # in an address
        "774a616c2f72585522746e2b46454d495c4b37",  # in hex
    ],
)
def test_a_secret_is_found_as_programs_write_it(written: str) -> None:
    assert Masker([SECRET]).text(f"<{written}>") == f"<{MASK}>"


@pytest.mark.parametrize("before", ["", "a", "ab", "abc"])
def test_a_secret_within_base64_is_found_wherever_it_begins(before: str) -> None:
    header = base64.b64encode(f"{before}{SECRET}-and-more".encode()).decode()
    assert MASK in Masker([SECRET]).text(f"Authorization: Basic {header}")


def test_what_was_opened_is_masked_and_the_oldest_forgotten() -> None:
    known = Remembered(most=2)
    known.add(["first-secret"])
    assert known.mask("of first-secret") == f"of {MASK}"
    known.add(["second-secret", "", "third-secret"])
    assert known.mask("first-secret, second-secret, third-secret") == (
        f"first-secret, {MASK}, {MASK}"
    )


def test_a_key_of_several_lines_is_found_line_by_line() -> None:
    key = "-----BEGIN-----\nMIIEvQIBADAN\nBgkqhkiG9w0B\n"
    assert Masker([key]).text("at BgkqhkiG9w0B: bad") == f"at {MASK}: bad"


def test_a_secret_within_a_longer_one_leaves_no_rest() -> None:
    assert Masker(["abcdef", "abcdef-ghijkl"]).text("abcdef-ghijkl") == MASK


def test_words_too_short_to_be_secrets_do_not_riddle_the_log() -> None:
    assert Masker(["", "eu", "  "]).text("eu-west-1 is fine") == "eu-west-1 is fine"


def test_every_field_of_an_event_is_masked_before_it_is_written(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    spool = Spool(path, Masker([SECRET]))
    spool.write(LogEvent(time=NOW, level="info", text=f"is {SECRET}", resource=f"urn:{SECRET}"))
    spool.write(OutcomeEvent(time=NOW, status="succeeded", outputs={"a": [{SECRET: f"x{SECRET}"}]}))
    spool.close()
    assert "wJal" not in path.read_text()
    events, _ = read_events(path, 0)
    assert isinstance(events[1], OutcomeEvent)
    assert events[1].outputs == {"a": [{MASK: f"x{MASK}"}]}


def in_json(secret: str) -> str:
    return json.dumps(secret)[1:-1]


@pytest.mark.parametrize("write", [str, in_json, quote_plus])
@given(
    secret=st.text(min_size=6).filter(lambda text: len(text.strip()) >= 6),
    before=st.text(),
    after=st.text(),
)
def test_whatever_it_is_made_of_a_secret_is_found_within_a_value(
    write: Callable[[str], str], secret: str, before: str, after: str
) -> None:
    masker = Masker([secret])
    text = f"{before}{write(secret)}{after}"
    assert MASK in masker.text(text)
    assert masker.value({"a": [text, {text: 1}]}) == {
        "a": [masker.text(text), {masker.text(text): 1}]
    }


def test_a_secret_that_is_one_of_our_words_breaks_no_line(tmp_path: Path) -> None:
    path = tmp_path / "spool"
    spool = Spool(path, Masker(["started", "prepare"]))
    spool.write(PhaseEvent(time=NOW, phase=PhaseName.PREPARE, state="started"))
    spool.close()
    events, _ = read_events(path, 0)
    assert isinstance(events[0], PhaseEvent)
