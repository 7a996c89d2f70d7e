"""E-mails that are no notices: a link in them is the way in, or their readers have no account. One table."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType


class MessageKind(StrEnum):
    INVITATION = "invitation"
    INVITED_AGAIN = "invited_again"
    ACCESS = "access"
    PASSWORD_RESET = "password_reset"  # noqa: S105 (a name)
    ACCOUNT_CHANGED = "account_changed"
    SURVEY = "survey"
    COMPLAINT_RECEIVED = "complaint_received"
    COMPLAINT_MOVED = "complaint_moved"
    COMPLAINT_REPLY = "complaint_reply"
    SEAL = "seal"


@dataclass(frozen=True, slots=True)
class Wording:
    """Message ids, filled with facts. `button` is the words of the link, when there is one."""

    whom: str
    subject: str
    text: tuple[str, ...]
    button: str = ""
    foot: str = ""


MESSAGES: Mapping[MessageKind, Wording] = MappingProxyType(
    {
        MessageKind.INVITATION: Wording(
            "alamat yang diundang",
            "Undangan ke {service}",
            (
                "Anda diundang memakai {service} untuk {whom}.",
                "Isi nama dan kata sandi Anda sendiri. Tautan ini berlaku satu kali, sampai {until} WIB.",
            ),
            "Terima undangan",
            "Abaikan surat ini bila Anda tidak mengenal undangannya.",
        ),
        MessageKind.INVITED_AGAIN: Wording(
            "alamat yang diundang dan sudah mempunyai akun",
            "Undangan ke {service}",
            (
                "Anda diundang memakai {service} untuk {whom}, tetapi alamat email ini sudah mempunyai akun.",
                "Silakan masuk dengan akun itu. Bila tidak dapat masuk atau Anda pindah OPD, hubungi dinas.",
            ),
            "Masuk",
        ),
        MessageKind.ACCESS: Wording(
            "admin teknis yang disebut dalam permohonan",
            "Undangan hak akses {host}",
            (
                "Yth. {name},",
                "Anda ditunjuk sebagai admin teknis situs {host}. Siapkan Dokumen Hak Akses: kode di sana diminta.",
                "Undangan ini berlaku satu kali, sampai {until} WIB.",
            ),
            "Buka halaman akses",
            "Abaikan surat ini bila Anda tidak mengenal undangannya.",
        ),
        MessageKind.PASSWORD_RESET: Wording(
            "pemilik akun, atas permintaan siapa pun",
            "Kata sandi baru untuk {service}",
            (
                "Yth. {name},",
                "Seseorang meminta kata sandi baru untuk akun Anda. Bila itu Anda, buka tautan ini.",
                "Tautan berlaku satu kali, sampai {until} WIB.",
            ),
            "Buat kata sandi baru",
            "Bila bukan Anda, abaikan surat ini: tanpa tautan di atas tidak ada yang berubah.",
        ),
        MessageKind.ACCOUNT_CHANGED: Wording(
            "pemilik akun",
            "Akun {service}: {what}",
            (
                "Yth. {name},",
                "Pada akun Anda baru saja terjadi: {what} ({moment} WIB).",
                "Bila bukan Anda yang melakukannya, segera buat kata sandi baru dan beri tahu administrator.",
            ),
            "Buat kata sandi baru",
        ),
        MessageKind.SURVEY: Wording(
            "narahubung permohonan atau pelapor tanpa akun",
            "Bagaimana pelayanan kami? Survei {number}",
            ("Pelayanan {number} telah selesai. Mohon jawab sembilan pertanyaan, tanpa nama; cukup satu menit.",),
            "Isi survei",
            "Survei dapat diisi satu kali, dalam 60 hari.",
        ),
        MessageKind.COMPLAINT_RECEIVED: Wording(
            "pelapor",
            "[{number}] Pengaduan Anda sudah kami terima",
            ("Pengaduan Anda “{subject}” sudah kami terima dengan nomor {number}.", "{next}", "{refused}"),
            "Ikuti pengaduan",
            "Simpan surat ini: tautannya memuat kode Anda.",
        ),
        MessageKind.COMPLAINT_MOVED: Wording(
            "pelapor", "[{number}] {state}", ("Pengaduan Anda “{subject}”: {state}.", "{next}"), "Ikuti pengaduan"
        ),
        MessageKind.COMPLAINT_REPLY: Wording(
            "pelapor", "[{number}] Jawaban atas pengaduan Anda", ("{words}", "{next}"), "Buka pengaduan"
        ),
        MessageKind.SEAL: Wording(
            "penerima segel di luar dinas",
            "Segel catatan {day}",
            ("Segel catatan tanggal {day}. SHA-256 berkas {day}.seal:", "{digest}", "Simpan surat ini."),
        ),
    }
)
