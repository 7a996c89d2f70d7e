from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.core.errors import Fault
from panggon.core.notify.notices import events
from panggon.forms import PlainForm
from panggon.notify.words import EVENT_WORDS, FAULT_WORDS


class EndpointForm(PlainForm):
    name = forms.CharField(label=_("Nama"), max_length=80, help_text=_("Misalnya: Gerbang WhatsApp."))
    url = forms.CharField(
        label=_("Alamat (URL)"),
        max_length=500,
        help_text=_("Diawali https://. Pengalihan (redirect) tidak diikuti."),
        widget=forms.URLInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )
    events = forms.MultipleChoiceField(
        label=_("Peristiwa yang dikirim"),
        choices=[(event.value, EVENT_WORDS.get(event, event.value)) for event in events()],
        required=False,
        help_text=_("Selain langkah umum, setiap pesan memuat nomor HP orang yang menyetujuinya."),
        widget=forms.CheckboxSelectMultiple,
    )
    active = forms.BooleanField(label=_("Aktif"), required=False)

    def add_faults(self, faults: tuple[Fault, ...]) -> None:
        for fault in faults:
            self.add_error(fault.field, FAULT_WORDS[fault.code])
