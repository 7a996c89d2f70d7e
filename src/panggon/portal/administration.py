"""The administrator's one page from which everything is reached that another city would fill in differently."""

from dataclasses import dataclass, replace
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.utils.translation import gettext_lazy as _

from panggon.core.cases.vocabulary import Role
from panggon.office.values import Group
from panggon.office.words import PAGES
from panggon.people.permissions import holders
from panggon.portal.failed_jobs import failed


@dataclass(frozen=True, slots=True)
class Entry:
    address: Any
    title: Any
    purpose: Any
    count: int = 0  # of what waits there


def _group(group: Group) -> Entry:
    page = PAGES[group]
    return Entry(reverse("office:settings", args=[group]), page.title, page.purpose)


def _page(view: str, title: Any, purpose: Any) -> Entry:
    return Entry(reverse_lazy(view), title, purpose)


PLANS = _page("sites:plans", _("Paket situs"), _("Penyimpanan, memori, dan versi PHP yang ditawarkan."))
NODES = _page("sites:nodes", _("Server hosting"), _("Server yang terdaftar, dan kode pendaftaran."))
WEBHOOKS = _page("notify:endpoints", _("Webhook"), _("Sistem lain yang diberi tahu, dan pesan yang gagal terkirim."))
PROVIDERS = _page("other_doors", _("Masuk lewat penyedia lain"), _("Keycloak, INApas: apa yang didaftarkan di sana."))
LETTERHEAD = _page("papers:letterhead", PAGES[Group.LETTERHEAD].title, PAGES[Group.LETTERHEAD].purpose)
NUMBERING = _page("papers:numbering", PAGES[Group.NUMBERING].title, PAGES[Group.NUMBERING].purpose)
CHANGES = _page("changes", _("Catatan perubahan"), _("Siapa mengubah apa dan kapan, di luar permohonan."))
FAILED_JOBS = _page("failed_jobs", _("Pekerjaan yang gagal"), _("Yang tidak berhasil dikerjakan portal sendiri."))
PEOPLE = [
    _page("people:agencies", _("OPD"), _("Nama, subdomain, dan pengguna tiap OPD.")),
    _page("people:staff", _("Pegawai dinas"), _("Siapa memegang jabatan apa, undangan, dan semua akun.")),
    _page("people:acting", _("Plh dan Plt"), _("Pejabat sementara dengan surat perintah dan masa tugasnya.")),
    _page("people:divisions", _("Bidang"), _("Bidang yang menerima disposisi.")),
]
TEMPLATES = _page("papers:templates", _("Templat naskah"), _("Bentuk naskah: diubah, dicoba, dan dikembalikan."))
DOCUMENTS = _page(
    "standards:documents",
    _("Dokumen pelayanan"),
    _("Standar, SOP, maklumat, SIPPN: yang diumumkan, dan yang perlu diperiksa."),
)
SURVEY = _page("surveys:review", _("Saran dari survei"), _("Dibaca sebelum ditayangkan; daftar perbaikan."))
MAILS = _page(
    "complaints:mails", _("Pengaduan lewat email"), _("Dari mana diambil, kapan terakhir, dan apa yang salah.")
)
ERASING = _page("cases:retention", _("Penghapusan data pribadi"), _("Apa yang akan dihapus, dan apa yang sudah."))


@holders(Role.ADMINISTRATOR)
def administration(request: HttpRequest) -> HttpResponse:
    """Every page of settings, by what it is about."""
    jobs = replace(FAILED_JOBS, count=failed().count())
    sections = [
        (_("Orang"), PEOPLE),
        (
            _("Dinas dan pelayanan"),
            [LETTERHEAD, DOCUMENTS, *map(_group, (Group.CONTACTS, Group.COMPLAINTS)), MAILS, SURVEY],
        ),
        (_("Situs"), [_group(Group.NAMING), _group(Group.DELIVERY), PLANS, NODES]),
        (_("Surat dan naskah"), [NUMBERING, TEMPLATES, _group(Group.SIGNING), _group(Group.MAIL)]),
        (_("Sistem lain"), [WEBHOOKS, _group(Group.PROGRAMS), PROVIDERS]),
        (_("Data dan catatan"), [_group(Group.RETENTION), ERASING, CHANGES, jobs]),
    ]
    return render(request, "panggon/administration.html", {"sections": sections})
