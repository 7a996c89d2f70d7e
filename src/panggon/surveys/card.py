"""The card with the index as the regulation shows it: the value, the service, the respondents, the period."""

from typing import Any

from panggon.core.surveys.survey import BAND_LABELS, QUESTIONS
from panggon.office.selectors import office
from panggon.papers.dates import day_words
from panggon.surveys.selectors import Survey
from panggon.surveys.words import GROUP_LABELS


def card_content(survey: Survey) -> dict[str, Any]:
    """What `kartu.typ` lays out; a paper is in Indonesian, whoever asks for it."""
    result = survey.result
    return {
        "title": "Indeks Kepuasan Masyarakat",
        "service": office().standard.service,
        "index": _decimal(float(result.index)),
        "band": result.band.value,
        "band_words": BAND_LABELS[result.band],
        "respondents": result.respondents,
        "period": f"{day_words(survey.period.first)} – {day_words(survey.period.last)}",
        "elements": [
            [element.number, QUESTIONS[element].title, _decimal(float(mean))] for element, mean in result.means.items()
        ],
        "groups": [
            [str(GROUP_LABELS[kind]), ", ".join(f"{group.label} {group.count}" for group in groups if group.count)]
            for kind, groups in survey.groups
        ],
    }


def _decimal(value: float) -> str:
    return f"{value:.2f}".replace(".", ",")
