"""A page of a list: the address says which, and what was asked for; panggon/pager.html leads to the others."""

from typing import Any

from django.core.paginator import Page, Paginator
from django.db.models import QuerySet
from django.http import HttpRequest


def page_of(request: HttpRequest, rows: QuerySet[Any], *, size: int) -> Page:
    """The page with the number `halaman`: the first if that is no number, the last if there are fewer."""
    return Paginator(rows, size).get_page(request.GET.get("halaman"))
