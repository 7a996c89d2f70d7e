"""The administrator's page over everything that was changed outside of the cases."""

from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from panggon.audit import history, selectors
from panggon.core.cases.vocabulary import Role
from panggon.forms import PlainForm
from panggon.people.permissions import holders

ON_A_PAGE = 50
# Kinds of things by the names that their subjects have; one that is not here is shown by that name.
KINDS = {
    "audit.seal": _("Segel catatan"),
    "cases.access": _("Hak akses situs"),
    "cases.archive": _("Pengambilan berkas permohonan"),
    "cases.export": _("Ekspor daftar permohonan"),
    "cases.file_check": _("Pemeriksaan arsip"),
    "cases.filing": _("Pengambilan berkas untuk SRIKANDI"),
    "cases.hold": _("Penahanan permohonan"),
    "cases.retention": _("Penghapusan data pribadi"),
    "incidents.incident": _("Insiden keamanan"),
    "incidents.retention": _("Penghapusan data pribadi insiden"),
    "notify.endpoint": _("Webhook"),
    "notify.preference": _("Pilihan pemberitahuan"),
    "office.setting": _("Pengaturan dinas"),
    "papers.export": _("Ekspor buku nomor"),
    "papers.number": _("Nomor naskah"),
    "papers.store": _("Berkas tanpa pemilik"),
    "papers.template": _("Templat naskah"),
    "people.acting": _("Plh/Plt"),
    "people.agency": _("OPD"),
    "people.division": _("Bidang"),
    "people.invitation": _("Undangan"),
    "people.user": _("Orang"),
    "portal.job": _("Pekerjaan portal"),
    "schedule.closing": _("Penutupan kantor"),
    "schedule.holiday": _("Hari libur"),
    "sites.node": _("Server hosting"),
    "sites.plan": _("Paket situs"),
    "sites.site": _("Situs"),
    "tokens.token": _("Token API"),
}
DAY = {"type": "date"}


def _kinds() -> list[tuple[str, Any]]:
    return [("", _("Semua")), *((kind, KINDS.get(kind, kind)) for kind in selectors.kinds())]


class FilterForm(PlainForm):
    """What the address of the page says; the names are the page's words."""

    jenis = forms.ChoiceField(label=_("Yang diubah"), required=False, choices=_kinds)
    orang = forms.CharField(label=_("Oleh"), required=False, max_length=150)
    dari = forms.DateField(
        label=_("Dari tanggal"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d")
    )
    sampai = forms.DateField(
        label=_("Sampai tanggal"), required=False, widget=forms.DateInput(attrs=DAY, format="%Y-%m-%d")
    )
    sesudah = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1, widget=forms.HiddenInput)

    def meant(self) -> dict[str, Any]:
        values = self.cleaned_data
        return {
            "kind": values["jenis"],
            "actor": values["orang"],
            "since": _begins(values["dari"]),
            "until": _begins(values["sampai"] + timedelta(days=1)) if values["sampai"] else None,
            "before": values["sesudah"],
        }


@holders(Role.ADMINISTRATOR)
def changes(request: HttpRequest) -> HttpResponse:
    """Who changed what and when, the newest first; the address says what is shown."""
    form = FilterForm(request.GET)
    rows = list(selectors.changes(**form.meant())[: ON_A_PAGE + 1]) if form.is_valid() else []
    shown = rows[:ON_A_PAGE]
    context = {
        "form": form,
        "rows": [(change.sequence, history.entry_of(change, labels={}, of=_thing(change.subject))) for change in shown],
        "after": shown[-1].sequence if len(rows) > ON_A_PAGE else None,
        "further": bool(request.GET.get("sesudah")),
    }
    return render(request, "panggon/changes.html", context, status=200 if form.is_valid() else 422)


def _thing(subject: str) -> str:
    kind, _colon, key = subject.partition(":")
    return f"{KINDS.get(kind, kind)} {key}"


def _begins(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time.min)) if day else None
