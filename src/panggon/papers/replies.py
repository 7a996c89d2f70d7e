"""The letters of the dinas to an OPD: its answers, and the surat pengantar. All are laid out by surat.typ."""

from panggon.papers.contents import Content
from panggon.papers.dates import day_words
from panggon.papers.facts import CaseFacts

THANKS = "Atas perhatian dan kerja sama Saudara, kami ucapkan terima kasih."


def letter_words(facts: CaseFacts) -> str:
    """The OPD's letter as other papers name it."""
    words = facts.letter_source or "Surat permohonan"
    if facts.letter_number:
        words += f" nomor {facts.letter_number}"
    if facts.letter_date:
        words += f" tanggal {day_words(facts.letter_date)}"
    return words


def letter_in_sentence(facts: CaseFacts) -> str:
    """The same within a sentence."""
    words = letter_words(facts)
    if words.startswith("SRIKANDI"):
        return f"surat melalui {words}"
    told = "permohonan yang " if words.startswith("Disampaikan") else ""
    return told + words[:1].lower() + words[1:]


def cover_letter(facts: CaseFacts) -> Content:
    rows = [
        ["1", f"Dokumen Hosting {facts.address} yang telah disahkan", "1 berkas", "Untuk disimpan"],
        ["2", "Dokumen Hak Akses Hosting", "1 berkas", "Untuk ditindaklanjuti admin teknis"],
    ]
    return {
        **_letter(facts, subject="Penyampaian dokumen hosting", attachment="2 (dua) berkas"),
        "heading": "Surat Pengantar",
        "opening": f"Menindaklanjuti {letter_in_sentence(facts)}, bersama ini kami kirimkan:",
        "sections": [
            {"table": {"head": ["No.", "Jenis yang dikirim", "Banyaknya", "Keterangan"], "rows": rows, "wide": 1}},
            {"paragraphs": [f"Keadaan situs dan bukti bahwa situs sudah terbuka dapat dilihat di {facts.case_page}."]},
        ],
        "closing": f"Biaya pelayanan: {facts.fee}. {THANKS}",
        "received": True,
    }


def correction_notice(facts: CaseFacts) -> Content:
    asked = [": ".join(filter(None, (item, reason))) for item, met, reason in facts.checklist if not met]
    return {
        **_letter(facts, subject="Permohonan hosting perlu dilengkapi"),
        "opening": (
            f"Menindaklanjuti {letter_in_sentence(facts)} (permohonan {facts.number}), dengan hormat kami sampaikan "
            "bahwa permohonan tersebut belum dapat dilanjutkan karena masih perlu dilengkapi:"
        ),
        "sections": [
            {"list": asked},
            {
                "paragraphs": [
                    (
                        f"Kelengkapan dapat dikirim melalui {facts.case_page} atau melalui Tata Usaha. Waktu pelayanan "
                        "berhenti sementara, dan berjalan lagi sejak kelengkapan kami terima."
                    )
                ]
            },
        ],
        "closing": THANKS,
    }


def refusal_notice(facts: CaseFacts) -> Content:
    return {
        **_letter(facts, subject="Penolakan permohonan hosting"),
        "opening": (
            f"Menindaklanjuti {letter_in_sentence(facts)} (permohonan {facts.number}), dengan hormat kami sampaikan "
            f"bahwa permohonan hosting untuk {facts.host} tidak dapat kami kabulkan, dengan alasan:"
        ),
        "sections": [
            {"list": list(facts.reasons)},
            {"paragraphs": ["Saudara dapat mengajukan permohonan baru setelah hal tersebut terpenuhi."]},
        ],
        "closing": THANKS,
    }


def suspension_notice(facts: CaseFacts) -> Content:
    return {
        **_letter(facts, subject=f"Penangguhan situs {facts.host}", nature="Segera"),
        "opening": f"Dengan ini kami beritahukan bahwa situs {facts.address} kami tangguhkan, dengan alasan:",
        "sections": [
            {"list": list(facts.reasons)},
            {
                "paragraphs": [
                    (
                        "Selama ditangguhkan situs tidak dapat dikunjungi; isi dan basis data tetap tersimpan. Situs "
                        "dibuka kembali setelah hal tersebut diselesaikan dan diperiksa."
                    )
                ]
            },
        ],
        "closing": THANKS,
    }


def deactivation_notice(facts: CaseFacts) -> Content:
    return {
        **_letter(facts, subject=f"Penonaktifan situs {facts.host}"),
        "opening": f"Dengan ini kami beritahukan bahwa situs {facts.address} kami nonaktifkan, dengan alasan:",
        "sections": [
            {"list": list(facts.reasons)},
            {
                "paragraphs": [
                    (
                        "Nama domain dan hak akses dicabut. Mohon salinan isi dan basis data diambil sebelum "
                        "penghapusan, yang kami beritahukan tersendiri."
                    )
                ]
            },
        ],
        "closing": THANKS,
    }


def _letter(facts: CaseFacts, *, subject: str, attachment: str = "–", nature: str = "") -> Content:
    return {
        "nature": nature or facts.nature or "Biasa",
        "attachment": attachment,
        "subject": subject,
        "addressee": f"Kepala {facts.agency}",
        "heading": "",
        "received": False,
        "copies": [],
    }
