from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from panggon.core.notify.notices import Mailing
from panggon.forms import PlainForm

MAILING_WORDS = [
    (Mailing.AT_ONCE, _("Email segera, untuk setiap pemberitahuan")),
    (Mailing.DIGEST, _("Satu email setiap pagi hari kerja, berisi semuanya")),
    (Mailing.NONE, _("Tanpa email, kecuali bila keputusan menunggu saya")),
]


class PreferenceForm(PlainForm):
    mailing = forms.ChoiceField(label=_("Pemberitahuan lewat email"), choices=MAILING_WORDS, widget=forms.RadioSelect)
    phone = forms.BooleanField(
        label=_("Kirim juga ke nomor HP saya"),
        required=False,
        help_text=_("Hanya bila dinas memakai gerbang pesan. Yang dikirim: nomor HP Anda, perihal, dan tautan."),
    )
    language = forms.ChoiceField(label=_("Bahasa pemberitahuan"), choices=settings.LANGUAGES, widget=forms.RadioSelect)

    def inputs(self) -> dict[str, Any]:
        return {**self.cleaned_data, "mailing": Mailing(self.cleaned_data["mailing"])}
