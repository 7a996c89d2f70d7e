"""Made-up contents for the papers on which the department publishes its service and how it is found."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Any

_STRIP = '<svg xmlns="http://www.w3.org/2000/svg"><path d="M9 9h9v9h-9z"/></svg>'
_LINE = {
    "number": 1,
    "title": "Terima Surat",
    "sentence": "Tata Usaha menerima surat dan memberi nomor agenda.",
    "chart": _STRIP,
    "way": "Lanjut ke nomor 2.",
    "requisites": ["Nomor agenda", "Data surat"],
    "duration": "135 menit",
    "outputs": ["Tanda terima"],
    "notes": ["Langkah 2 SK."],
    "aside": False,
}
_PARTS = (
    {"number": 1, "title": "Persyaratan", "lines": ["Surat"], "ordered": True},
    {"number": 7, "title": "Dasar hukum", "lines": ["SK"], "ordered": False},
)
_SIGNED = {"title": "Kepala Dinas Contoh", "name": "Nama Pejabat"}
# By the key of the sample: title, template, facts.
DOCUMENTS: Mapping[str, tuple[str, str, Mapping[str, Any]]] = MappingProxyType(
    {
        "service-standard": (
            "Standar Pelayanan",
            "standar.typ",
            {
                "title": "Standar Pelayanan",
                "service": "Pelayanan Contoh",
                "rows": [["No. SK", "000/2026"], ["Versi", "1"]],
                "parts": [["Penyampaian pelayanan", [_PARTS[0]]], ["Pengelolaan pelayanan", [_PARTS[1]]]],
                "complaints": {
                    "number": 6,
                    "title": "Pengaduan Layanan",
                    "indirect": "Permohonan Tak Langsung",
                    "channels": [["Telepon", "(0285) 000000", ""], ["email", "a@b", "Tidak dapat dihubungi."]],
                    "direct": "Permohonan Langsung",
                    "steps": ["Pemohon datang"],
                },
            },
        ),
        "sop": (
            "SOP",
            "sop.typ",
            {
                "title": "SOP Pelayanan Contoh",
                "unit": "Dinas Contoh",
                "head": [
                    ["Nomor SOP", "1"],
                    ["Tanggal pembuatan", "–"],
                    ["Tanggal revisi", "–"],
                    ["Tanggal efektif", "–"],
                ],
                "approved": {"label": "Disahkan oleh", **_SIGNED},
                "name": ["Nama SOP", "Pelayanan Contoh"],
                "sections": [["Dasar hukum", ["SK"]], ["Peringatan", ["Satu", "Dua"]]],
                "columns": {
                    "number": "No.",
                    "activity": "Kegiatan",
                    "people": "Pelaksana",
                    "quality": "Mutu baku",
                    "requisites": "Kelengkapan",
                    "time": "Waktu",
                    "output": "Output",
                    "notes": "Keterangan",
                },
                "people": ["OPD Pemohon", "Tata Usaha"],
                "lines": [_LINE, {**_LINE, "number": 2, "aside": True}],
                "asides": "Dapat dilakukan di luar urutan",
                "whole": "Waktu seluruhnya: 2 hari kerja.",
            },
        ),
        "pledge": (
            "Maklumat Pelayanan",
            "maklumat.typ",
            {
                "title": "Maklumat Pelayanan",
                "service": "Pelayanan Contoh",
                "paragraphs": ["Dengan ini, kami menyatakan sanggup menyelenggarakan pelayanan."],
                "dated": "Kota Contoh, 24 November 2026",
                "signed": _SIGNED,
            },
        ),
        "survey-card": (
            "Kartu Indeks Kepuasan Masyarakat",
            "kartu.typ",
            {
                "title": "Indeks Kepuasan Masyarakat",
                "service": "Pelayanan Contoh",
                "index": "88,31",
                "band": "A",
                "band_words": "Sangat baik",
                "respondents": 120,
                "period": "1 Januari 2026 – 30 Juni 2026",
                "elements": [["U1", "Persyaratan", "3,53"], ["U2", "Sistem, mekanisme, dan prosedur", "3,60"]],
                "groups": [["Jenis kelamin", "Perempuan 70, Laki-laki 50"]],
            },
        ),
    }
)
