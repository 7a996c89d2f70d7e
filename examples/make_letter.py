"""Make the official letters of the demo from the project's own template: that of its nine steps, and one more."""

from pathlib import Path
from typing import Any

from panggon.papers.rendering import render

FACTS: dict[str, Any] = {
    "office": {
        "government": "Pemerintah Kota Pekalongan",
        "name": "Dinas Sosial (contoh)",
        "address": "Jalan Contoh Nomor 1, Kota Pekalongan",
        "place": "Pekalongan",
    },
    "place": "Pekalongan",
    "made": {"year": 2026, "month": 11, "day": 20, "words": "20 November 2026"},
    "simulation": False,
    "footer": "Contoh surat untuk peragaan Panggon; nama dan nomor di dalamnya rekaan.",
    "addressee": "Dinas Komunikasi dan Informatika Kota Pekalongan",
    "letter": {
        "subject": "Permohonan Hosting",
        "day": "20 November 2026",
        "number": "500.12/117/2026",
        "nature": "Biasa",
        "attachment": "–",
        "purpose": "Dalam rangka penyebarluasan informasi layanan sosial kepada masyarakat, Dinas Sosial memerlukan "
        "tempat bagi situs web resmi.",
    },
    "rows": [
        ("Nama OPD", "Dinas Sosial"),
        ("Jenis permohonan", "Baru"),
        ("Nama aplikasi/situs", "Layanan Dinas Sosial"),
        ("Subdomain", "dinsos"),
        ("Subdomain pengganti", "layanan-dinsos"),
        ("Jenis", "Situs web (PHP)"),
        ("Platform dan versi", "WordPress 6"),
        ("Basis data", "MariaDB"),
        ("Kebutuhan penyimpanan", "2 GB"),
        ("Memuat data pribadi", "Tidak"),
        ("Penyedia/pihak ketiga", ""),
        ("Penanggung jawab", "Wulan Handayani, S.Sos (NIP 197901012005012001)"),
        ("Pangkat/golongan, jabatan", "Pembina / IV-a, Sekretaris"),
        ("HP dan surel", "0812-0000-0001, wulan@dinsos.example"),
        ("Admin teknis", "Budi Santoso (NIP 199001012015011001)"),
        ("HP dan surel admin teknis", "0812-0000-0002, budi@dinsos.example"),
    ],
    "signer": {"role": "Kepala Dinas Sosial", "name": "Dr. Hadi Prasetyo, M.Si", "number": "197001011995031001"},
}

OTHER_ROWS = {
    "Nama aplikasi/situs": "Bantuan Sosial",
    "Subdomain": "bansos",
    "Subdomain pengganti": "info-bansos",
    "Admin teknis": "Sri Wahyuni, S.Kom. (NIP 199003122015032004)",
    "HP dan surel admin teknis": "0812-0000-0003, sri@example.go.id",
}
LETTERS = {
    "surat-permohonan.pdf": FACTS,
    "surat-permohonan-bansos.pdf": {
        **FACTS,
        "letter": {
            **FACTS["letter"],
            "number": "500.12/118/2026",
            "purpose": "Dalam rangka keterbukaan penyaluran bantuan sosial kepada masyarakat, Dinas Sosial memerlukan "
            "tempat bagi situs web resmi.",
        },
        "rows": [(name, OTHER_ROWS.get(name, value)) for name, value in FACTS["rows"]],
    },
}

if __name__ == "__main__":
    for name, facts in LETTERS.items():
        Path(__file__).with_name(name).write_bytes(render("surat_permohonan.typ", facts))
