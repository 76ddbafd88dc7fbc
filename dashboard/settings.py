"""Settings, from the environment. A wrong value stops the start with a sentence."""

from __future__ import annotations

import os
import sys
from pathlib import Path

from csp.constants import NONCE, SELF

from dashboard import logging, sealing_keys
from dashboard.environment import (
    choice,
    database,
    flag,
    issuer_url,
    passwords,
    secret_file,
    whole_number,
    words,
)
from provisioning import masking

BASE_DIR = Path(__file__).resolve().parent.parent
DATA_DIR = Path(os.environ.get("SKYCLOCK_DATA") or BASE_DIR / ".skyclock").resolve()
DATA_DIR.mkdir(parents=True, exist_ok=True, mode=0o700)

DEBUG = flag("SKYCLOCK_DEBUG", default=False)
SECRET_KEY = secret_file("SKYCLOCK_SECRET_KEY", DATA_DIR / "secret_key")
# Newest first; older ones still open what they sealed.
_sealing = sealing_keys.read(DATA_DIR / "sealing_key")
SEALING_KEYS, SEALING_KEYS_SOURCE = list(_sealing.keys), _sealing.source
STATE_PASSPHRASE = secret_file("SKYCLOCK_STATE_PASSPHRASE", DATA_DIR / "state_passphrase")

ALLOWED_HOSTS = words("SKYCLOCK_HOSTS") or ["127.0.0.1", "localhost", "[::1]"]
CSRF_TRUSTED_ORIGINS = words("SKYCLOCK_ORIGINS")
CSRF_FAILURE_VIEW = "dashboard.views.errors.untrusted_form"
PORT = whole_number("PORT", default=8000, most=65535)
# Who Skyclock is in the identity tokens that it signs: the clouds fetch its keys from there.
ISSUER_URL = issuer_url("SKYCLOCK_ISSUER_URL", origins=CSRF_TRUSTED_ORIGINS, port=PORT)

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "whitenoise.runserver_nostatic",
    "django.contrib.staticfiles",
    "django_htmx",
    "csp",
    "dashboard",
]
MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "dashboard.whence.whence",
]
ROOT_URLCONF = "dashboard.urls"
ASGI_APPLICATION = "dashboard.asgi.application"
AUTH_USER_MODEL = "dashboard.User"
LOGIN_URL = "sign-in"
LOGIN_REDIRECT_URL = "overview"
LOGOUT_REDIRECT_URL = "sign-in"
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 10},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
PASSWORD_RESET_TIMEOUT = 3 * 24 * 3600

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "csp.context_processors.nonce",
                "dashboard.context.frame",
            ],
        },
    }
]

DATABASES = {
    "default": database("DATABASE_URL", default=f"sqlite:///{DATA_DIR / 'skyclock.db'}"),
}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;",
    }
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = os.environ.get("REDIS_URL") or "redis://127.0.0.1:6379/0"

USE_TZ = True
TIME_ZONE = "UTC"
LANGUAGE_CODE = "en-gb"
USE_I18N = False

STATIC_URL = "/static/"
STATIC_ROOT = DATA_DIR / "staticfiles"
STATIC_ROOT.mkdir(exist_ok=True)  # files are found where they lie; only its absence would be noted
STATICFILES_DIRS = [BASE_DIR / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True

# A pipeline of fifty steps is a long form; a pasted definition may have a megabyte.
DATA_UPLOAD_MAX_NUMBER_FIELDS = 10_000
DATA_UPLOAD_MAX_MEMORY_SIZE = 8 * 1024 * 1024

# The Alpine build that needs no eval, no inline script but those with the page's nonce.
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [SELF],
        "script-src": [SELF, NONCE],
        "style-src": [SELF, "'unsafe-inline'"],
        "img-src": [SELF, "data:"],
        "font-src": [SELF, "data:"],
        "connect-src": [SELF],
        "frame-ancestors": ["'none'"],
        "base-uri": [SELF],
        "form-action": [SELF],
        "object-src": ["'none'"],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = flag("SKYCLOCK_HTTPS", default=False)

# ── Skyclock ────────────────────────────────────────────────────────────────────────
ENGINE_ROOT = os.environ.get("SKYCLOCK_PULUMI") or None  # folder with bin/pulumi
# Shared by all checkouts of one user: building the engine takes minutes.
ENGINE_CACHE = Path(
    os.environ.get("SKYCLOCK_ENGINE_CACHE")
    or Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "skyclock" / "engine"
)
STATE_DIR = DATA_DIR / "state"  # the engine's file backend
WORK_DIR = DATA_DIR / "stacks"  # one fixed folder per stack
SPOOL_DIR = DATA_DIR / "spool"  # events of operations, before they are rows
SANDBOX_CONTROL_URL = os.environ.get("SKYCLOCK_SANDBOX_CONTROL_URL", "")
SANDBOX_AWS_URL = os.environ.get("SKYCLOCK_SANDBOX_AWS_URL", "")
SANDBOX_AZURE_URL = os.environ.get("SKYCLOCK_SANDBOX_AZURE_URL", "")
SANDBOX_GOOGLE_URL = os.environ.get("SKYCLOCK_SANDBOX_GOOGLE_URL", "")
SANDBOX_PROVIDER = os.environ.get("SKYCLOCK_SANDBOX_PROVIDER", "")
# A worker that does not renew its lease for so long is taken for dead; shorter in tests only.
LEASE_SECONDS = whole_number("SKYCLOCK_WORKER_LEASE_SECONDS", default=30, most=600)
# The supervisor names a file for the worker to say that it is ready. It also asks operations
# to stop by itself, and asked twice they would kill the engine.
WORKER_READY = Path(ready) if (ready := os.environ.get("SKYCLOCK_WORKER_READY")) else None
# Between two looks at each Pipeline for drift, in hours; 0: none unless a Pipeline says so.
DRIFT_CHECK_HOURS = whole_number("SKYCLOCK_DRIFT_CHECK_HOURS", default=24, most=168, least=0)
# At once, per worker: on few processors more of them buy latency, hardly throughput.
DEPLOYMENT_SLOTS = 4

# What must never be said, whoever would say it.
masking.remember([SECRET_KEY, STATE_PASSPHRASE, *SEALING_KEYS])
masking.remember(passwords(REDIS_URL, os.environ.get("DATABASE_URL", "")))
LOG_FORMAT = choice("SKYCLOCK_LOG", ("text", "json"), default="text")
LOGGING = logging.configuration(LOG_FORMAT)
TESTING = "pytest" in sys.modules
