"""The log of events only grows: PostgreSQL itself refuses to remove or change one.

What people wrote (`note`) and its `salt` may be erased, because the chain holds without them.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION cases_event_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - 'note' - 'salt' = to_jsonb(OLD) - 'note' - 'salt' THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'events are never changed or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER cases_event_is_kept BEFORE UPDATE OR DELETE ON cases_event
    FOR EACH ROW EXECUTE FUNCTION cases_event_is_kept();
"""
NO_GUARD = "DROP TRIGGER cases_event_is_kept ON cases_event; DROP FUNCTION cases_event_is_kept();"


class Migration(migrations.Migration):
    dependencies = [("cases", "0002_initial")]
    operations = [migrations.RunSQL(GUARD, NO_GUARD)]
