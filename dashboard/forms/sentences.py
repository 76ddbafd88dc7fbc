"""The sentence of a schedule's form, kept in step with its expression.

Both can be typed. `of` is the expression that the sentence on the page belonged to: while the
expression is still that one, a sentence that says something else is what the person wants.
"""

from __future__ import annotations

from collections.abc import Mapping

from provisioning import schedules
from provisioning.errors import InvalidInput, Problem

Row = dict[str, str]
NO_CRON = "-"  # as `of`, where no expression was there
BOTH = (
    "Both the sentence and the expression were changed, and they say different things. Empty the "
    "one that is wrong."
)


def words_of(cron: str) -> str:
    """The sentence of an expression; "" where it is none."""
    try:
        return schedules.in_words(schedules.parse_cron(cron))
    except InvalidInput:
        return ""


def of(cron: str) -> str:
    return " ".join(cron.split()) or NO_CRON


def read_in(typed: Mapping[str, str]) -> tuple[Row, tuple[Problem, ...]]:
    """The row with its expression by the sentence, if that was typed. What is not understood
    stays in the row as it is, with the reason."""
    row = dict(typed)
    sentence, cron, owner = row.get("sentence", "").strip(), of(row.get("cron", "")), row.get("of")
    settled = row | {"sentence": "", "of": ""}
    if not sentence or not owner or sentence == words_of(owner):
        return settled, ()
    try:
        said = schedules.read_sentence(sentence)
    except InvalidInput as error:
        # Whoever went on to write an expression gave the sentence up.
        return (settled, ()) if cron not in (owner, NO_CRON) else (row, error.problems)
    if cron not in (owner, NO_CRON) and words_of(cron) != words_of(said.cron):
        return row, (Problem(field="sentence", message=BOTH),)
    if words_of(cron) != words_of(said.cron):
        settled["cron"] = said.cron
    return settled | {"timezone": said.timezone or row.get("timezone", "")}, ()


def shown(typed: Mapping[str, str]) -> str:
    """What the sentence's input holds."""
    return typed.get("sentence") or words_of(typed.get("cron", ""))
