"""What a request says, field by field: names, labels, and how a value is shown. Forms, pages and papers agree on it."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from panggon.cases.models import Case
from panggon.core.sites.spec import Engine, Profile, SiteKind
from panggon.papers import contents

MEBIBYTES_PER_GIBIBYTE = 1024
STORAGE_MOST_MEBIBYTES = 1024 * MEBIBYTES_PER_GIBIBYTE

KINDS = [(SiteKind.PHP.value, _("Aplikasi PHP")), (SiteKind.STATIC.value, _("Halaman statis (HTML)"))]
PROFILES = [
    (Profile.PLAIN.value, _("Biasa: setiap alamat adalah satu berkas")),
    (Profile.FRONT_CONTROLLER.value, _("Satu pintu: semua alamat dijawab index.php")),
    (Profile.WORDPRESS.value, "WordPress"),
    (Profile.LARAVEL.value, _("Laravel, dengan folder public di dalamnya")),
    (Profile.MEDIAWIKI.value, _("MediaWiki di folder w, halamannya di /wiki/")),
    (Profile.DOKUWIKI.value, "DokuWiki"),
    (Profile.MOODLE.value, _("Moodle sampai 5.0")),
    (Profile.MOODLE_PUBLIC.value, _("Moodle sejak 5.1, dengan folder public di dalamnya")),
    (Profile.OJS.value, _("OJS (jurnal ilmiah)")),
    (Profile.SLIMS.value, _("SLiMS (perpustakaan)")),
]
SITE_KINDS = [  # that a machine can serve; an OPD asks for the first two
    *KINDS,
    (SiteKind.PYTHON.value, _("Aplikasi Python")),
    (SiteKind.REDIRECT.value, _("Pengalihan ke alamat lain")),
    (SiteKind.PROXY.value, _("Diteruskan ke server lain")),
]
# People choose these in their own language; a case keeps what its papers print.
NATURES = list(zip(contents.NATURES, (_("Biasa"), _("Segera"), _("Sangat Segera"), _("Rahasia")), strict=True))
ENGINES = [("", _("tidak perlu")), (Engine.MARIADB.value, "MariaDB (MySQL)"), (Engine.POSTGRESQL.value, "PostgreSQL")]
LETTER = ("letter_source", "letter_number", "letter_date", "letter_nature", "letter_subject")
SITE = (
    "label",
    "alternative_label",
    "title",
    "site_use",
    "kind",
    "profile",
    "platform",
    "php_version_wish",
    "database_wish",
    "storage_mebibytes",
    "holds_personal_data",
    "personal_data",
    "system_category",
    "notes",
)
CONTACT = ("contact_name", "contact_phone", "contact_email")
RESPONSIBLE = tuple(f"responsible_{what}" for what in ("name", "nip", "rank", "position", "phone", "email"))
ADMIN = tuple(f"admin_{what}" for what in ("name", "nip", "rank", "position", "phone", "email"))
VENDOR = ("vendor_name", "vendor_contact")
PEOPLE = (*CONTACT, *RESPONSIBLE, *ADMIN, *VENDOR, "ssh_key")

LABELS: Mapping[str, Any] = {
    "agency": _("OPD pemohon"),
    "letter_source": _("Disampaikan dengan"),
    "letter_number": _("Nomor surat"),
    "letter_date": _("Tanggal surat"),
    "letter_nature": _("Sifat"),
    "letter_subject": _("Hal"),
    "label": _("Subdomain yang diminta"),
    "alternative_label": _("Subdomain pengganti bila tidak tersedia"),
    "title": _("Nama situs atau aplikasi"),
    "site_use": _("Bentuk"),
    "kind": _("Jenis situs"),
    "profile": _("Cara alamat dijawab"),
    "platform": _("Perangkat lunak dan versinya"),
    "php_version_wish": _("Versi PHP yang diperlukan"),
    "database_wish": _("Basis data"),
    "storage_mebibytes": _("Ruang penyimpanan"),
    "holds_personal_data": _("Memuat data pribadi"),
    "personal_data": _("Jenis data pribadi"),
    "system_category": _("Kategori Sistem Elektronik"),
    "notes": _("Catatan teknis"),
    "contact_name": _("Nama narahubung"),
    "contact_phone": _("Nomor HP narahubung"),
    "contact_email": _("Email narahubung"),
    "responsible_name": _("Nama penanggung jawab"),
    "responsible_nip": _("NIP penanggung jawab"),
    "responsible_rank": _("Pangkat/golongan penanggung jawab"),
    "responsible_position": _("Jabatan penanggung jawab"),
    "responsible_phone": _("Nomor HP penanggung jawab"),
    "responsible_email": _("Email penanggung jawab"),
    "admin_name": _("Nama admin teknis"),
    "admin_nip": _("NIP admin teknis"),
    "admin_rank": _("Pangkat/golongan admin teknis"),
    "admin_position": _("Jabatan admin teknis"),
    "admin_phone": _("Nomor HP admin teknis"),
    "admin_email": _("Email admin teknis"),
    "vendor_name": _("Nama penyedia atau pengembang"),
    "vendor_contact": _("Kontak penyedia atau pengembang"),
    "ssh_key": _("Kunci publik SSH admin teknis"),
}


@dataclass(frozen=True, slots=True)
class Row:
    """One line of a request; `machine_read`: as Panggon read it from the letter, confirmed by nobody yet."""

    name: str
    label: str
    value: str
    machine_read: bool


def rows_of(case: Case, names: tuple[str, ...]) -> tuple[Row, ...]:
    """These fields as people read them; an empty value is an empty text."""
    unconfirmed = set(case.machine_read)
    return tuple(Row(name, str(LABELS[name]), shown(case, name), name in unconfirmed) for name in names)


def shown(case: Case, name: str) -> str:
    """The value of one field in words."""
    if name in _SHOWN:
        return _SHOWN[name](case)
    display = getattr(case, f"get_{name}_display", None)
    return str(display() if display else getattr(case, name) or "")


def storage_words(mebibytes: int | None) -> str:
    """`512 MiB`, `2 GiB`: the larger unit where it comes out even."""
    if mebibytes is None:
        return ""
    whole, rest = divmod(mebibytes, MEBIBYTES_PER_GIBIBYTE)
    return f"{whole} GiB" if whole and not rest else f"{mebibytes} MiB"


def _yes_or_no(answer: bool | None) -> str:
    return "" if answer is None else gettext("Ya") if answer else gettext("Tidak")


_SHOWN: Mapping[str, Callable[[Case], str]] = {
    "letter_date": lambda case: date_format(case.letter_date, "j F Y") if case.letter_date else "",
    "letter_nature": lambda case: str(dict(NATURES).get(case.letter_nature, case.letter_nature)),
    "label": lambda case: case.host if case.label else "",
    "kind": lambda case: str(dict(SITE_KINDS).get(case.kind, "")),
    "profile": lambda case: str(dict(PROFILES).get(case.profile, "")),
    "storage_mebibytes": lambda case: storage_words(case.storage_mebibytes),
    "holds_personal_data": lambda case: _yes_or_no(case.holds_personal_data),
}
