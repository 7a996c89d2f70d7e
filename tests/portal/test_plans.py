"""Plans: what a site may use is data; changing it changes no site until a plan is approved."""

from dataclasses import fields

import pytest

from panggon.audit.models import Change
from panggon.core.cases.procedure import Action, Role, State
from panggon.core.sites.spec import BOUNDS, Limits
from panggon.core.sites.spec_document import parse
from panggon.sites import plans, selectors
from panggon.sites.models import Node, Outcome, Plan, Purpose, Site
from tests.portal.office import ALL_MET
from tests.portal.visitor import faults, text, visitor

VALUES = {
    "name": "Besar",
    "php_version": "8.3",
    "quota_mebibytes": 8192,
    "memory_mebibytes": 512,
    "processes": 64,
    "upload_mebibytes": 128,
    "database_connections": 40,
    "database_mebibytes": 2048,
    "files": 50_000,
    "cpu_percent": 150,
    "outgoing": "web",
    "is_default": True,
    "is_offered": True,
}


@pytest.fixture
def admin(office):
    return visitor(office.person("admin", Role.ADMINISTRATOR))


def made(office, **changes) -> Plan:
    return plans.save_plan(Plan(), {**VALUES, **changes}, actor=None, at=office.later(), expected_version=0)


def sent(**changes) -> dict[str, str]:
    values = {**VALUES, "version": 0, **changes}
    return {name: "on" if value is True else str(value) for name, value in values.items() if value is not False}


def wished(site: Site) -> tuple[str | int, ...]:
    """What the newest wish asks of the node."""
    spec = parse(selectors.last_wish(site).spec)
    limits = spec.limits
    return (
        spec.php_version,
        limits.memory_mebibytes,
        limits.processes,
        limits.upload_mebibytes,
        limits.database_connections,
        limits.database_mebibytes,
        limits.disk_mebibytes,
        limits.files,
        limits.cpu_percent,
        spec.outgoing,
    )


def test_the_chosen_plan_goes_to_the_node(office):
    made(office, name="Kecil", memory_mebibytes=64, php_version="8.2")
    big = made(office, is_default=False)
    case = office.bring_to(State.VERIFYING)
    case = office.act(case, Action.COMPLETE, office.technician, checklist=ALL_MET, plan=big)
    assert wished(case.site) == ("8.3", 512, 64, 128, 40, 2048, 8192, 50_000, 150, "web")
    assert Site.objects.get().plan == big


def test_without_a_choice_the_default_plan_counts_and_without_plans_what_is_shipped(office):
    first = office.bring_to(State.PREPARING)
    assert wished(first.site) == ("8.2", 256, 32, 64, 20, 1024, 1024, 200_000, 100, "none")
    made(office)
    second = office.bring_to(State.PREPARING, label="dinkes")
    assert wished(second.site) == ("8.3", 512, 64, 128, 40, 2048, 8192, 50_000, 150, "web")


@pytest.mark.parametrize(("there", "chosen"), [(["8.4", "8.3"], "8.4"), (["7.4", "8.2", "8.4"], "8.2"), ([], "8.2")])
def test_without_plans_a_site_gets_a_version_that_the_machines_have(office, admin, there, chosen):
    Node.objects.create(name="lama", retired_at=office.later(), facts={"php_versions": ["8.9"]})
    Node.objects.create(name="baru", facts={"php_versions": there})
    case = office.bring_to(State.PREPARING, label="dinkes")
    assert wished(case.site)[0] == chosen
    assert f"256 MiB memori, PHP {chosen}." in text(admin.get("/pengaturan/paket/"))
    assert admin.get("/pengaturan/paket/baru/").context["form"]["php_version"].value() == chosen


def test_a_changed_plan_changes_no_site_until_a_new_plan_is_made(office, admin):
    plan = made(office)
    case = office.bring_to(State.PREPARING)
    answer = admin.post(f"/pengaturan/paket/{plan.pk}/", sent(memory_mebibytes=1024, version=1))
    page = text(admin.get(answer.headers["Location"]))
    assert "1 situs belum mengikuti paket ini" in page
    assert f"{case.host} (Dinas Sosial): 8192 MiB penyimpanan, 512 MiB memori, PHP 8.3" in page
    assert Site.objects.get().memory_mebibytes == 512
    office.node_reports(Outcome.REFUSED, problem="dns.foreign")
    office.act(case, Action.RETRY, office.technician)
    assert selectors.last_wish(case.site).purpose == Purpose.PLAN
    assert wished(case.site)[1] == 1024
    assert "belum mengikuti paket ini" not in text(admin.get(f"/pengaturan/paket/{plan.pk}/"))


def test_the_technician_chooses_on_the_page_of_the_check(office):
    plan = made(office)
    case = office.bring_to(State.VERIFYING)
    page = visitor(office.technician).get(f"/permohonan/{case.number}/nyatakan-lengkap/")
    assert "Besar: 8192 MiB penyimpanan, 512 MiB memori, PHP 8.3" in text(page)
    assert list(page.context["form"].fields["plan"].queryset) == [plan]


@pytest.mark.parametrize(
    ("wish", "chosen", "said"),
    [
        ({}, None, "Berapa banyak yang boleh dipakai situs ini."),
        ({"php_version_wish": "8.2"}, "Kecil", "OPD meminta PHP 8.2. Paket yang sesuai sudah dipilih."),
        ({"php_version_wish": "8.3"}, "Besar", "OPD meminta PHP 8.3. Paket yang sesuai sudah dipilih."),
        ({"storage_mebibytes": 2048}, "Besar", "OPD meminta 2 GiB. Paket yang sesuai sudah dipilih."),
        ({"storage_mebibytes": 9000}, "Raya", "OPD meminta 9000 MiB. Paket yang sesuai sudah dipilih."),
        (
            {"php_version_wish": "8.2", "storage_mebibytes": 2048},
            None,
            "OPD meminta PHP 8.2, 2 GiB. Tidak ada paket yang memenuhinya.",
        ),
        (
            {"kind": "static", "php_version_wish": "8.2", "storage_mebibytes": 2048},
            "Besar",
            "OPD meminta 2 GiB. Paket yang sesuai sudah dipilih.",
        ),
    ],
)
def test_what_the_opd_wishes_chooses_the_plan_beforehand(office, wish, chosen, said):
    """The default plan if it has what is wished, else the smallest that has; the technician may still choose."""
    made(office)
    made(office, name="Kecil", php_version="8.2", quota_mebibytes=512, is_default=False)
    made(office, name="Raya", quota_mebibytes=16384, is_default=False)
    made(office, name="Maharaya", quota_mebibytes=32768, is_default=False)
    case = office.bring_to(State.VERIFYING, **wish)
    form = visitor(office.technician).get(f"/permohonan/{case.number}/nyatakan-lengkap/").context["form"]
    plan = Plan.objects.filter(pk=form["plan"].value()).first()
    assert (plan and plan.name, str(form.fields["plan"].help_text)) == (chosen, said)


def test_a_plan_that_was_chosen_stays_chosen(office):
    made(office)
    small = made(office, name="Kecil", is_default=False, quota_mebibytes=512)
    case = office.bring_to(State.VERIFYING, storage_mebibytes=2048)
    case = office.act(case, Action.COMPLETE, office.technician, checklist=ALL_MET, plan=small)
    case = office.act(case, Action.RETURN_TO_APPLICANT, office.technician, reasons="Lampirkan NIP.", checklist=[])
    case = office.act(case, Action.RESUBMIT, office.applicant)
    form = visitor(office.technician).get(f"/permohonan/{case.number}/nyatakan-lengkap/").context["form"]
    assert form["plan"].value() == small.pk


def test_a_plan_is_made_changed_and_recorded(admin):
    answer = admin.post("/pengaturan/paket/baru/", sent())
    plan = Plan.objects.get()
    assert answer.headers["Location"] == f"/pengaturan/paket/{plan.pk}/"
    assert {name: getattr(plan, name) for name in VALUES} == VALUES
    admin.post(f"/pengaturan/paket/{plan.pk}/", sent(quota_mebibytes=4096, version=1))
    last = Change.objects.first()
    assert (last.subject, last.before["quota_mebibytes"], last.after["quota_mebibytes"]) == (
        f"sites.plan:{plan.pk}",
        8192,
        4096,
    )
    assert "Kuota penyimpanan (MiB)" in text(admin.get(f"/pengaturan/paket/{plan.pk}/"))


@pytest.mark.parametrize("name", [field.name for field in fields(Limits)])
def test_no_plan_goes_beyond_what_nodes_take(admin, name):
    least, most = BOUNDS[name]
    field = {"disk_mebibytes": "quota_mebibytes"}.get(name, name)
    for wrong in (least - 1, most + 1):
        assert list(faults(admin.post("/pengaturan/paket/baru/", sent(**{field: wrong})))) == [field]
    assert not Plan.objects.exists()


def test_faults_at_their_fields(office, admin):
    plan = made(office)
    again = admin.post("/pengaturan/paket/baru/", sent(name="besar", is_default=False, php_version="8"))
    assert faults(again) == {"php_version": ["Tulis seperti 8.2."]}
    again = admin.post("/pengaturan/paket/baru/", sent(name="besar", is_default=False))
    assert faults(again) == {"name": ["Sudah ada paket dengan nama ini."]}
    again = admin.post(f"/pengaturan/paket/{plan.pk}/", sent(is_default=False, version=1))
    assert faults(again) == {"is_default": ["Jadikan paket lain paket bawaan lebih dahulu."]}
    again = admin.post(f"/pengaturan/paket/{plan.pk}/", sent(is_offered=False, version=1))
    assert faults(again) == {"is_offered": ["Paket bawaan harus ditawarkan."]}
    again = admin.post(f"/pengaturan/paket/{plan.pk}/", sent(version=7))
    assert "baru saja diubah orang lain" in text(again)


def test_another_default_takes_the_place_of_the_first(office):
    first = made(office, name="Lama")
    second = made(office)
    first.refresh_from_db()
    assert (first.is_default, selectors.default_plan()) == (False, second)


def test_the_list_costs_the_same_for_many(office, admin, django_assert_num_queries):
    made(office)
    admin.get("/pengaturan/paket/")
    with django_assert_num_queries(1):
        list(selectors.plans())
    for number in range(5):
        made(office, name=f"Paket {number}", is_default=False)
    with django_assert_num_queries(1):
        assert len(list(selectors.plans())) == 6
