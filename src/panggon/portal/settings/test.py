"""Settings of the test run; the database is the private one that `tests/conftest.py` starts."""

import atexit
import os
import shutil
import tempfile
from datetime import timedelta

os.environ.setdefault("PANGGON_SECRET_KEY", "only for tests " * 4)
os.environ.setdefault("PANGGON_INSECURE_LOOPBACK", "1")
for _name in {"PANGGON_FILES", "PANGGON_SEALS"} - os.environ.keys():
    os.environ[_name] = tempfile.mkdtemp(prefix="panggon-test-")
    atexit.register(shutil.rmtree, os.environ[_name], ignore_errors=True)

from panggon.portal.settings.base import *  # noqa: E402 -- it reads these

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
EMAIL_BACKEND = "django.core.mail.backends.locmem.EmailBackend"
ALLOWED_HOSTS = ["testserver", "localhost", "127.0.0.1"]
PANGGON_FIRST_SITE = 900001
PANGGON_SESSION_SEEN_EVERY = timedelta(days=30)  # tests that count queries let the office's time pass
WHITENOISE_USE_FINDERS = False
