"""The survey in the reader's language."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType

from django.utils.translation import gettext_lazy as _

from panggon.core import survey
from panggon.core.survey import Band, Element, Question

QUESTIONS: Mapping[Element, Question] = MappingProxyType(
    {
        element: replace(
            question,
            title=_(question.title),
            text=_(question.text),
            answers=tuple(_(words) for words in question.answers),
        )
        for element, question in survey.QUESTIONS.items()
    }
)
BAND_LABELS: Mapping[Band, str] = MappingProxyType({band: _(words) for band, words in survey.BAND_LABELS.items()})
GROUP_LABELS = {"gender": _("Jenis kelamin"), "education": _("Pendidikan"), "occupation": _("Pekerjaan")}
FAULT_WORDS = {"survey.over": _("Survei ini sudah diisi, atau waktunya sudah lewat.")}
