"""`panggon init`: an empty database becomes a city's portal, and a second run changes only what is answered."""

import re
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
from click.testing import CliRunner
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.audit.models import Change
from panggon.core.cases.procedure import Role
from panggon.core.standards.contacts import Channel, Contact
from panggon.office.selectors import office
from panggon.office.shipped import SHIPPED
from panggon.people import selectors as people
from panggon.people.models import Division, User
from panggon.portal import beginning
from panggon.portal.cli import main
from panggon.schedule.models import Year
from tests.portal.visitor import text

PASSWORD = "sandi yang panjang sekali"
ANSWERS = """
division = "Bidang Aplikasi Informatika"
years = [2026, 2027]

[letterhead]
government = "Pemerintah Kota Batang"
address = "Jl. Jenderal Sudirman 1 Batang"
place = "Batang"

[standard]
decree = "SK 1/2026"
products = ["Hosting", "Subdomain"]

[[contacts]]
channel = "email"
printed = "kominfo@batang"
working = "kominfo@batangkota.go.id"

[naming]
zone = "batangkota.go.id"

[administrator]
login = "admin"
name = "Dwi Nugroho"
email = "dwi@batangkota.go.id"
password_file = "sandi"
"""


@pytest.fixture
def run(db, tmp_path):
    """Runs the command with these answers; what it printed."""

    def init(answers: str | None = ANSWERS, *, typed: str = "", code: int = 0) -> str:
        (tmp_path / "sandi").write_text(PASSWORD)
        file = tmp_path / "kota.toml"
        file.write_text(answers or "")
        result = CliRunner().invoke(main, ["init", *(["--answers", str(file)] if answers else [])], input=typed)
        assert result.exit_code == code, result.output
        return result.output

    return init


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"[", "bukan TOML yang benar: lihat akhir berkas"),
        (b"a = [1\n=", "bukan TOML yang benar: lihat baris 2, kolom 1"),
        (b"\xff", "bukan teks UTF-8"),
        (b"letterhead = 5", "letterhead bukan tabel ([letterhead])"),
        (b"contacts = [5]", "contacts bukan daftar tabel ([[contacts]])"),
        (b"division = 5", "division bukan teks"),
        (b"years = 2026", "years bukan daftar"),
        (b"administrator = 5", "administrator bukan tabel ([administrator])"),
        (b"[administrator]\nemail = 5", "administrator hanya memuat teks"),
    ],
)
def test_a_file_of_another_form_is_told_where(db, tmp_path, content, words):
    file = tmp_path / "kota.toml"
    file.write_bytes(content)
    result = CliRunner().invoke(main, ["init", "--answers", str(file)])
    assert (result.exit_code, result.stderr) == (1, f"{file}: {words}\n")


def test_a_password_whose_file_is_not_there_is_told(db, tmp_path):
    file = tmp_path / "kota.toml"
    file.write_text('[administrator]\npassword_file = "sandi"')
    result = CliRunner().invoke(main, ["init", "--answers", str(file)])
    assert (result.exit_code, result.stderr) == (1, f"{tmp_path / 'sandi'}: tidak ada\n")


def test_an_empty_database_becomes_a_citys_portal(run, client, settings):
    output = run()
    settings.PANGGON_IMAP_HOST, settings.PANGGON_IMAP_ADDRESS = "imap.batang.example", "kominfo@batangkota.go.id"
    assert "apakah kominfo@batangkota.go.id sudah terbaca" in beginning.next_steps(now=timezone.now())[3]
    assert "Administrator: belum ada" in output
    assert "Kalender: 2026 2027" in output
    assert "1. Jalankan `panggon serve`" in output
    assert "4. Pengaduan lewat email belum diambil: isi PANGGON_IMAP_… menurut docs/email.md" in output
    assert "dan jam kerja (Kalender; terisi Pekalongan)" in output
    assert "2. admin: masuk di http://localhost:8080/masuk/, lalu pasang kode keamanan di ponsel." in output
    now = office()
    assert (now.letterhead.government, now.letterhead.name) == ("Pemerintah Kota Batang", SHIPPED.letterhead.name)
    assert (now.standard.decree, now.standard.products) == ("SK 1/2026", ("Hosting", "Subdomain"))
    assert now.standard.steps[0].endswith("Surat permohonan hosting ke Dinas Komunikasi dan Informatika")
    assert now.letterhead.phone == ""
    assert now.contacts.rows == (Contact(Channel.EMAIL, "kominfo@batang", "kominfo@batangkota.go.id"),)
    assert Division.objects.get().name == "Bidang Aplikasi Informatika"
    page = client.get("/").content.decode()
    assert "Pemerintah Kota Batang" in page
    assert "SK 1/2026" in page


EXAMPLE = (Path(__file__).parents[2] / "examples" / "kota.toml").read_text()
ANOTHER = EXAMPLE.replace("Pemerintah Kota Pekalongan", "Pemerintah Kota Salatiga")
OWN_CONTACT = '\n[[contacts]]\nchannel = "phone"\nprinted = "(0298) 326000"'
PEKALONGAN = ("Kota Pekalongan", "Bidang INS", "Wawan", "3647", "421243", "420223", "pekalongankota")


def test_another_city_publishes_nobody_of_pekalongan(run, client):
    assert "contacts: Paling sedikit satu kontak harus ada." in run(ANOTHER, code=1)
    named = "address =", "phone =", "decree ="
    rest = "\n".join(line for line in ANOTHER.splitlines() if not line.startswith(named))
    told = run(rest, code=1)
    for field in ("contacts", "letterhead.address", "standard.decree"):
        assert f"{field}: " in told
    assert not Change.objects.exists()
    run(
        rest.replace("place =", 'address = "Jl. Sukowati 51"\nplace =').replace("fee =", 'decree = "SK 5"\nfee =')
        + OWN_CONTACT
    )
    for path in ("/", "/standar-pelayanan/", "/pengaduan/"):
        for language in ("id", "en"):
            page = client.get(path, headers={"accept-language": language}).content.decode()
            assert [words for words in PEKALONGAN if words in page] == [], path
    assert "(0298) 326000" in client.get("/").content.decode()


def test_the_city_of_the_sk_is_quoted_word_for_word(run, client):
    run(EXAMPLE)
    assert office().standard.steps == SHIPPED.standard.steps
    assert office().contacts == SHIPPED.contacts


def test_the_first_administrator_signs_in_and_is_led_to_the_second_factor(run):
    run()
    client = Client()
    answer = client.post("/masuk/", {"login": "admin", "password": PASSWORD})
    assert (answer.status_code, answer.headers["Location"]) == (302, "/beranda/")
    assert client.get("/pengaturan/").headers["Location"] == "/akun/keamanan/aktifkan/"
    admin = User.objects.get()
    assert people.roles_of(admin, now=timezone.now()) == {Role.ADMINISTRATOR}
    assert admin.email == "dwi@batangkota.go.id"


BY_LINK = '[administrator]\nemail = "dwi@batangkota.go.id"'


def link_in(output: str) -> str:
    (address,) = re.findall(r"^  http://localhost:8080(/undangan/terima/\w+/)$", output, re.MULTILINE)
    return address


def test_the_first_administrator_sets_password_and_second_factor_by_a_link_that_works_once(run):
    first, second = link_in(run(BY_LINK)), link_in(run(BY_LINK))
    client = Client()
    assert client.get(first).status_code == 410, "a second run replaces the link"
    given = {"full_name": "Dwi Nugroho", "nip": "", "phone": "", "password": PASSWORD}
    welcome = client.post(second, given, follow=True)
    assert "Setelah itu Anda memasang kode keamanan di ponsel." in text(welcome)
    assert client.post(second, given).status_code == 410
    client.post("/masuk/", {"login": "dwi@batangkota.go.id", "password": PASSWORD})
    assert client.get("/pengaturan/").headers["Location"] == "/akun/keamanan/aktifkan/"
    secret = client.get("/akun/keamanan/aktifkan/").context["form"].secret
    client.post("/akun/keamanan/aktifkan/", {"code": pyotp.TOTP(secret).now()})
    assert client.get("/pengaturan/").status_code == 200
    assert "Tidak ada yang berubah." in run(BY_LINK)
    assert not ProcrastinateJob.objects.filter(task_name="notify.write", args__kind="invitation").exists()


def test_the_next_step_is_the_link_until_it_was_used_or_is_over(run, monkeypatch):
    assert "2. Belum ada administrator: jalankan `panggon init` sekali lagi" in run("years = [2026]")
    address = link_in(run(BY_LINK))
    step = f"2. dwi@batangkota.go.id: buka http://localhost:8080{address}, isi nama dan kata sandi"
    assert step in run("years = [2026]")
    over = timezone.now() + timedelta(hours=25)
    monkeypatch.setattr(timezone, "now", lambda: over)
    assert "2. Belum ada administrator" in run("years = [2026]")


def test_the_link_of_the_first_administrator_lasts_a_day(run, monkeypatch):
    address, now = link_in(run(BY_LINK)), timezone.now()
    for hours, status in ((23, 200), (25, 410)):
        monkeypatch.setattr(timezone, "now", lambda hours=hours: now + timedelta(hours=hours))
        assert Client().get(address).status_code == status


def test_the_same_answers_again_change_nothing(run):
    run()
    changes, users = Change.objects.count(), list(User.objects.values())
    output = run()
    assert "Tidak ada yang berubah." in output
    assert "Kop naskah: sudah diisi" in output
    assert "Administrator: admin" in output
    assert (Change.objects.count(), list(User.objects.values())) == (changes, users)


def test_what_starts_the_portal_is_what_this_machine_has(db, monkeypatch, tmp_path):
    commands = beginning.next_steps(now=timezone.now())
    assert commands[0].startswith("Jalankan `panggon serve`, ")
    assert commands[-1].endswith("Pengaturan › Server hosting, lalu ikuti docs/node.md.")
    monkeypatch.setattr(beginning, "PACKAGE", Path(beginning.__file__).parents[1])
    monkeypatch.setattr(beginning, "BOOTED", tmp_path / "none")
    assert beginning.next_steps(now=timezone.now())[0] == commands[0]
    monkeypatch.setattr(beginning, "BOOTED", tmp_path)
    steps = beginning.next_steps(now=timezone.now())
    assert steps[0] == "Jalankan `systemctl enable --now panggon.target`."
    assert steps[-1].endswith("/usr/share/doc/panggon/node.md.")


def test_only_what_is_answered_otherwise_changes(run):
    run()
    output = run('years = [2026, 2028]\n[letterhead]\nplace = "Kota Batang"')
    assert "Kop naskah: disimpan" in output
    assert "Kalender: 2028" in output
    assert office().letterhead.government == "Pemerintah Kota Batang"
    assert office().letterhead.place == "Kota Batang"
    assert Change.objects.order_by("-sequence").first().before["place"] == "Batang"
    assert set(Year.objects.values_list("year", flat=True)) == {2026, 2027, 2028}


def test_all_faults_at_once_and_nothing_is_kept(run):
    wrong = """
        zone = "batang"
        [letterhead]
        name = ""
        [naming]
        zone = "batang"
        [[contacts]]
        channel = "email"
        printed = "a@b.go.id"
        working = "a@b"
        [administrator]
        login = "admin"
        password = "x"
    """
    output = run(wrong, code=1)
    for line in (
        "naming.zone: Bukan nama domain yang sah.",
        "letterhead.name: Wajib diisi.",
        "contacts.1.working: Bentuknya tidak dapat dihubungi lewat saluran ini.",
        "zone: tidak dikenal",
        "administrator.email: wajib diisi",
        "administrator.name: wajib diisi",
    ):
        assert line in output
    assert not Change.objects.exists()
    assert not User.objects.exists()


def test_an_address_that_is_none_gets_no_link(run):
    assert "administrator.email: Masukkan alamat email yang valid." in run(BY_LINK.replace("dwi@", "@"), code=1)


def test_a_weak_password_undoes_the_whole(run):
    answers = ANSWERS.replace('password_file = "sandi"', 'password = "kucing"')
    assert "password:" in run(answers, code=1)
    assert not Change.objects.exists()


def test_a_file_that_is_no_toml(run):
    assert "kota.toml" in run("= bukan toml", code=1)


def test_questions_and_what_is_wrong_is_asked_again(run):
    head = ["Pemerintah Kota Batang", "", "", "", "", "Jl. Sudirman 1", "Batang"]
    standard = ["", "SK 1/2026", "", "", ""]
    naming = ["batang", "batangkota.go.id"]
    rest = ["", "", "-"]
    nobody = ["-"] * 8
    contacts = [
        "(0285) 391000",
        "",
        "kominfo@batang",
        "kominfo@batangkota.go.id",
        "",
        "",
        "",
        "0812 0000 0001",
        "Ani",
        "",
    ]
    person = ["Bidang INS", "dwi@batang", "dwi@batangkota.go.id", "2026 2027"]
    output = run(None, typed="\n".join([*head, *standard, *naming, *rest, *nobody, *contacts, *person, ""]))
    assert "Bukan nama domain yang sah." in output
    now = office()
    assert (now.letterhead.place, now.naming.zone) == ("Batang", "batangkota.go.id")
    assert now.contacts.rows == (
        Contact(Channel.PHONE, "(0285) 391000"),
        Contact(Channel.EMAIL, "kominfo@batang", "kominfo@batangkota.go.id"),
        Contact(Channel.OFFICER, "0812 0000 0001", person="Ani"),
    )
    assert "Paling sedikit satu kontak harus ada." in output
    assert "Mataram" not in output
    assert "Masukkan alamat email yang valid." in output
    assert "Tautan untuk dwi@batangkota.go.id, berlaku satu kali sampai" in output
