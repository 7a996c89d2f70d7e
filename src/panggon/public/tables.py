"""The tables of figures that anybody may have: their columns in words, and their rows as CSV and JSON.

The one place where a table is described: the pages, the files and their catalogue say what stands here.
"""

import csv
import io
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from panggon.core.cells import harmless
from panggon.core.surveys.survey import Element
from panggon.surveys.words import QUESTIONS

Row = list[Any]


class Kind(StrEnum):
    """As Table Schema calls the types of fields."""

    TEXT = "string"
    INTEGER = "integer"
    NUMBER = "number"
    MOMENT = "datetime"


@dataclass(frozen=True, slots=True)
class Column:
    key: str
    kind: Kind
    words: Any


@dataclass(frozen=True, slots=True)
class Table:
    key: str
    title: Any
    words: Any
    columns: tuple[Column, ...]

    def records(self, rows: list[Row]) -> list[dict[str, Any]]:
        keys = [column.key for column in self.columns]
        return [dict(zip(keys, row, strict=True)) for row in rows]

    def csv(self, rows: list[Row]) -> str:
        """By RFC 4180, with the names of the columns first; what is not told is empty."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\r\n")
        writer.writerow(column.key for column in self.columns)
        writer.writerows([harmless(cell) if isinstance(cell, str) else cell for cell in row] for row in rows)
        return text.getvalue()


PERIOD = (
    Column("masa", Kind.TEXT, _("Bulan (2026-11), triwulan (2026-Q4), atau tahun (2026)")),
    Column("jenis_masa", Kind.TEXT, _("bulan, triwulan, atau tahun; jangan menjumlahkan jenis yang berbeda")),
)
REQUESTS = Table(
    "permohonan",
    _("Permohonan hosting"),
    _("Berapa permohonan masuk dan selesai dilayani, dan berapa lama, per bulan, triwulan, dan tahun."),
    (
        *PERIOD,
        Column("masuk", Kind.INTEGER, _("Permohonan yang diajukan OPD dalam masa itu")),
        Column("diserahkan", Kind.INTEGER, _("Permohonan yang dokumen hak aksesnya dikirim dalam masa itu")),
        Column("tepat_waktu", Kind.INTEGER, _("Dari yang diserahkan: dalam batas waktu standar pelayanan")),
        Column("persen_tepat_waktu", Kind.INTEGER, _("Bagian yang tepat waktu, dalam persen")),
        Column("median_jam_kerja", Kind.NUMBER, _("Nilai tengah waktu pelayanan, dalam jam kerja")),
        Column("dibatalkan", Kind.INTEGER, _("Permohonan yang dibatalkan dalam masa itu")),
        Column("ditolak", Kind.INTEGER, _("Permohonan yang ditolak dengan surat dalam masa itu")),
        Column("situs_dibuka", Kind.INTEGER, _("Situs yang pertama kali dibuka dalam masa itu")),
    ),
)
STEPS = Table(
    "langkah",
    _("Waktu setiap langkah"),
    _("Nilai tengah waktu setiap langkah SK dari permohonan yang diserahkan, per triwulan dan tahun."),
    (
        *PERIOD,
        Column("langkah", Kind.INTEGER, _("Nomor langkah dalam SK (2 sampai 9)")),
        Column("permohonan", Kind.INTEGER, _("Permohonan yang melalui langkah itu")),
        Column("median_jam_kerja", Kind.NUMBER, _("Nilai tengah waktu langkah itu, dalam jam kerja")),
    ),
)
COMPLAINTS = Table(
    "pengaduan",
    _("Pengaduan layanan"),
    _("Berapa pengaduan masuk dan dijawab, per bulan, triwulan, dan tahun."),
    (
        *PERIOD,
        Column("masuk", Kind.INTEGER, _("Pengaduan yang masuk dalam masa itu, dari semua kanal")),
        Column("dijawab", Kind.INTEGER, _("Pengaduan yang penyelesaiannya disampaikan dalam masa itu")),
        Column("tepat_waktu", Kind.INTEGER, _("Dari yang dijawab: dalam batas waktu klasifikasinya")),
        Column("persen_tepat_waktu", Kind.INTEGER, _("Bagian yang tepat waktu, dalam persen")),
        Column("bukan_pengaduan", Kind.INTEGER, _("Yang ditutup karena bukan pengaduan tentang pelayanan ini")),
    ),
)
SATISFACTION = Table(
    "kepuasan",
    _("Indeks Kepuasan Masyarakat"),
    _("Hasil survei kepuasan menurut Peraturan Menteri PANRB 14/2017, per triwulan dan tahun."),
    (
        *PERIOD,
        Column("responden", Kind.INTEGER, _("Responden yang menjawab dalam masa itu")),
        Column("ikm", Kind.NUMBER, _("Indeks Kepuasan Masyarakat, 25 sampai 100")),
        Column("mutu", Kind.TEXT, _("Mutu pelayanan: A, B, C, atau D")),
        *(Column(element.number.lower(), Kind.NUMBER, QUESTIONS[element].title) for element in Element),
    ),
)
SITES = Table(
    "situs",
    _("Situs yang terbuka"),
    _("Berapa situs OPD yang sedang dapat dikunjungi, pada saat angka dihitung."),
    (
        Column("waktu", Kind.MOMENT, _("Saat angka dihitung")),
        Column("terbuka", Kind.INTEGER, _("Situs yang terbuka pada saat itu")),
    ),
)
AVAILABILITY = Table(
    "ketersediaan",
    _("Ketersediaan situs"),
    _(
        "Berapa kali situs menjawab ketika diperiksa, per bulan, triwulan, dan tahun. Kira-kira sekali sejam server "
        "mengunjungi setiap situs yang terbuka lewat HTTPS, seperti pengunjung; yang diam ditanya sekali lagi."
    ),
    (
        *PERIOD,
        Column("pemeriksaan", Kind.INTEGER, _("Pemeriksaan yang dilakukan; yang tidak dapat dilakukan tidak dihitung")),
        Column(
            "terjawab",
            Kind.INTEGER,
            _("Dari pemeriksaan itu: situs menjawab, juga program dan basis datanya bila ikut ditanya"),
        ),
        Column(
            "persen_terjawab",
            Kind.NUMBER,
            _("Bagian yang terjawab, dalam persen, dibulatkan ke bawah; kosong bila belum ada pemeriksaan"),
        ),
    ),
)
TABLES: Mapping[str, Table] = MappingProxyType(
    {table.key: table for table in (REQUESTS, STEPS, COMPLAINTS, SATISFACTION, SITES, AVAILABILITY)}
)
