"""What the service publishes of itself: standard, SOP, maklumat, the sheet for SIPPN; data that stays true."""

import io
import re
from dataclasses import replace
from datetime import date, timedelta

import pikepdf
import pytest

from panggon.audit.models import Change
from panggon.cases.content.paper_facts import contact_rows
from panggon.core.cases.procedure import ACTION_LABELS, Role
from panggon.core.complaints.vocabulary import COMPLAINT_ACTIONS
from panggon.core.standards.sop import complaint_flow, service_flow
from panggon.office import services
from panggon.office.models import Edition
from panggon.office.shipped import SHIPPED
from panggon.office.values import Contacts, Group
from panggon.people.models import ActingOfficial, RoleAssignment
from panggon.portal.beginning import begin, check
from panggon.standards import selectors
from tests.portal.test_settings import filled
from tests.portal.visitor import at, faults, text, visitor

PUBLIC = (
    "/standar-pelayanan/",
    "/standar-pelayanan/sop/hosting/",
    "/standar-pelayanan/sop/pengaduan/",
    "/standar-pelayanan/maklumat/",
)
PAPERS = (
    "/standar-pelayanan/standar-pelayanan.pdf",
    "/standar-pelayanan/sop/hosting.pdf",
    "/standar-pelayanan/sop/pengaduan.pdf",
    "/standar-pelayanan/maklumat.pdf",
)


@pytest.fixture
def admin(office, monkeypatch):
    monkeypatch.setattr("django.utils.timezone.now", office.later)
    return visitor(office.person("admin", Role.ADMINISTRATOR))


@pytest.fixture
def english(client, settings):
    client.cookies[settings.LANGUAGE_COOKIE_NAME] = "en"
    return client


def send(admin, path, group, **changes):
    return admin.post(path, filled(admin, group, path=path, **changes))


def order_of(words, *parts):
    """Whether these stand there one after the other."""
    places = [words.find(part) for part in parts]
    return -1 not in places and places == sorted(places)


def test_the_six_components_of_the_sk_stand_there_word_for_word_and_in_its_order(db, client):
    words, said = text(client.get("/standar-pelayanan/")), SHIPPED.standard
    assert order_of(
        words,
        "No. SK : 060/040/III Tahun 2022",
        "1 Persyaratan",
        *said.requirements,
        "2 Sistem, Mekanisme dan Prosedur",
        *said.steps,
        "3 Waktu Penyelesaian 2 Hari kerja",
        "4 Biaya / Tarif Tidak dipungut biaya",
        "5 Produk Pelayanan",
        "6 Pengaduan Layanan",
        "a. Permohonan Tak Langsung",
        "Telepon : (0285) 421243 ; (0285) 420223",
        "email : diskominfo@gafe.pekalongankota",
        "website : http://kominfo.pekalongankota.go.id",
        "Twitter : @pkl.diskominfo",
        "IG : @pkl.diskominfo",
        "Pejabat Pengaduan : Wawan Sugandi, A.Md",
        "No HP : 0852 2683 3647",
        "b. Permohonan Langsung",
        *said.complaint_steps,
        "7 Dasar hukum",
        "14 Evaluasi kinerja pelaksana",
    )


def test_an_address_that_cannot_work_stands_beside_one_that_does(db, client):
    for path in ("/standar-pelayanan/", "/pengaduan/"):
        page = client.get(path).content.decode()
        assert 'href="mailto:diskominfo@pekalongankota.go.id"' in page
        assert "mailto:diskominfo@gafe" not in page
        assert "tidak dapat dihubungi" in page.lower()


def test_what_nobody_has_said_is_not_set_and_posts_are_counted(office, client):
    words = text(client.get("/standar-pelayanan/"))
    assert "9 Kompetensi pelaksana Belum ditetapkan" in words
    assert "11 Jumlah pelaksana Belum ditetapkan" in words
    assert "Kepala Dinas 1, Tata Usaha 1, Kepala Bidang 1, Petugas Teknis 1, Pejabat Pengaduan 1." in words


def test_a_change_is_a_new_version_and_the_earlier_one_stays(admin, office, client):
    begun = replace(SHIPPED.standard, fee="Tidak dipungut biaya apa pun")
    services.change(Group.STANDARD, begun, actor=None, at=office.later())
    send(admin, "/pengaturan/standar/", Group.STANDARD, fee="Gratis")
    send(admin, "/pengaturan/komponen/", Group.COMPONENTS, competence="D3 Komputer")
    words = text(client.get("/standar-pelayanan/"))
    assert "Versi 3, diterbitkan" in words
    assert "4 Biaya / Tarif Gratis" in words
    assert "9 Kompetensi pelaksana D3 Komputer" in words
    first, second = (text(client.get(f"/standar-pelayanan/versi/{number}/")) for number in (1, 2))
    assert "Ini versi lama" in first
    assert "4 Biaya / Tarif Tidak dipungut biaya apa pun" in first
    assert "4 Biaya / Tarif Gratis" in second
    assert "9 Kompetensi pelaksana Belum ditetapkan" in second
    assert client.get("/standar-pelayanan/versi/4/").status_code == 404
    assert Change.objects.filter(subject="office.setting:components").get().after["competence"] == ["D3 Komputer"]


def test_what_the_command_line_fills_in_is_the_beginning_and_no_version(office, client):
    services.change(Group.CONTACTS, Contacts(SHIPPED.contacts.rows[:2]), actor=None, at=office.now)
    assert not Edition.objects.exists()
    assert "Versi 1" in text(client.get("/standar-pelayanan/"))


def test_the_documents_can_be_filled_in_by_a_file(office, client):
    document = {
        "components": {"competence": ["D3 Komputer"]},
        "pledge": {"day": "2026-11-02"},
        "sop": {"number": "7/26"},
    }
    begin(check(document), at=office.now)
    assert "9 Kompetensi pelaksana D3 Komputer" in text(client.get("/standar-pelayanan/"))
    assert "2 November 2026" in text(client.get("/standar-pelayanan/maklumat/"))
    assert "Nomor SOP 7/26" in text(client.get("/standar-pelayanan/sop/hosting/"))


def test_papers_name_what_works_and_nothing_that_nobody_is_reached_by():
    assert contact_rows(SHIPPED.contacts.rows) == (
        ("Telepon", "(0285) 421243"),
        ("Telepon", "(0285) 420223"),
        ("Email", "diskominfo@pekalongankota.go.id"),
        ("Website", "http://kominfo.pekalongankota.go.id"),
        ("IG", "@pkl.diskominfo"),
        ("Pejabat Pengaduan", "Wawan Sugandi, A.Md, 0852 2683 3647"),
        ("Datang langsung", "Jl. Mataram No. 5 Pekalongan Barat Kota Pekalongan 51111"),
    )


def test_a_change_of_contacts_is_one_of_the_standard_and_nothing_changed_is_none(admin, office):
    value = Contacts(SHIPPED.contacts.rows[:2])
    for _ in range(2):
        services.change(Group.CONTACTS, value, actor=office.head, at=office.later())
    assert list(Edition.objects.values_list("document", "number")) == [("standard", 2), ("standard", 1)]
    assert [row["printed"] for row in Edition.objects.get(number=2).content["contacts"]["rows"]] == [
        "(0285) 421243",
        "(0285) 420223",
    ]


def test_a_preview_shows_what_would_be_and_keeps_nothing(admin, client):
    shown = send(admin, "/pengaturan/komponen/", Group.COMPONENTS, competence="Sarjana <b>Komputer</b>", preview="1")
    assert shown.status_code == 200
    page = shown.content.decode()
    assert "Pratinjau: belum disimpan" in page
    assert page.count("Sarjana &lt;b&gt;Komputer&lt;/b&gt;") == 2  # in the preview, and in its field
    assert not Change.objects.filter(subject="office.setting:components").exists()
    assert "Sarjana" not in text(client.get("/standar-pelayanan/"))


def test_every_fault_at_its_field_and_nothing_typed_is_lost(admin):
    response = send(
        admin, "/pengaturan/standar/", Group.STANDARD, steps_english="one\ntwo", decree_date="32", fee="Gratis sekali"
    )
    assert response.status_code == 422
    assert faults(response)["steps_english"] == ["Ada 2 baris, sedangkan dalam bahasa Indonesia 9."]
    assert "decree_date" in faults(response)
    assert 'value="Gratis sekali"' in response.content.decode()
    assert "one\ntwo" in response.content.decode()


def test_in_english_the_words_are_translated_and_the_indonesian_ones_count(office, english):
    client = english
    words = text(client.get("/standar-pelayanan/"))
    assert "A translation; the Indonesian text is the one in force." in words
    assert SHIPPED.standard.steps_english[3] in words
    assert "Not yet set" in words
    services.change(
        Group.COMPONENTS,
        SHIPPED.components.__class__(competence=("D3 Komputer",)),
        actor=office.head,
        at=office.later(),
    )
    assert "D3 Komputer" in text(client.get("/standar-pelayanan/"))  # what is not translated stays as it is


def test_the_sop_shows_each_activity_once(office, client):
    for path, flow, words in (
        ("/standar-pelayanan/sop/hosting/", service_flow(), {a: label.text for a, label in ACTION_LABELS.items()}),
        ("/standar-pelayanan/sop/pengaduan/", complaint_flow(), COMPLAINT_ACTIONS),
    ):
        page = client.get(path).content.decode()
        assert [int(number) for number in re.findall(r'<td class="no">(\d+)</td>', page)] == [
            activity.number for activity in flow.activities
        ]
        titles = re.findall(r'<th scope="row">([^<]+)', page)
        assert titles == [words[activity.action] for activity in flow.activities]
        assert page.count('<svg xmlns="http://www.w3.org/2000/svg"') == len(flow.activities)


def test_the_sop_tells_in_words_what_its_chart_draws(office, client):
    words = text(client.get("/standar-pelayanan/sop/hosting/"))
    assert "Pelaksana : Petugas Teknis. Keputusan. Ya: nomor 8; tidak: nomor 6." in words.replace(
        "Pelaksana:", "Pelaksana :"
    )
    assert "Waktu: 135 menit" in words
    assert "Waktu: termasuk nomor 2" in words
    assert "Waktu seluruhnya: 2 hari kerja." in words
    assert "Dapat dilakukan selama langkah 2–7." in words
    assert "Kembalikan Selanjutnya: Kepala Bidang memohon pengesahan Kepala Dinas." in words
    complaints = text(client.get("/standar-pelayanan/sop/pengaduan/"))
    assert "Waktu: 5 sampai 60 hari kerja" in complaints
    assert "Pejabat dinas menyelesaikan permasalahan sampai tuntas." in complaints


def test_the_head_of_the_sop_is_data(admin, client):
    send(
        admin,
        "/pengaturan/sop/",
        Group.SOP,
        number="065/12/2026",
        effective_on="2026-11-02",
        qualifications="D3 Komputer\nMengerti DNS",
    )
    words = text(client.get("/standar-pelayanan/sop/hosting/"))
    assert "Nomor SOP 065/12/2026" in words
    assert "Tanggal efektif 2 November 2026" in words
    assert "Kualifikasi pelaksana D3 Komputer Mengerti DNS" in words
    assert SHIPPED.standard.decree in words  # of the legal basis, said once in the settings of the standard


def test_the_pledge_is_signed_by_whoever_was_kepala_dinas_on_its_day(admin, office, client):
    post = RoleAssignment.objects.get(user=office.head)
    post.first_day = date(2026, 6, 1)
    post.save()
    former = office.person("lama", Role.HEAD)
    RoleAssignment.objects.filter(user=former).update(
        first_day=date(2024, 1, 1), last_day=date(2026, 5, 31), ended_at=office.now
    )
    deputy = office.person("wakil", Role.DIVISION_HEAD, division=office.division)
    ActingOfficial.objects.create(
        user=deputy,
        kind="plh",
        role=Role.HEAD,
        represented=former,
        order_number="1",
        order_date=date(2025, 3, 1),
        first_day=date(2025, 3, 3),
        last_day=date(2025, 3, 7),
        named_at=office.now,
    )

    def signer(day):
        send(admin, "/pengaturan/maklumat/", Group.PLEDGE, day=day)
        page = client.get("/standar-pelayanan/maklumat/").content.decode()
        return re.search(r'class="signed-by">.*?</p>', page, re.DOTALL).group()

    assert "Lama" in signer("2025-01-02")
    assert "2 Januari 2025" in signer("2025-01-02")
    assert "Plh. Kepala Dinas" in signer("2025-03-05")
    assert "Wakil" in signer("2025-03-05")
    assert office.head.full_name in signer("2026-11-02")
    assert "tidak ada Kepala Dinas yang tercatat" in signer("2020-01-01")
    earlier = text(client.get("/standar-pelayanan/maklumat/versi/2/"))
    assert "Ini versi lama" in earlier
    assert "Lama" in earlier


def test_the_administrator_is_told_what_does_not_agree(admin, office):
    send(admin, "/pengaturan/standar/", Group.STANDARD, working_days="3", fee="Rp10.000", fee_english="")
    page = text(admin.get("/pengaturan/dokumen/"))
    for words in (
        "Standar menyebut “2 Hari kerja”, sedangkan sistem menghitung 3 hari kerja.",
        "Biaya/tarif “Rp10.000” tampak menyebut pungutan",
        "email: “diskominfo@gafe.pekalongankota” tidak dapat dihubungi; penggantinya ditunjukkan",
        "Twitter: “@pkl.diskominfo” tidak dapat dihubungi, dan belum ada penggantinya. Nama akun seperti ini",
        f"SK menyebut Wawan Sugandi, A.Md sebagai Pejabat Pengaduan; di sistem, {office.complaints_officer.full_name}",
        "Maklumat pelayanan belum bertanggal.",
        "Komponen “Jumlah pelaksana” belum ditetapkan.",
        "Belum ada bahasa Inggrisnya: Biaya/tarif.",
    ):
        assert words in page
    assert "sistem menghitung 3 hari kerja" in text(admin.get("/pengaturan/standar/"))
    assert "sistem menghitung 3 hari kerja" not in text(admin.get("/pengaturan/maklumat/"))


def test_the_sheet_for_sippn_has_its_fields_word_for_word(office):
    answer = at(office, "registrar").get("/standar-pelayanan/sippn.txt")
    sheet = answer.content.decode()
    assert sheet.startswith("Nama pelayanan\r\nPelayanan Hosting\r\n\r\nInstansi\r\nPemerintah Kota Pekalongan / Dinas")
    assert "No. SK\r\n060/040/III Tahun 2022\r\n" in sheet
    assert "Waktu Penyelesaian\r\n2 Hari kerja\r\n" in sheet
    assert "1. Telepon : (0285) 421243 ; (0285) 420223\r\n" in sheet
    assert "2. email : diskominfo@gafe.pekalongankota (diskominfo@pekalongankota.go.id)\r\n" in sheet
    assert "6. Pejabat Pengaduan : Wawan Sugandi, A.Md, No HP : 0852 2683 3647\r\n" in sheet
    office.registrar.language = "en"
    office.registrar.save()
    browser = at(office, "registrar")
    assert browser.get("/standar-pelayanan/sippn.txt").content.decode() == sheet  # SIPPN is Indonesian
    page = browser.get("/standar-pelayanan/sippn/").content.decode()
    assert "Copy to SIPPN" in page
    assert page.count("readonly") == 9
    assert at(office, "applicant").get("/standar-pelayanan/sippn/").status_code == 403


@pytest.mark.parametrize("path", PAPERS)
def test_the_papers_are_archivable_pdf(office, client, path):
    answer = client.get(path)
    assert answer["Content-Type"] == "application/pdf"
    with pikepdf.open(io.BytesIO(answer.content)) as paper, paper.open_metadata() as facts:
        assert (facts["pdfaid:part"], facts["pdfaid:conformance"]) == ("3", "A")
        assert paper.Root.Lang == "id"


def test_a_paper_is_in_the_reader_s_language(office, english):
    answer = english.get("/standar-pelayanan/maklumat.pdf")
    with pikepdf.open(io.BytesIO(answer.content)) as paper, paper.open_metadata() as facts:
        assert paper.Root.Lang == "en"
        assert facts["dc:title"] == "Service Pledge"


def test_public_documents_say_no_number_of_a_person(admin, office, client):
    for person in (office.head, office.complaints_officer):
        person.nip, person.phone, person.email = "199003122015032004", "0812-9999-0001", "pribadi@example.org"
        person.save()
    for path in PUBLIC:
        page = client.get(path).content.decode()
        for secret in ("199003122015032004", "0812-9999-0001", "pribadi@example.org"):
            assert secret not in page


@pytest.mark.parametrize("path", PUBLIC)
def test_pages_cost_the_same_whatever_there_is(office, client, path, django_assert_max_num_queries):
    for number in range(3):
        value = SHIPPED.pledge.__class__(words=(f"Janji {number}",))
        services.change(Group.PLEDGE, value, actor=office.head, at=office.later())
    with django_assert_max_num_queries(12):
        assert client.get(path).status_code == 200


def test_a_day_that_is_over_is_not_today(office):
    RoleAssignment.objects.filter(user=office.head).update(first_day=office.now.date() - timedelta(days=10))
    assert selectors.signer_on("2026-01-01", now=office.now) is None
    assert selectors.signer_on("", now=office.now).name == office.head.full_name
