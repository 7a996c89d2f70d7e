"""The table of Django's cache: made with all the others, so that no installation can lack it."""

from django.db import migrations

MAKE = """
CREATE TABLE IF NOT EXISTS portal_cache (
    cache_key varchar(255) PRIMARY KEY, value text NOT NULL, expires timestamptz NOT NULL
);
CREATE INDEX IF NOT EXISTS portal_cache_expires ON portal_cache (expires);
"""


class Migration(migrations.Migration):
    dependencies = [("signin", "0001_initial")]
    operations = [migrations.RunSQL(MAKE, "DROP TABLE portal_cache")]
