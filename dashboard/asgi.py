"""The web server's entrance."""

from __future__ import annotations

import os

import django
from django.conf import settings

from dashboard.bodies import Limited
from dashboard.streams import Handler

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

django.setup(set_prefix=False)
# More than what a form or a call may have: those get the answer that fits them.
application = Limited(Handler(), most=2 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
