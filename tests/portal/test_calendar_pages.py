"""The calendar on pages: every official reads it, the administrator changes it, and its history says who did."""

import re
from datetime import UTC, date, datetime
from html import unescape

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from procrastinate.contrib.django.models import ProcrastinateJob

from panggon.core.cases.procedure import Role
from panggon.core.notify.alerts import AlertKind, Reminding
from panggon.schedule import selectors
from panggon.schedule.models import Closing, Holiday, OfficeHours, Year
from panggon.schedule.services import seed
from tests.portal.visitor import faults, text, visitor

HOURS = {
    "name": "Ramadan 1448 H",
    "first": "2027-02-08",
    "last": "2027-03-09",
    **{f"day_{number}": "08.00-12.00, 12.30-15.15" for number in range(4)},
    "day_4": "08:00 – 11:30; 12:30 – 14:30",
}
DAY = {"day": "2026-11-24", "name": "Pilkada", "kind": "election", "source": "Keppres", "estimated": "on"}


@pytest.fixture
def admin(office):
    return visitor(office.person("admin", Role.ADMINISTRATOR))


def page(name: str, **arguments) -> str:
    return reverse(f"schedule:{name}", kwargs=arguments)


def hidden(response) -> dict[str, str]:
    """The hidden fields of the page's last form."""
    content = response.content.decode()
    found = re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)"', content)
    return {name: unescape(value) for name, value in found if name != "csrfmiddlewaretoken"}


def recalculations() -> int:
    return ProcrastinateJob.objects.filter(task_name="cases.recalculate").count()


def upload(client, content: bytes):
    return client.post(page("import"), {"file": SimpleUploadedFile("libur.csv", content, "text/csv")})


def test_every_official_reads_the_year_and_the_month(office):
    client = visitor(office.technician)
    year = text(client.get(page("year", year=2026)))
    assert "Desember 21 hari 160 jam 30 menit 24 Cuti Bersama Hari Raya Natal; 25 Hari Raya Natal" in year
    assert "Sabtu, 21 Maret 2026 Hari Raya Idul Fitri Libur nasional" in year
    assert "Senin–Kamis 07.30-12.00, 13.00-16.30 Jumat 07.30-11.30, 13.00-14.30 Sabtu–Minggu tutup" in year
    assert "Tambah hari libur" not in year
    month = text(client.get(page("month", year=2026, month=12)))
    assert "Desember 2026 21 hari kerja, 160 jam 30 menit" in month
    assert "Kamis, 24 Desember tutup Cuti Bersama Hari Raya Natal · Cuti bersama" in month
    assert "Senin, 28 Desember 07.30–12.00, 13.00–16.30" in month


def test_the_opd_has_no_calendar_and_only_the_administrator_changes_it(office):
    assert visitor(office.applicant).get(page("year", year=2026)).status_code == 403
    official = visitor(office.head)
    for name in ("add_holiday", "add_hours", "add_closing", "import", "fill", "shares", "reminders"):
        assert official.get(page(name)).status_code == 403
        assert official.post(page(name), DAY).status_code == 403
    assert official.get(page("holiday", day="2026-12-25")).status_code == 403
    assert not Holiday.objects.filter(day=date(2026, 11, 24)).exists()


def test_a_year_that_is_missing_says_so(office, admin):
    assert "Kalender 2027 belum ada" in text(admin.get(page("year", year=2027)))
    Year.objects.create(year=2028)
    assert "Cuti bersama 2028 belum dicatat." in text(admin.get(page("year", year=2028)))
    assert [admin.get(page("year", year=1899)).status_code, admin.get("/kalender/2026/13/").status_code] == [404, 404]


def test_a_holiday_is_added_changed_and_removed_and_the_history_keeps_it_all(office, admin):
    assert admin.post(page("add_holiday"), DAY).url == page("year", year=2026)
    there = admin.get(page("holiday", day="2026-11-24"))
    changed = {**DAY, **hidden(there), "name": "Pilkada serentak", "day": "2026-11-30"}
    del changed["estimated"]
    admin.post(page("holiday", day="2026-11-24"), changed)
    row = Holiday.objects.get(day=date(2026, 11, 24))  # the day itself stays
    assert (row.name, row.kind, row.source, row.estimated) == ("Pilkada serentak", "election", "Keppres", False)
    now = hidden(admin.get(page("holiday", day="2026-11-24")))
    admin.post(page("holiday", day="2026-11-24"), {**now, "do": "remove"})
    assert not Holiday.objects.filter(day=date(2026, 11, 24)).exists()
    assert recalculations() == 1
    history = text(admin.get(page("history")))
    assert "Hari libur 24 November 2026 Admin" in history
    assert "Nama Pilkada Pilkada serentak" in history
    assert "Perkiraan ya tidak" in history
    assert "Jenis Pemilihan umum dihapus" in history


def test_a_day_is_a_holiday_once(office, admin):
    answer = admin.post(page("add_holiday"), {**DAY, "day": "2026-12-25"})
    assert (answer.status_code, faults(answer)) == (422, {"day": ["Tanggal ini sudah tercatat sebagai hari libur."]})
    assert Holiday.objects.get(day=date(2026, 12, 25)).name == "Hari Raya Natal"
    answer = admin.post(page("add_holiday"), {**DAY, "name": "=1+1"})
    assert faults(answer) == {"name": ["Nama harus diawali huruf atau angka."]}
    assert 'value="=1+1"' in answer.content.decode()


def test_a_stale_tab_overwrites_nothing(office, admin):
    first, second = (hidden(admin.get(page("holiday", day="2026-12-25"))) for _ in range(2))
    admin.post(page("holiday", day="2026-12-25"), {**DAY, **first, "name": "Natal"})
    answer = admin.post(page("holiday", day="2026-12-25"), {**DAY, **second, "name": "Lain"})
    assert answer.status_code == 422
    assert "baru saja diubah orang lain" in text(answer)
    removed = admin.post(page("holiday", day="2026-12-25"), {**second, "do": "remove"})
    assert removed.status_code == 422
    assert Holiday.objects.get(day=date(2026, 12, 25)).name == "Natal"


def test_office_hours_are_read_as_people_write_them(office, admin):
    assert admin.post(page("add_hours"), {**HOURS, "first": "2028-01-28", "last": "2028-02-26"}).status_code == 302
    row = OfficeHours.objects.get(name="Ramadan 1448 H")
    assert row.week[0] == [["08:00", "12:00"], ["12:30", "15:15"]]
    assert row.week[4:] == [[["08:00", "11:30"], ["12:30", "14:30"]], [], []]
    form = admin.get(page("hours", pk=row.pk)).context["form"]
    assert form["day_4"].value() == "08.00-11.30, 12.30-14.30"


def test_every_fault_of_office_hours_at_its_field(office, admin):
    wrong = {**HOURS, "day_0": "pagi", "day_1": "25.00-26.00", "day_5": "08.00"}
    assert faults(admin.post(page("add_hours"), wrong)) == {
        name: ["Tulis seperti 07.30-12.00, 13.00-16.30; kosongkan bila tutup."] for name in ("day_0", "day_1", "day_5")
    }
    wrong = {**HOURS, "day_0": "pagi", "day_1": "12.00-08.00", "last": "2027-02-01"}
    assert set(faults(admin.post(page("add_hours"), wrong))) == {"day_0", "day_1", "last"}
    wrong = {**HOURS, "day_0": "12.00-08.00", "day_1": "08.00-12.30, 12.00-15.00", "last": "2027-02-01"}
    assert faults(admin.post(page("add_hours"), wrong)) == {
        "last": ["Tanggal akhir lebih awal daripada tanggal mulai."],
        "day_0": ["Jam 12.00–08.00 berakhir sebelum mulai."],
        "day_1": ["Jam yang mulai 12.00 mulai sebelum yang sebelumnya berakhir (12.30)."],
    }
    assert faults(admin.post(page("add_hours"), {**HOURS, "first": "2027-03-01", "last": "2027-04-01"})) == {
        "first": [
            (
                "Masa ini tumpang tindih dengan “Ramadan” (8 Februari 2027 s.d. 9 Maret 2027). Satu masa boleh berada "
                "di dalam masa lain, tetapi tidak boleh memotongnya."
            )
        ]
    }
    assert OfficeHours.objects.filter(name="Ramadan 1448 H").count() == 0


def test_closings_in_local_time(office, admin):
    flood = {"start": "2026-11-24T12:00", "end": "2026-11-25T08:00", "reason": "Banjir rob"}
    assert admin.post(page("add_closing"), flood).status_code == 302
    row = Closing.objects.get()
    assert (row.start, row.end) == (
        datetime(2026, 11, 24, 5, 0, tzinfo=UTC),
        datetime(2026, 11, 25, 1, 0, tzinfo=UTC),
    )
    assert faults(admin.post(page("add_closing"), flood)) == {
        "start": ["Kantor sudah tercatat tutup 24 November 2026, 12.00 WIB s.d. 25 November 2026, 08.00 WIB."]
    }
    assert faults(admin.post(page("add_closing"), {**flood, "end": "2026-11-24T12:00"})) == {
        "end": ["Saat buka kembali harus sesudah saat tutup."]
    }
    month = text(admin.get(page("month", year=2026, month=11)))
    assert "Selasa, 24 November 07.30–12.00 Banjir rob Rabu, 25 November 08.00–12.00, 13.00–16.30 Banjir rob" in month
    edit = page("closing", pk=row.pk)
    assert admin.post(edit, {**flood, **hidden(admin.get(edit)), "end": "2026-11-25T09:00"}).status_code == 302
    admin.post(edit, {**hidden(admin.get(edit)), "do": "remove"})
    assert not Closing.objects.exists()


def test_a_file_is_previewed_and_then_taken(office, admin):
    lines = (
        "tanggal;nama;jenis\n24/11/2026;Pilkada;pilkada\n25/12/2026;Natal;libur nasional\n"
        "01/01/2028;Tahun Baru;nasional\n"
    )
    preview = upload(admin, lines.encode("cp1252"))
    words = text(preview)
    assert "3 hari akan berubah" in words
    assert "Kalender 2028 ditambahkan." in words
    assert "Selasa, 24 November 2026 hari kerja biasa Pilkada · Pemilihan umum" in words
    assert "Hari Raya Natal · Libur nasional · pustaka holidays" in words
    assert not Holiday.objects.filter(day=date(2026, 11, 24)).exists()
    taken = admin.post(page("import"), hidden(preview))
    assert taken.url == page("year", year=2026)
    assert Holiday.objects.get(day=date(2026, 12, 25)).name == "Natal"
    assert Holiday.objects.get(day=date(2026, 11, 24)).kind == "election"
    assert selectors.years() == [2026, 2028]
    assert recalculations() == 1
    again = text(upload(admin, lines.encode()))
    assert "Semuanya sudah sama" in again


def test_a_calendar_that_changed_after_the_preview_is_previewed_again(office, admin):
    preview = upload(admin, b"tanggal;nama;jenis\n24/11/2026;Pilkada;pilkada\n")
    Holiday.objects.create(day=date(2026, 11, 24), name="Banjir", kind="local")
    answer = admin.post(page("import"), hidden(preview))
    assert "Kalender diubah orang lain sementara itu." in text(answer)
    assert "Banjir · Libur daerah" in text(answer)
    assert Holiday.objects.get(day=date(2026, 11, 24)).name == "Banjir"
    admin.post(page("import"), hidden(answer))
    assert Holiday.objects.get(day=date(2026, 11, 24)).name == "Pilkada"


def test_a_file_with_faults_says_them_all(office, admin):
    answer = upload(admin, b"tanggal;nama;jenis\nbesok;Pilkada;pilkada\n24/11/2026;;apa\n")
    assert (answer.status_code, faults(answer)) == (
        422,
        {
            "file": [
                "Baris 2: “besok” bukan tanggal; tulis misalnya 24/12/2026.",
                "Baris 3: nama harus diawali huruf atau angka, paling panjang 200 huruf.",
                (
                    "Baris 3: jenis “apa” tidak dikenal; pilih libur nasional, cuti bersama, pemilihan umum, atau "
                    "libur daerah."
                ),
            ]
        },
    )
    assert faults(admin.post(page("import"), {})) == {"file": ["Wajib diisi."]}
    assert faults(upload(admin, b"")) == {"file": ["Berkas kosong."]}


def test_what_is_exported_is_imported_without_a_change(office, admin):
    answer = admin.get(page("export", year=2026))
    assert answer.headers["Content-Disposition"] == 'attachment; filename="hari-libur-2026.csv"'
    assert answer.content.startswith(b"\xef\xbb\xbftanggal;nama;jenis;dasar\r\n01/01/2026;Tahun Baru Masehi;")
    assert "Semuanya sudah sama" in text(upload(admin, answer.content))


def test_a_year_is_filled_from_what_is_known_and_its_former_estimates_go(office, admin):
    Holiday.objects.create(day=date(2027, 3, 20), name="Idul Fitri", estimated=True)
    Holiday.objects.create(day=date(2027, 7, 1), name="Hari Jadi", kind="local")
    preview = admin.post(page("fill"), {"year": "2027"})
    words = text(preview)
    assert "Kalender 2027 ditambahkan." in words
    assert "dihapus: perkiraan yang tidak berlaku lagi" in words
    assert "Hari Raya Idul Fitri · Libur nasional · perkiraan · pustaka holidays" in words
    admin.post(page("fill"), hidden(preview))
    days = {row.day: row for row in Holiday.objects.filter(day__year=2027)}
    assert date(2027, 3, 20) not in days
    assert days[date(2027, 7, 1)].name == "Hari Jadi"
    assert (days[date(2027, 3, 10)].estimated, days[date(2027, 3, 9)].kind) == (True, "joint_leave")
    assert len(days) == 27
    assert "(perkiraan)" in text(admin.get(page("year", year=2027)))


def test_a_year_is_taken_away_only_when_asked_twice(office, admin):
    assert admin.get(page("remove_year", year=2026)).status_code == 200
    assert selectors.years() == [2026]
    admin.post(page("remove_year", year=2026))
    assert selectors.years() == []
    assert Holiday.objects.filter(day__year=2026).exists()


def test_shares_are_the_whole(office, admin):
    even = {f"step_{step}": 12 for step in range(2, 10)}
    answer = admin.post(page("shares"), even)
    assert (answer.status_code, faults(answer)) == (
        422,
        {"__all__": ["Jumlah semua bagian harus 100%; sekarang 96%."]},
    )
    assert selectors.step_shares()[5] == 30
    assert admin.post(page("shares"), {**even, "step_5": 16}).status_code == 302
    assert selectors.step_shares() == {**dict.fromkeys(range(2, 10), 12), 5: 16}
    assert "Bagian waktu langkah 5 Admin" in text(admin.get(page("shares")))


def test_reminders_are_set(office, admin):
    given = {"correction_every": 5, "correction_most": 2, "delivery_every": 2, "delivery_most": 0}
    assert admin.post(page("reminders"), given).status_code == 302
    assert selectors.reminders() == {AlertKind.CORRECTION: Reminding(5, 2), AlertKind.DELIVERY: Reminding(2, 0)}
    assert admin.post(page("reminders"), {**given, "correction_every": 0}).status_code == 422


def test_the_pages_take_as_many_queries_for_three_years_as_for_one(office, admin, django_assert_max_num_queries):
    with django_assert_max_num_queries(25) as one:
        admin.get(page("year", year=2026))
    seed([2025, 2027])
    for number in range(3):
        day = datetime(2026, 11, 2 + number, tzinfo=UTC)
        Closing.objects.create(start=day, end=day.replace(hour=5), reason="Banjir")
    with django_assert_max_num_queries(len(one)):
        admin.get(page("year", year=2026))
