"""What the papers about an incident say; their templates lay it out."""

from panggon.papers.contents import Content, PaperKind
from panggon.papers.dates import moment_words
from panggon.papers.facts import IncidentFacts


def incident_content(kind: PaperKind, facts: IncidentFacts) -> Content:
    return _report(facts) if kind is PaperKind.INCIDENT_REPORT else _notice(facts)


# ------------------------------------------------------------------------------------------------------------------


def _report(facts: IncidentFacts) -> Content:
    """The four parts of Perban BSSN 1/2024 article 15: reporter's contact, description, chronology, impact."""
    return {
        "nature": "Rahasia",
        "rows": [
            ("Nomor insiden", facts.number),
            ("Sistem", facts.site),
            ("Pemilik", facts.agency),
            ("Tingkat risiko", facts.risk),
            ("Diketahui", moment_words(facts.found_at)),
            ("Karantina", facts.quarantined),
        ],
        "parts": [
            {"title": "Kontak pelapor", "text": facts.described["contact"]},
            {"title": "Deskripsi insiden", "text": facts.described["description"]},
            {"title": "Kronologi", "text": facts.described["chronology"]},
            {"title": "Dampak insiden", "text": facts.described["impact"]},
        ],
        "timeline": [list(row) for row in facts.timeline],
        "evidence": [list(row) for row in facts.evidence],
    }


def _notice(facts: IncidentFacts) -> Content:
    """The three contents of UU 27/2022 article 46 paragraph 2."""
    return {
        "subject": "Pemberitahuan kegagalan pelindungan data pribadi",
        "addressee": "Subjek data pribadi yang terdampak, dan lembaga pelindungan data pribadi",
        "opening": (
            "Sesuai Pasal 46 Undang-Undang Nomor 27 Tahun 2022 tentang Pelindungan Data Pribadi, kami beritahukan "
            f"bahwa telah terjadi kegagalan pelindungan data pribadi pada {facts.site} ({facts.agency})."
        ),
        "parts": [
            {"title": "Data pribadi yang terungkap", "text": facts.described["data"]},
            {"title": "Kapan dan bagaimana data pribadi terungkap", "text": facts.described["how"]},
            {"title": "Upaya penanganan dan pemulihan", "text": facts.described["handling"]},
        ],
        "contacts": [list(row) for row in facts.contacts],
        "closing": "Kami mohon maaf atas kejadian ini. Pertanyaan dapat disampaikan melalui:",
    }
