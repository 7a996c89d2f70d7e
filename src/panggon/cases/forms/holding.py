from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.cases.forms.base import RuledForm


class HoldForm(RuledForm):
    number = forms.CharField(label=_("Nomor permohonan"), max_length=20)
    reason = forms.CharField(label=_("Alasan penahanan"), max_length=300)
