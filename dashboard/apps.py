from django.apps import AppConfig

from dashboard import secrets  # noqa: F401 (its system check registers itself)


class DashboardConfig(AppConfig):
    name = "dashboard"
    default_auto_field = "django.db.models.BigAutoField"

    def ready(self) -> None:
        # It reads rows, and models are there only now.
        from dashboard import checks  # noqa: F401, PLC0415 (registers itself)
