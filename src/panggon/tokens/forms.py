from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.forms import PlainForm
from panggon.tokens.models import Scope
from panggon.tokens.selectors import scopes

WORDS = {
    Scope.CASES_READ: _("Membaca permohonan dan naskahnya"),
    Scope.CASES_ACT: _("Membuat permohonan dan menjalankan langkah-langkahnya"),
    Scope.CASES_DECIDE: _("Menolak permohonan"),
    Scope.SITES_READ: _("Membaca daftar situs"),
    Scope.SCHEDULE_READ: _("Membaca kalender kerja dan buku agenda"),
}
REQUIRED = {"required": _("Wajib diisi.")}


class TokenForm(PlainForm):
    name = forms.CharField(
        label=_("Nama"), max_length=80, help_text=_("Untuk program apa token ini?"), error_messages=REQUIRED
    )
    scopes = forms.MultipleChoiceField(
        label=_("Yang diizinkan"), widget=forms.CheckboxSelectMultiple, error_messages=REQUIRED
    )
    days = forms.TypedChoiceField(
        label=_("Berlaku selama"),
        choices=[(30, _("30 hari")), (90, _("90 hari")), (365, _("1 tahun"))],
        coerce=int,
        initial=90,
        error_messages=REQUIRED,
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields["scopes"].choices = [(scope.value, WORDS[scope]) for scope in scopes()]
