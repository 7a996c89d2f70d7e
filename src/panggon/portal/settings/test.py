"""Settings of the test run; the database is the private one that `tests/conftest.py` starts."""

import os
import tempfile
from datetime import timedelta

os.environ.setdefault("PANGGON_SECRET_KEY", "only for tests " * 4)
os.environ.setdefault("PANGGON_INSECURE_LOOPBACK", "1")
os.environ.setdefault("PANGGON_FILES", tempfile.mkdtemp(prefix="panggon-files-"))
os.environ.setdefault("PANGGON_SEALS", tempfile.mkdtemp(prefix="panggon-seals-"))

from panggon.portal.settings.base import *

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PANGGON_FIRST_SITE = 900001
PANGGON_SESSION_SEEN_EVERY = timedelta(days=30)  # tests that count queries let the office's time pass
WHITENOISE_USE_FINDERS = False
