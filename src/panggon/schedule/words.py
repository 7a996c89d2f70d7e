"""What pages say of faults in the calendar, and of its values."""

from collections.abc import Mapping
from datetime import date, datetime, time, timedelta
from types import MappingProxyType
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from panggon.core.errors import Fault

FAULT_WORDS: Mapping[str, Any] = MappingProxyType(
    {
        "calendar.changed": _("Bagian ini baru saja diubah orang lain. Buka lagi halamannya, lalu ulangi perubahan."),
        "hours.unreadable": _("Tulis seperti 07.30-12.00, 13.00-16.30; kosongkan bila tutup."),
        "hours.session_order": _("Jam {start}–{end} berakhir sebelum mulai."),
        "hours.session_overlap": _("Jam yang mulai {start} mulai sebelum yang sebelumnya berakhir ({end})."),
        "hours.never_open": _("Isi jam kerja untuk paling sedikit satu hari."),
        "period.order": _("Tanggal akhir lebih awal daripada tanggal mulai."),
        "period.same_start": _("“{name}” juga mulai {first}; pilih tanggal lain."),
        "period.across": _(
            "Masa ini tumpang tindih dengan “{name}” ({first} s.d. {last}). Satu masa boleh berada di dalam masa lain, "
            "tetapi tidak boleh memotongnya."
        ),
        "closing.order": _("Saat buka kembali harus sesudah saat tutup."),
        "closing.overlap": _("Kantor sudah tercatat tutup {start} s.d. {end}."),
        "holiday.name": _("Nama harus diawali huruf atau angka."),
        "holiday.taken": _("Tanggal ini sudah tercatat sebagai hari libur."),
        "year.range": _("Isi tahun dari {first} sampai {last}."),
        "share.sum": _("Jumlah semua bagian harus 100%; sekarang {total}%."),
        "share.range": _("Isi angka dari 0 sampai 100."),
        "reminder.range": _("Isi 1 sampai 60 hari kerja, dan paling banyak 20 kali."),
        "sheet.too_large": _("Berkas terlalu besar; paling besar 256 kB."),
        "sheet.too_long": _("Berkas berisi terlalu banyak baris; paling banyak {limit}."),
        "sheet.empty": _("Berkas kosong."),
        "sheet.unreadable": _("Berkas ini bukan CSV. Simpan sebagai “CSV UTF-8”, lalu unggah lagi."),
        "sheet.header": _("Baris {line}: judul kolom harus {columns}."),
        "sheet.date": _("Baris {line}: “{shown}” bukan tanggal; tulis misalnya 24/12/2026."),
        "sheet.name": _("Baris {line}: nama harus diawali huruf atau angka, paling panjang 200 huruf."),
        "sheet.kind": _(
            "Baris {line}: jenis “{shown}” tidak dikenal; pilih libur nasional, cuti bersama, pemilihan umum, atau "
            "libur daerah."
        ),
        "sheet.twice": _("Baris {line}: tanggal yang sama sudah ada di baris {first}."),
    }
)


def fault_words(fault: Fault) -> str:
    """The sentence for a fault. A code without words is an error of the program, so the code itself is shown."""
    return str(FAULT_WORDS.get(fault.code, fault.code)).format(
        **{name: shown(fact) for name, fact in fault.facts.items()}
    )


def shown(value: object) -> str:
    """A value of the calendar as people write it."""
    if isinstance(value, datetime):
        return f"{date_format(localtime(value), 'j F Y, H.i')} WIB"
    if isinstance(value, date):
        return date_format(value, "j F Y")
    if isinstance(value, time):
        return f"{value:%H.%M}"
    if isinstance(value, bool):
        return gettext("ya") if value else gettext("tidak")
    return str(value)


def sessions_words(day: list[list[str]]) -> str:
    """The hours of a day as the form takes them: `07.30-12.00, 13.00-16.30`."""
    return ", ".join(f"{start.replace(':', '.')}-{end.replace(':', '.')}" for start, end in day)


def duration_words(amount: timedelta) -> str:
    """Hours and minutes, `6 jam 30 menit`; what is less than a minute is none."""
    hours, minutes = divmod(amount // timedelta(minutes=1), 60)
    parts = [
        *([ngettext("%(n)s jam", "%(n)s jam", hours) % {"n": hours}] if hours else []),
        *([ngettext("%(n)s menit", "%(n)s menit", minutes) % {"n": minutes}] if minutes or not hours else []),
    ]
    return " ".join(parts)
