"""The web server's entrance."""

from __future__ import annotations

import os

from django.conf import settings
from django.core.asgi import get_asgi_application

from dashboard.bodies import Limited

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "dashboard.settings")

django = get_asgi_application()
# More than what a form or a call may have: those get the answer that fits them.
application = Limited(django, most=2 * settings.DATA_UPLOAD_MAX_MEMORY_SIZE)
