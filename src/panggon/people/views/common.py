"""What the pages about people share: a form that is shown, judged and acted on; one button; a search."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render

from panggon.core.errors import InvalidError
from panggon.people.forms import RuledForm
from panggon.people.words import fault_words

ROWS = 50  # on one page of a list


def handle(
    request: HttpRequest,
    form: RuledForm,
    act: Callable[[dict[str, Any]], object],
    *,
    done: str,
    to: tuple[Any, ...],
    context: dict[str, Any],
    template: str = "people/form.html",
) -> HttpResponse:
    """Acts with what the form holds and goes on to `to`; else the form again, with every fault at its field."""
    if request.method == "POST" and form.is_valid():
        try:
            act(form.cleaned_data)
        except InvalidError as error:
            form.add_faults(error.faults)
        else:
            messages.success(request, done, "positive")
            return redirect(*to)
    status = 422 if form.is_bound and form.errors else 200
    return render(request, template, {"form": form, **context}, status=status)


def press(request: HttpRequest, act: Callable[[], object], *, done: str, to: tuple[Any, ...]) -> HttpResponse:
    """A button without a form: what the rules refuse is said on the page that follows."""
    try:
        act()
    except InvalidError as error:
        for fault in error.faults:
            messages.warning(request, fault_words(fault), "warning")
    else:
        messages.success(request, done, "positive")
    return redirect(*to)


def searched(request: HttpRequest) -> str:
    return request.GET.get("cari", "").strip()[:100]
