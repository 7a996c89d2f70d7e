"""The documents as papers: what their templates lay out, in the reader's language."""

from datetime import date, datetime
from typing import Any

from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from panggon.core.standards.contacts import Channel, Contact
from panggon.labels import CHANNEL_LABELS
from panggon.office.selectors import office
from panggon.office.values import Pledge
from panggon.papers import services as papers
from panggon.standards.selectors import Component, Content, Signer, Version
from panggon.standards.sop import SopView
from panggon.standards.words import NOT_SET, PRINTED


def standard_pdf(content: Content, version: Version, *, at: datetime) -> bytes:
    said = content.standard
    decreed = day_words(said.decree_date)
    facts = {
        "title": _("Standar Pelayanan"),
        "service": said.service,
        "rows": [
            [_("No. SK"), (said.decree_number or str(NOT_SET)) + (f", {decreed}" if decreed else "")],
            [_("Versi"), _version(version)],
        ],
        "parts": [
            [_("Penyampaian pelayanan"), [_component(part) for part in content.delivery]],
            [_("Pengelolaan pelayanan"), [_component(part) for part in content.management]],
        ],
        "complaints": {
            "number": len(PRINTED),
            "title": str(PRINTED["complaints"]),
            "indirect": _("Permohonan Tak Langsung"),
            "channels": [
                [str(CHANNEL_LABELS[channel]), _channel(contacts), _instead(contacts)]
                for channel, contacts in content.channels
            ],
            "direct": _("Permohonan Langsung"),
            "steps": list(said.complaint_steps),
        },
    }
    return _printed("standar.typ", facts, at=at)


def sop_pdf(view: SopView, *, at: datetime) -> bytes:
    head, signer = view.head, view.signer
    facts = {
        "title": _("SOP %(name)s") % {"name": head.name},
        "unit": office().letterhead.name,
        "head": [
            [_("Nomor SOP"), head.number or str(NOT_SET)],
            [_("Tanggal pembuatan"), day_words(head.made_on) or str(NOT_SET)],
            [_("Tanggal revisi"), day_words(head.revised_on) or "–"],
            [_("Tanggal efektif"), day_words(head.effective_on) or str(NOT_SET)],
        ],
        "approved": {"label": _("Disahkan oleh"), **_signer(signer)},
        "name": [_("Nama SOP"), head.name],
        "sections": [[str(title), list(lines) or [str(NOT_SET)]] for title, lines in view.sections],
        "columns": {
            "number": _("No."),
            "activity": _("Kegiatan"),
            "people": _("Pelaksana"),
            "quality": _("Mutu baku"),
            "requisites": _("Kelengkapan"),
            "time": _("Waktu"),
            "output": _("Output"),
            "notes": _("Keterangan"),
        },
        "people": list(view.people),
        "lines": [
            {
                "number": line.number,
                "title": line.title,
                "sentence": line.sentence,
                "chart": line.chart,
                "way": line.way,
                "requisites": list(line.requisites),
                "duration": line.duration,
                "outputs": list(line.outputs),
                "notes": list(line.notes),
                "aside": line.aside,
            }
            for line in view.lines
        ],
        "asides": _("Dapat dilakukan di luar urutan"),
        "whole": _("Waktu seluruhnya: %(time)s.") % {"time": view.whole} if view.whole else "",
    }
    return _printed("sop.typ", facts, at=at)


def pledge_pdf(pledge: Pledge, signer: Signer | None, *, at: datetime) -> bytes:
    letterhead = office().letterhead
    day = day_words(pledge.day)
    facts = {
        "title": _("Maklumat Pelayanan"),
        "service": office().standard.service,
        "paragraphs": list(pledge.words),
        "dated": f"{letterhead.place}, {day}" if day else f"{letterhead.place}, ..............................",
        "signed": _signer(signer),
    }
    return _printed("maklumat.typ", facts, at=at)


def day_words(day: str) -> str:
    """A day (ISO 8601) as people write it; empty for none."""
    return date_format(date.fromisoformat(day), "j F Y") if day else ""


# ------------------------------------------------------------------------------------------------------------------


def _printed(template: str, facts: dict[str, Any], *, at: datetime) -> bytes:
    page = {"language": (get_language() or "id")[:2], "page_words": [pgettext("nomor halaman", "Halaman"), _("dari")]}
    return papers.document(template, {**facts, **page}, at=at)


def _version(version: Version) -> str:
    day = date_format(localtime(version.at), "j F Y") if version.at else ""
    return f"{version.number}" + (f", {day}" if day else "")


def _component(part: Component) -> dict[str, Any]:
    lines = list(part.lines) or [str(NOT_SET)]
    return {
        "number": part.number,
        "title": str(part.title),
        "lines": lines,
        "ordered": part.ordered and bool(part.lines),
    }


def _channel(contacts: tuple[Contact, ...]) -> str:
    return " ; ".join(
        f"{contact.person}, No HP : {contact.printed}" if contact.channel is Channel.OFFICER else contact.printed
        for contact in contacts
    )


def _instead(contacts: tuple[Contact, ...]) -> str:
    """What is reached where the printed words lead nowhere."""
    working = ", ".join(contact.working for contact in contacts if contact.broken and contact.working)
    if working:
        return _("Tidak dapat dihubungi seperti tercetak; gunakan %(working)s.") % {"working": working}
    return _("Tidak dapat dihubungi seperti tercetak.") if any(contact.broken for contact in contacts) else ""


def _signer(signer: Signer | None) -> dict[str, str]:
    if signer is None:
        return {"title": f"Kepala {office().letterhead.name}", "name": ""}
    return {"title": signer.title, "name": signer.name}
