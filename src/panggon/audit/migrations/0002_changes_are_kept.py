"""The log of changes only grows: PostgreSQL itself refuses to remove or change a row.

Its contents and their `salt` may be erased, because the chain holds without them.
"""

from django.db import migrations

GUARD = """
CREATE FUNCTION audit_change_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'UPDATE' AND to_jsonb(NEW) - '{reason,before,after,salt}'::text[]
                          = to_jsonb(OLD) - '{reason,before,after,salt}'::text[] THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'changes are never changed or removed' USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER audit_change_is_kept BEFORE UPDATE OR DELETE ON audit_change
    FOR EACH ROW EXECUTE FUNCTION audit_change_is_kept();
"""
NO_GUARD = "DROP TRIGGER audit_change_is_kept ON audit_change; DROP FUNCTION audit_change_is_kept();"


class Migration(migrations.Migration):
    dependencies = [("audit", "0001_initial")]
    operations = [migrations.RunSQL(GUARD, NO_GUARD)]
