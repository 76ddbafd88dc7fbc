"""The four dialects behind one function."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from enum import StrEnum

from provisioning.schedules import data_factory, data_pipelines, rules, scheduler
from provisioning.schedules.horizon import HORIZON
from provisioning.schedules.native import Translation
from provisioning.schedules.proving import Words
from provisioning.schedules.schedule import Schedule


class Dialect(StrEnum):
    EVENTBRIDGE_SCHEDULER = "eventbridge_scheduler"
    EVENTBRIDGE_RULE = "eventbridge_rule"
    ADF = "adf"
    GCP = "gcp"

    @property
    def words(self) -> Words:
        return WORDS[self]

    @property
    def label(self) -> str:
        return self.words.dialect


TRANSLATE: dict[Dialect, Callable[..., Translation]] = {
    Dialect.EVENTBRIDGE_SCHEDULER: scheduler.translate,
    Dialect.EVENTBRIDGE_RULE: rules.translate,
    Dialect.ADF: data_factory.translate,
    Dialect.GCP: data_pipelines.translate,
}
WORDS: dict[Dialect, Words] = {
    Dialect.EVENTBRIDGE_SCHEDULER: scheduler.WORDS,
    Dialect.EVENTBRIDGE_RULE: rules.WORDS,
    Dialect.ADF: data_factory.WORDS,
    Dialect.GCP: data_pipelines.WORDS,
}


def translate(schedule: Schedule, dialect: Dialect, now: datetime = HORIZON[0]) -> Translation:
    """What a cloud would be given, with its proof from `now` on, or why it cannot be exact."""
    return TRANSLATE[dialect](schedule, since=now)
