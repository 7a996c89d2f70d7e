"""Step 4: each item is met or has its own reason, and the OPD reads exactly these reasons at its own fields."""

import pytest

from panggon.cases.content.corrections import corrections_for, rounds
from panggon.core.cases.procedure import Action, State
from panggon.sites.models import Outcome
from tests.portal.office import ALL_MET, refused
from tests.portal.visitor import at, buttons, checked, faults, page, post, text

pytestmark = pytest.mark.usefixtures("office_time")
RETURN, COMPLETE = "kembalikan-untuk-dilengkapi", "nyatakan-lengkap"


def resubmitted(office, case):
    return post(office, "applicant", case, "kirim-ulang")


def test_one_page_has_both_endings_of_the_check(office):
    case = office.bring_to(State.VERIFYING)
    assert [slug for slug in buttons(page(office, "technician", case), case) if slug in (COMPLETE, RETURN)] == [
        COMPLETE
    ]
    shown = page(office, "technician", case, COMPLETE).content.decode()
    assert f'formaction="/permohonan/{case.number}/{COMPLETE}/"' in shown
    assert f'formaction="/permohonan/{case.number}/{RETURN}/"' in shown


def test_while_it_is_prepared_it_can_only_be_returned(office):
    case = office.bring_to(State.PREPARING)
    shown = page(office, "technician", case, RETURN)
    assert f'formaction="/permohonan/{case.number}/{COMPLETE}/"' not in shown.content.decode()
    assert shown.context["form"]["item_letter"].value() == "met"


def test_beside_each_item_stands_what_it_is_judged_by(office):
    case = office.bring_to(State.VERIFYING)
    shown = text(page(office, "technician", case, COMPLETE))
    for words in (
        "500.12/117/2026 · 20 November 2026",
        "Dinas Sosial · tercatat sebagai pengguna jaringan kota",
        "dinsos.panggon.test · dapat dipakai",
        "Sri Wahyuni · 0812-0000-0001",
    ):
        assert words in shown


def test_nothing_is_taken_for_granted(office):
    case = office.bring_to(State.VERIFYING)
    for slug in (COMPLETE, RETURN):
        answer = post(office, "technician", case, slug)
        unchecked = {f"item_{item}": ["Butir ini belum diperiksa."] for item in ALL_MET}
        assert {name: words for name, words in faults(answer).items() if name != "__all__"} == unchecked
    case.refresh_from_db()
    assert case.state == State.VERIFYING


def test_an_item_that_is_not_met_is_a_fault_of_the_complete_check_at_that_item(office):
    case = office.bring_to(State.VERIFYING)
    answer = post(office, "technician", case, COMPLETE, **checked(contact="Nomor HP salah"))
    assert faults(answer) == {
        "item_contact": ["Belum terpenuhi: permohonan perlu dikembalikan untuk dilengkapi."],
    }
    assert answer.context["form"]["reason_contact"].value() == "Nomor HP salah"


def test_an_item_that_is_not_met_needs_its_own_reason(office):
    case = office.bring_to(State.VERIFYING)
    answer = post(office, "technician", case, RETURN, **checked(letter="Belum bertanggal", contact=""))
    assert faults(answer) == {"reason_contact": ["Tuliskan apa yang perlu ditambah atau diperbaiki."]}


def test_returning_a_request_in_which_all_is_met_needs_words(office):
    case = office.bring_to(State.VERIFYING)
    answer = post(office, "technician", case, RETURN, **checked())
    assert list(faults(answer)) == ["__all__"]
    post(office, "technician", case, RETURN, **checked(), note="Mohon surat ditandatangani Kepala OPD.")
    case.refresh_from_db()
    assert case.state == State.INCOMPLETE


def test_the_agency_reads_each_reason_at_its_field(office):
    case = office.bring_to(State.VERIFYING)
    post(office, "technician", case, RETURN, **checked(letter="Belum bertanggal", contact="Nomor HP salah"))
    assert corrections_for(case) == {"letter": ("Belum bertanggal",), "contact_name": ("Nomor HP salah",)}
    shown = text(page(office, "applicant", case))
    assert "Ada surat atau informasi pemberitahuan permohonan hosting Belum bertanggal" in shown
    for section, asked in (
        ("surat", {"letter": ("Belum bertanggal",)}),
        ("orang", {"contact_name": ("Nomor HP salah",)}),
    ):
        form = page(office, "applicant", case, f"isi/{section}").context["form"]
        assert asked == {
            name: field.corrections for name, field in form.fields.items() if hasattr(field, "corrections")
        }
    assert resubmitted(office, case).status_code == 302
    case.refresh_from_db()
    assert (case.state, corrections_for(case)) == (State.VERIFYING, {})
    assert at(office, "technician").get("/beranda/").context["waiting"] == [case]


def test_earlier_rounds_stay_to_be_seen(office):
    case = office.bring_to(State.VERIFYING)
    for reason in ("Belum bertanggal", "Belum ditandatangani"):
        post(office, "technician", case, RETURN, **checked(letter=reason))
        resubmitted(office, case)
    assert [[reason.words for reason in asked.reasons] for asked in rounds(case)] == [
        ["Belum ditandatangani"],
        ["Belum bertanggal"],
    ]
    assert all(asked.resolved_at > asked.asked_at for asked in rounds(case))
    for who, slug in (("technician", COMPLETE), ("applicant", ""), ("head", "")):
        shown = text(page(office, who, case, slug))
        assert "Belum bertanggal" in shown
        assert "Belum ditandatangani" in shown


def test_the_event_keeps_all_reasons_in_words(office):
    case = office.bring_to(State.VERIFYING)
    post(office, "technician", case, RETURN, **checked(contact="Nomor HP salah"), note="Terima kasih.")
    note = "Ada narahubung yang dapat dihubungi: Nomor HP salah\nTerima kasih."
    assert case.events.last().note == note
    assert [(row.item, row.reason) for row in case.corrections.all()] == [
        ("contact", "Nomor HP salah"),
        ("", "Terima kasih."),
    ]


def test_a_reason_for_what_is_not_checked_is_refused_by_the_rules_too(office):
    case = office.bring_to(State.VERIFYING)
    act, by = Action.RETURN_TO_APPLICANT, office.technician
    assert refused(office.act, case, act, by, missing={"letter": " ", "colour": "merah"}) == [
        ("checklist.reason_missing", "reason_letter"),
        ("checklist.reason_missing", "reason_colour"),
    ]
    assert refused(office.act, case, act, by) == [("need.reasons", "reasons")]


def test_the_technician_chooses_what_the_machine_prepares(office, office_time):
    case = office.bring_to(State.VERIFYING, database_wish="postgresql")
    form = page(office, "technician", case, "nyatakan-lengkap").context["form"]
    assert (form["engine"].value(), form["kind"].value()) == ("postgresql", "php")
    chosen = {"kind": "python", "profile": "plain", "engine": "postgresql", "interface": "asgi"}
    wrong = post(office, "technician", case, "nyatakan-lengkap", **checked(), **chosen, entry="situs")
    assert list(faults(wrong)) == ["entry"]
    assert "<details open>" in wrong.content.decode()
    post(office, "technician", case, "nyatakan-lengkap", **checked(), **chosen, entry="situs.asgi:application")
    spec = case.site.wishes.get().spec
    assert (spec["kind"], spec["database"], spec["python"]) == (
        "python",
        "postgresql",
        {"entry": "situs.asgi:application", "interface": "asgi"},
    )


def test_what_the_machine_refused_is_chosen_anew_before_it_plans_again(office, office_time):
    case = office.bring_to(State.VERIFYING)
    lead = {"kind": "proxy", "profile": "plain", "target": "https://aplikasi.kota.example:8443", "keep_host": "on"}
    post(office, "technician", case, "nyatakan-lengkap", **checked(), **lead)
    office.told(case, office.node_reports(Outcome.REFUSED, problem="spec.invalid"))
    form = page(office, "technician", case, "coba-lagi").context["form"]
    assert form["target"].value() == lead["target"]
    post(office, "technician", case, "coba-lagi", kind="redirect", profile="plain", target="https://kota.example/")
    spec = case.site.wishes.last().spec
    assert (spec["kind"], spec["proxy"], spec["database"]) == ("redirect", None, None)
    assert spec["redirect"] == {"target": "https://kota.example/", "keep_path": False, "permanent": False}


def test_the_form_as_it_is_shown_prepares_what_the_opd_asked_for(office):
    case = office.bring_to(State.VERIFYING, kind="static", profile="plain", database_wish="none")
    form = page(office, "technician", case, COMPLETE).context["form"]
    shown = {name: form[name].value() for name in form.fields}
    untouched = {name: value for name, value in shown.items() if value not in (None, False)}
    assert post(office, "technician", case, COMPLETE, **untouched | checked()).status_code == 302
    spec = case.site.wishes.get().spec
    assert (spec["kind"], spec["database"], spec["python"], spec["redirect"]) == ("static", None, None, None)
