"""The pages of sites: the list, one site, asking for a change, deciding on it, and what an OPD asks."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from panggon.core.cases.procedure import State
from panggon.core.sites.life import SiteAction
from panggon.sites.models import Node, Outcome, Site
from panggon.upkeep.models import Alteration, Request
from tests.portal.office import DIGEST
from tests.portal.once import made_once
from tests.portal.upkeep import REASON, approved, fresh, open_site, proposed, told
from tests.portal.visitor import at, faults, letter, text, visitor

pytestmark = pytest.mark.usefixtures("office_time")


@pytest.fixture
@made_once
def site(office) -> Site:
    return open_site(office)


def address(site, rest="") -> str:
    return f"/situs/{site.identifier}/{rest}"


def test_the_way_of_a_suspension_over_the_pages(office, site):
    technician = at(office, "technician")
    assert "Tangguhkan" in text(technician.get(address(site)))
    form = technician.get(address(site, "suspend/"))
    assert "Belum ada yang berubah sampai orang lain menyetujuinya." in text(form)
    missing = technician.post(address(site, "suspend/"), {"reason": REASON})
    assert (missing.status_code, faults(missing)) == (422, {"notice": ["Wajib diisi."]})
    assert REASON in text(missing)
    sent = technician.post(address(site, "suspend/"), {"reason": REASON, "notice": "Sedang diperbaiki."})
    change = Alteration.objects.get()
    assert sent.headers["Location"] == address(site, f"perubahan/{change.pk}/")
    assert "Menunggu server mengambil tugas" in text(technician.get(sent.headers["Location"]))
    told(office, Outcome.PLANNED)
    page = technician.get(sent.headers["Location"])
    assert "Setujui dan jalankan" not in text(page)
    assert "Menunggu persetujuan Kepala Dinas atau Kepala Bidang." in text(page)
    head = at(office, "division_head")
    assert f"Tangguhkan: {site.host}" in text(head.get("/situs/"))
    assert "Setujui dan jalankan" in text(head.get(sent.headers["Location"]))
    head.post(sent.headers["Location"], {"do": "approve", "shown_digest": DIGEST})
    shut = [{"name": name, "ok": True, "detail": "tertutup"} for name in ("database.kept", "programs.stopped")]
    told(office, Outcome.APPLIED, proofs=shut)
    after = text(head.get(sent.headers["Location"]))
    assert "Selesai" in after
    assert "2 dari 2 bukti terpenuhi" in after
    assert "Terbukti seperti yang diminta: basis data, program situs." in text(head.get(address(site)))
    shown = text(at(office, "applicant").get(address(site)))
    assert "Ditangguhkan" in shown
    assert "Sedang diperbaiki." in shown


def test_an_owner_comes_from_a_site_to_its_access_and_nobody_else_does(office, site):
    link = f'href="/permohonan/{site.case.number}/akses/"'
    assert link in at(office, "applicant").get(address(site)).content.decode()
    assert link not in at(office, "technician").get(address(site)).content.decode()


def test_what_the_machine_refused_says_which_command_to_run_there(office, site):
    change = proposed(office, site, SiteAction.CHANGE_PHP, php_version="8.4")
    head = at(office, "head")
    head.post(address(site, f"perubahan/{change.pk}/"), {"do": "approve", "shown_digest": DIGEST})
    told(office, Outcome.REFUSED, problem="node.bound")
    shown = text(head.get(address(site, f"perubahan/{change.pk}/")))
    assert "Server menolak sebelum mengubah apa pun." in shown
    assert "panggon-node allow JUMLAH" in shown


def test_a_stale_plan_is_shown_and_made_anew(office, site):
    change = proposed(office, site, SiteAction.CHANGE_PHP, php_version="8.4")
    Site.objects.filter(pk=site.pk).update(generation=site.generation + 1)
    head, path = at(office, "head"), address(site, f"perubahan/{change.pk}/")
    assert "susun ulang rencananya" in text(head.get(path))
    pressed = head.post(path, {"do": "approve", "shown_digest": DIGEST})
    assert (pressed.status_code, fresh(change).state) == (422, "proposed")
    head.post(path, {"do": "plan"})
    assert fresh(change).plan.generation == site.generation + 2


def test_a_quarantine_is_done_at_once(office, site):
    technician = at(office, "technician")
    technician.post(address(site, "quarantine/"), {"reason": "Halaman judi."})
    assert fresh(site).state == "quarantined"
    told(office, Outcome.REFUSED, problem="node.bound")
    shown = text(technician.get(address(site)))
    assert "Keadaan di bawah ini sudah diminta, tetapi belum tercapai di server. node.bound happened" in shown
    assert "panggon-node allow JUMLAH Coba lagi" in shown
    technician.post(address(site, "ulangi/"))
    assert site.wishes.filter(purpose="quarantine").count() == 2


def test_settings_are_shown_as_they_are_and_refused_at_their_field(office, site):
    technician, path = at(office, "technician"), address(site, "change_settings/")
    page = technician.get(path)
    assert "Jadwal menurut zona waktu di pengaturan server (tasks.zone), biasanya WIB." in text(page)
    form = page.context["form"]
    assert "entry" not in form.fields
    shown = {name: form[name].value() for name in form.fields}
    given = {name: value for name, value in shown.items() if value is not None and value is not False}
    given |= {"reason": REASON, "tasks": "kirim | */2 * * * * | private/kirim.php", "environment": "PATH=/tmp"}
    answer = technician.post(path, given)
    assert faults(answer) == {
        "tasks": ["Tugas ke-1 tidak boleh lebih sering daripada setiap lima menit."],
        "environment": [
            (
                "PATH bukan nama variabel yang dapat dipakai (huruf besar, angka, garis bawah); nama milik sistem dan "
                "nama rahasia tidak diterima, karena rahasia disimpan di folder private."
            )
        ],
    }
    lines = "kirim | */15 * * * * | private/kirim.php --semua | 60\nulang | 0 3 * * * | php private/ulang.php | 60"
    technician.post(path, given | {"tasks": lines, "environment": ""})
    spec = Alteration.objects.get().plan.spec
    assert spec["tasks"] == [
        {
            "name": "kirim",
            "schedule": "*/15 * * * *",
            "command": ["php", "private/kirim.php", "--semua"],
            "seconds": 60,
        },
        {"name": "ulang", "schedule": "0 3 * * *", "command": ["php", "private/ulang.php"], "seconds": 60},
    ]


def test_a_site_of_pages_becomes_one_of_php_with_a_database(office, site):
    """And keeps its kind until another person has approved the machine's plan, and the machine has proven it."""
    Site.objects.filter(pk=site.pk).update(kind="static", database=False, php_version="7.4")
    technician, path = at(office, "technician"), address(site, "change_settings/")
    form = technician.get(path).context["form"]
    assert ([kind for kind, _ in form.fields["kind"].choices], form["kind"].value()) == (["php", "static"], "static")
    shown = {name: form[name].value() for name in form.fields}
    given = {name: value for name, value in shown.items() if value is not None and value is not False}
    asked = technician.post(path, given | {"reason": REASON, "kind": "php", "engine": "mariadb"})
    assert asked.status_code == 302, faults(asked)
    told(office, Outcome.PLANNED)
    change = Alteration.objects.get()
    spec = change.plan.spec
    assert (spec["kind"], spec["php_version"], spec["database"], fresh(site).kind) == (
        "php",
        "8.4",
        "mariadb",
        "static",
    )
    approved(office, change)
    told(office, Outcome.APPLIED)
    assert (fresh(site).kind, fresh(site).database, fresh(site).php_version) == ("php", True, "8.4")
    php = {"upload_mebibytes": 64, "execution_seconds": 30, "outgoing": "none"}
    asked = technician.post(path, given | php | {"reason": REASON, "kind": "static"})
    assert asked.status_code == 302, faults(asked)
    spec = Alteration.objects.latest("pk").plan.spec
    assert (spec["kind"], spec["database"]) == ("static", "mariadb")  # which nobody drops


def test_a_rename_to_a_bad_name_is_refused_at_the_name(office, site):
    answer = at(office, "technician").post(address(site, "rename/"), {"reason": REASON, "label": "dinas sosial"})
    assert list(faults(answer)) == ["label"]
    assert "dinas sosial" in answer.content.decode()


def test_drift_is_shown_to_officials(office, site):
    Node.objects.update(drift=[f"{site.identifier}: nama situs {site.host} berubah."])
    assert "Diubah di server dengan tangan" in text(at(office, "technician").get(address(site)))
    assert "Pulihkan" in text(at(office, "technician").get(address(site)))
    assert "Diubah di server" not in text(at(office, "applicant").get(address(site)))


def test_an_opd_asks_and_reads_the_answer(office, site):
    applicant = at(office, "applicant")
    path = address(site, "minta/")
    without = applicant.post(path, {"kind": "deactivation", "words": "Pindah."})
    assert faults(without) == {"letter": ["Surat OPD yang meminta penonaktifan belum ada."]}
    applicant.post(path, {"kind": "deactivation", "words": "Pindah.", "letter": letter()})
    asked = Request.objects.get()
    shown = at(office, "technician").get(address(site))
    assert "Permintaan OPD" in text(shown)
    assert f"deactivate/?permintaan={asked.pk}" in shown.content.decode()
    got = at(office, "technician").get(address(site, f"permintaan/{asked.pk}/surat/"))
    assert got.headers["Content-Type"] == "application/pdf"
    answered = at(office, "technician").post(address(site, f"permintaan/{asked.pk}/"), {"answer": "Sudah dibahas."})
    assert (answered.status_code, fresh(asked).answer) == (302, "Sudah dibahas.")


def test_nobody_sees_or_changes_the_sites_of_another_opd(office, site):
    stranger = visitor(office.person("lain", agency=type(office.agency).objects.create(name="Lain", short_name="L")))
    change = proposed(office, site, SiteAction.CHANGE_PHP, php_version="8.4")
    for path in ("", "minta/", f"perubahan/{change.pk}/", f"perubahan/{change.pk}/kemajuan/"):
        assert stranger.get(address(site, path)).status_code == 404
    assert site.host not in text(stranger.get("/situs/"))
    own = at(office, "applicant")
    assert own.get(address(site, "suspend/")).status_code == 403
    pressed = own.post(address(site, f"perubahan/{change.pk}/"), {"do": "approve", "shown_digest": DIGEST})
    assert (pressed.status_code, fresh(change).state) == (422, "proposed")
    own.post(address(site, f"perubahan/{change.pk}/"), {"do": "end", "decision": "tidak"})
    assert fresh(change).state == "proposed"


def test_the_list_finds_and_costs_the_same_for_any_number(office, site):
    technician = at(office, "technician")

    def queries():
        with CaptureQueriesContext(connection) as found:
            assert technician.get("/situs/").status_code == 200
        return len(found)

    queries()
    few = queries()
    for number in range(4):
        open_site(office, label=f"situs-{number}")
    assert queries() == few
    assert "4 situs" in text(technician.get("/situs/?q=situs-"))
    assert "0 situs" in text(technician.get("/situs/?keadaan=parked"))


def test_a_site_of_which_no_machine_has_heard_yet_has_its_page(office):
    case = office.bring_to(State.SUBMITTED)
    assert case.site.generation == 0
    shown = text(at(office, "technician").get(address(case.site)))
    assert "Sedang Disiapkan" in shown
    assert "Belum ada di server, jadi belum ada yang menjawab pada nama ini." in shown
    assert "Pengunjung membaca bahwa situs sedang disiapkan." not in shown
