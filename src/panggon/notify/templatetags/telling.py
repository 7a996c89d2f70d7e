"""The words of webhooks, for pages."""

from typing import Any

from django import template

from panggon.notify.models import Attempt
from panggon.notify.words import EVENT_WORDS, PROBLEM_WORDS, STATE_WORDS

register = template.Library()


@register.filter
def event_words(event: str) -> Any:
    return EVENT_WORDS.get(event, event)


@register.filter
def state_words(state: str) -> Any:
    return STATE_WORDS[state]


@register.filter
def answer_words(attempt: Attempt) -> Any:
    return f"HTTP {attempt.status}" if attempt.status else PROBLEM_WORDS.get(attempt.problem, attempt.problem)
