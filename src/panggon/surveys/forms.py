from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from panggon.core.surveys.survey import Element
from panggon.forms import PlainForm
from panggon.surveys.models import Education, Gender, Occupation
from panggon.surveys.words import QUESTIONS

NOT_SAID = ("", _("Tidak ingin menyebutkan"))


class AnswerForm(PlainForm):
    """Nine questions with four answers in words; the rest may be left out."""

    gender = forms.ChoiceField(label=_("Jenis kelamin"), choices=[NOT_SAID, *Gender.choices], required=False)
    education = forms.ChoiceField(
        label=_("Pendidikan terakhir"), choices=[NOT_SAID, *Education.choices], required=False
    )
    occupation = forms.ChoiceField(label=_("Pekerjaan"), choices=[NOT_SAID, *Occupation.choices], required=False)
    words = forms.CharField(
        label=_("Saran"),
        max_length=1000,
        required=False,
        help_text=_("Dibaca petugas sebelum ditayangkan. Mohon tidak menulis nama atau nomor orang."),
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.fields = {**{element.value: _question(element) for element in Element}, **self.fields}


class ImprovementForm(PlainForm):
    said = forms.CharField(label=_("Yang disampaikan"), max_length=300)
    done = forms.CharField(label=_("Yang kami lakukan"), max_length=300)
    day = forms.DateField(
        label=_("Tanggal"),
        error_messages={"invalid": _("Tulis tanggal yang benar.")},
        widget=forms.DateInput(format="%Y-%m-%d", attrs={"type": "date"}),
    )


def _question(element: Element) -> forms.TypedChoiceField:
    """The best answer comes last, as on the regulation's sheet."""
    question = QUESTIONS[element]
    return forms.TypedChoiceField(
        label=question.text,
        coerce=int,
        choices=list(enumerate(question.answers, start=1)),
        widget=forms.RadioSelect,
        error_messages={
            "required": _("Pilih satu jawaban."),
            "invalid_choice": _("Pilih salah satu dari empat jawaban."),
        },
    )
