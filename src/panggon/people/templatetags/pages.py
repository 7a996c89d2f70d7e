"""What every page needs: icons from the one sprite, and parts that are drawn once."""

import re
from collections.abc import Hashable
from dataclasses import fields, is_dataclass
from functools import lru_cache
from typing import Any

from django import template
from django.db.models import Model
from django.template.loader import render_to_string
from django.templatetags.static import static
from django.utils.formats import number_format
from django.utils.html import escape, format_html
from django.utils.safestring import SafeData, SafeString, mark_safe
from django.utils.translation import get_language

register = template.Library()
NAME_DOT = re.compile(r"(?<=\w\w)\.(?=[^\W\d_]{2})")  # of a host or a file; none of a moment, and no degree of a person
PARTS_MOST = 5_000  # that are kept: rows of lists, most of them, of about 1 kB


@register.simple_tag
@lru_cache
def icon(name: str) -> SafeString:
    """A decorative icon; the word beside it says the same."""
    return format_html(
        '<svg class="icon" width="20" height="20" aria-hidden="true" focusable="false"><use href="{}#{}"/></svg>',
        static("panggon/icons.svg"),
        name,
    )


@register.filter
def breakable(words: object) -> SafeString:
    """Names of hosts and files may be broken after their dots; copied they stay in one piece."""
    return mark_safe(NAME_DOT.sub(".<wbr>", escape(words)))  # noqa: S308 (escaped here)


@register.filter
def gibibytes(size: int) -> str:
    """`37,5 GiB`, as the reader's language writes it, in one piece."""
    return f"{number_format(size / 1024**3, 1)}\N{NO-BREAK SPACE}GiB"


@register.simple_tag
def part(name: str, **facts: Hashable) -> SafeString:
    """A template that shows these facts and nothing else: drawn once in each language, and kept for when they are the
    same again. So it is right by itself, whatever changes.

    Raises TypeError for facts that can change while they stay equal to themselves, such as a row of the database.
    """
    return _drawn(name, get_language(), tuple(facts.items()))


@lru_cache(PARTS_MOST)
def _drawn(name: str, _language: str, facts: tuple[tuple[str, Hashable], ...]) -> SafeString:
    _check(facts)
    return render_to_string(name, dict(facts))


def _check(fact: Any) -> None:
    """A text that is marked safe is refused because it is equal to the same text from people, which is not."""
    if isinstance(fact, Model | SafeData):
        raise TypeError(f"{type(fact).__name__} is no plain fact")
    if is_dataclass(fact):
        fact = [getattr(fact, field.name) for field in fields(fact)]
    if isinstance(fact, tuple | list):
        for each in fact:
            _check(each)
