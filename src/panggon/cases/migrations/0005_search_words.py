"""What a case can be found by is one column, and PostgreSQL keeps it: right whoever changes a case, renames an agency
or a person, or erases personal data.
"""

from django.db import migrations

TRIGGERS = """
CREATE FUNCTION cases_case_keep_search_words() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    NEW.search_words := lower(concat_ws(' ',
        NEW.number, NEW.agenda_number, NEW.letter_number, NEW.letter_subject, NEW.title, NEW.label,
        NEW.alternative_label, NEW.contact_name, NEW.admin_name,
        (SELECT concat_ws(' ', name, short_name) FROM people_agency WHERE id = NEW.agency_id),
        (SELECT full_name FROM people_user WHERE id = NEW.applicant_id),
        (SELECT full_name FROM people_user WHERE id = NEW.technician_id)));
    RETURN NEW;
END $$;
CREATE TRIGGER cases_case_keep_search_words BEFORE INSERT OR UPDATE ON cases_case
    FOR EACH ROW EXECUTE FUNCTION cases_case_keep_search_words();

CREATE FUNCTION cases_agency_was_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases_case SET search_words = '' WHERE agency_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_agency_was_renamed AFTER UPDATE ON people_agency FOR EACH ROW
    WHEN ((OLD.name, OLD.short_name) IS DISTINCT FROM (NEW.name, NEW.short_name))
    EXECUTE FUNCTION cases_agency_was_renamed();

CREATE FUNCTION cases_person_was_renamed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    UPDATE cases_case SET search_words = '' WHERE applicant_id = NEW.id OR technician_id = NEW.id;
    RETURN NULL;
END $$;
CREATE TRIGGER cases_person_was_renamed AFTER UPDATE ON people_user FOR EACH ROW
    WHEN (OLD.full_name IS DISTINCT FROM NEW.full_name)
    EXECUTE FUNCTION cases_person_was_renamed();

UPDATE cases_case SET search_words = '';
"""
NO_TRIGGERS = """
DROP TRIGGER cases_person_was_renamed ON people_user;
DROP FUNCTION cases_person_was_renamed();
DROP TRIGGER cases_agency_was_renamed ON people_agency;
DROP FUNCTION cases_agency_was_renamed();
DROP TRIGGER cases_case_keep_search_words ON cases_case;
DROP FUNCTION cases_case_keep_search_words();
"""


class Migration(migrations.Migration):
    dependencies = [("cases", "0004_finding"), ("people", "0001_people")]
    operations = [migrations.RunSQL(TRIGGERS, NO_TRIGGERS)]
