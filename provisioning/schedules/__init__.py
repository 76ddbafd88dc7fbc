"""Schedules: what cron means in a zone, and how each cloud says the same. Pure: no clock.

schedule = check_schedule("0 6 * * 1-5", "Europe/Berlin")   # InvalidInput: why not
next_runs(schedule, after=now, count=10)                    # [datetime in UTC, …]
explain(schedule)                                           # "At 06:00 on weekdays, …"
read_sentence("every weekday at 06:00")                     # Said(cron="0 6 * * 1-5", …)
translate(schedule, Dialect.ADF, now)                       # a Translation: all that was found
answer(Question("0 6 * * 1-5", "Europe/Berlin", Dialect.ADF, since=now))  # the same as JSON
to_eventbridge_scheduler(schedule)                          # ScheduleRefused: why not
to_data_factory(schedule)                                   # for Azure and
to_data_pipelines(schedule)                                 # Google, likewise
"""

from __future__ import annotations

from provisioning.schedules.answers import Question, answer
from provisioning.schedules.data_factory import to_data_factory
from provisioning.schedules.data_pipelines import to_data_pipelines
from provisioning.schedules.dialects import Dialect, translate
from provisioning.schedules.eventbridge import firings as firings_of_eventbridge
from provisioning.schedules.explain import explain, in_words, notes
from provisioning.schedules.native import NativeSchedules, Status, Translation
from provisioning.schedules.parsing import parse_cron
from provisioning.schedules.presets import PRESETS, Preset
from provisioning.schedules.schedule import Schedule, check_schedule, next_runs
from provisioning.schedules.scheduler import to_eventbridge_scheduler
from provisioning.schedules.sentences import Said, read_sentence
from provisioning.schedules.zones import ZoneFacts, zone_facts, zone_names

__all__ = [
    "PRESETS",
    "Dialect",
    "NativeSchedules",
    "Preset",
    "Question",
    "Said",
    "Schedule",
    "Status",
    "Translation",
    "ZoneFacts",
    "answer",
    "check_schedule",
    "explain",
    "firings_of_eventbridge",
    "in_words",
    "next_runs",
    "notes",
    "parse_cron",
    "read_sentence",
    "to_data_factory",
    "to_data_pipelines",
    "to_eventbridge_scheduler",
    "translate",
    "zone_facts",
    "zone_names",
]
