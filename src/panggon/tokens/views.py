from allauth.account.internal.flows.login import get_authentication_records
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_POST

from panggon.people.permissions import signed_in
from panggon.tokens import selectors, services
from panggon.tokens.forms import WORDS, TokenForm
from panggon.tokens.models import Scope


@signed_in
@never_cache
def tokens(request: HttpRequest) -> HttpResponse:
    """The person's own tokens; a new one is shown in the answer to the form, and never again."""
    may_make = _came_with_second_factor(request)
    form, secret = TokenForm(request.POST or None), ""
    if request.method == "POST":
        if not may_make:
            raise PermissionDenied
        if form.is_valid():
            _token, secret = services.make(request.user, **form.cleaned_data, at=timezone.now())
            form = TokenForm()
    context = {
        "form": form,
        "secret": secret,
        "may_make": may_make,
        "rows": [(token, _words(token.scopes)) for token in selectors.tokens_of(request.user)],
        "now": timezone.now(),
    }
    return render(request, "tokens/tokens.html", context, status=422 if form.is_bound and form.errors else 200)


@signed_in
@require_POST
def withdraw(request: HttpRequest, token: int) -> HttpResponse:
    if not services.withdraw(request.user, token, at=timezone.now()):
        raise Http404
    messages.success(request, _("Token dicabut. Program yang memakainya tidak dapat masuk lagi."), "positive")
    return redirect("tokens:tokens")


def _came_with_second_factor(request: HttpRequest) -> bool:
    """Whether this very session was opened with a second factor: a token must not be had for a stolen password."""
    return any(record.get("method") == "mfa" for record in get_authentication_records(request, request.user))


def _words(scopes: list[str]) -> list[str]:
    return [str(WORDS[scope]) for scope in Scope if scope in scopes]
