from django.apps import AppConfig

from dashboard import secrets  # noqa: F401 (its system check registers itself)


class DashboardConfig(AppConfig):
    name = "dashboard"
    default_auto_field = "django.db.models.BigAutoField"
