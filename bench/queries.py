"""Prints how many questions each page asks the database; reads pages as JSON: name, then path and cookies."""

import json
import os
import sys

import django

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panggon.portal.settings.base")
django.setup()

from django.db import connection  # noqa: E402 (Django has to be set up first)
from django.test import Client  # noqa: E402
from django.test.utils import CaptureQueriesContext  # noqa: E402


def queries(path: str, cookies: dict[str, str]) -> int:
    client = Client(headers={"host": "127.0.0.1"})
    client.cookies.load(cookies)
    client.get(path)
    with CaptureQueriesContext(connection) as asked:
        client.get(path)
    return len(asked)


if __name__ == "__main__":
    counts = {name: queries(*page) for name, page in json.load(sys.stdin).items()}
    sys.stdout.write(json.dumps(counts))
