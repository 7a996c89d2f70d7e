"""The survey in the reader's language."""

from collections.abc import Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy

from panggon.core.surveys import survey
from panggon.core.surveys.survey import Band, Element, Question


def _(words: str) -> Any:
    """A promise of words, which stands wherever these are asked for."""
    return gettext_lazy(words)


QUESTIONS: Mapping[Element, Question] = MappingProxyType(
    {
        element: replace(
            question,
            title=_(question.title),
            text=_(question.text),
            answers=(_(first), _(second), _(third), _(fourth)),
        )
        for element, question in survey.QUESTIONS.items()
        for first, second, third, fourth in [question.answers]
    }
)
BAND_LABELS: Mapping[Band, str] = MappingProxyType({band: _(words) for band, words in survey.BAND_LABELS.items()})
GROUP_LABELS = {"gender": _("Jenis kelamin"), "education": _("Pendidikan"), "occupation": _("Pekerjaan")}
FAULT_WORDS = {"survey.over": _("Survei ini sudah diisi, atau waktunya sudah lewat.")}
