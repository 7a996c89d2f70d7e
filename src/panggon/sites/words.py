"""What pages say about machines and plans."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _

from panggon.core.errors import Fault

FAULTS: Mapping[str, Any] = MappingProxyType(
    {
        "plan.changed": _("Paket ini baru saja diubah orang lain. Muat ulang halaman ini, lalu ulangi."),
        "plan.name_taken": _("Sudah ada paket dengan nama ini."),
        "plan.default_not_offered": _("Paket bawaan harus ditawarkan."),
        "plan.no_default": _("Jadikan paket lain paket bawaan lebih dahulu."),
        "node.name": _("Hanya huruf kecil a–z, angka, dan tanda hubung."),
        "node.has_sites": _("Server ini masih membawa {count} situs, sehingga belum dapat dipensiunkan."),
    }
)
# The names of protections as a node tells them, in words for people.
PROTECTIONS: Mapping[str, Any] = MappingProxyType(
    {
        "sandbox": _("Situs tidak terpisah satu sama lain dalam ruang sendiri."),
        "nested-namespaces": _("Situs dapat membuat ruang lain di dalam ruangnya."),
        "network": _("Situs dapat mencapai layanan lain di server lewat jaringan setempat."),
        "memory": _("Batas memori tidak ditegakkan."),
        "processes": _("Batas jumlah proses tidak ditegakkan."),
        "disk": _("Batas ruang penyimpanan hanya diawasi, tidak ditegakkan oleh sistem berkas."),
        "files": _("Batas jumlah berkas hanya diawasi, tidak ditegakkan oleh sistem berkas."),
        "cpu": _("Batas waktu prosesor tidak ditegakkan."),
        "system-calls": _("Panggilan sistem yang berbahaya tidak disaring."),
        "outgoing": _("Sambungan keluar situs tidak dapat dibatasi sesuai aturan."),
        "symlinks": _("Tautan di dalam situs tidak ditahan oleh kernel."),
        "simulation": _("Server ini hanya simulasi; tidak ada yang nyata."),
    }
)

# What a node calls the programs that it runs; the names that people know come first.
SERVERS: Mapping[str, Any] = MappingProxyType(
    {
        "mariadb": _("Basis data MariaDB"),
        "postgresql": _("Basis data PostgreSQL"),
        "sockets": _("Program situs"),
        "knot": _("DNS (Knot)"),
        "sshd": _("SFTP (OpenSSH)"),
        "nginx": _("Web (nginx)"),
        "logs": _("Log situs"),
        "tasks": _("Tugas terjadwal"),
        "databases": _("Pengawas basis data"),
        "renewal": _("Pembaruan sertifikat"),
    }
)


def fault_words(fault: Fault) -> str:
    """The sentence for a fault; a code without words is an error of the program, so the code itself is shown."""
    return str(FAULTS.get(fault.code, fault.code)).format(**fault.facts)


def protection_words(reduced: str) -> tuple[str, str]:
    """What a node cannot protect (`name: reason`): the words for people, and the reason in the system's own."""
    name, _separator, reason = reduced.partition(": ")
    return str(PROTECTIONS.get(name, name)), reason
