"""What a person sees of the own account: sessions, second factors, what happened at the door."""

from typing import Any

from allauth.mfa.base.views import IndexView
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.contrib import messages
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control

from panggon.core.vocabulary import Role
from panggon.people.models import User
from panggon.people.permissions import holders, public, signed_in
from panggon.signin import keys, selectors, services
from panggon.signin.forms import RemovePasskeyForm

RECENT, MANY = 10, 100


class AccountView(IndexView):
    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**context),
            "visits": selectors.visits_of(self.request.user)[:RECENT],
            "session_count": len(selectors.sessions_of(self.request.user)),
        }


class RemovePasskeyView(RemoveWebAuthnView):
    form_class = RemovePasskeyForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": self.object}


account = signed_in(AccountView.as_view())
remove_passkey = signed_in(RemovePasskeyView.as_view())


@public
@cache_control(public=True, max_age=300)
def client_keys(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 (the signature is Django's)
    """The public keys with which a provider checks that it is we who ask."""
    return JsonResponse(keys.published(now=timezone.now()))


@signed_in
def sessions(request: HttpRequest) -> HttpResponse:
    """Where the person is signed in; POST ends the sessions that were chosen."""
    found = selectors.sessions_of(request.user)
    current = request.session.session_key
    if request.method == "POST":
        chosen = request.POST.getlist("session")
        ended = services.end_sessions(
            request.user,
            [session.pk for session in found if "others" in request.POST or str(session.pk) in chosen],
            request,
            at=timezone.now(),
        )
        messages.success(
            request, ngettext("%(count)d sesi diakhiri.", "%(count)d sesi diakhiri.", ended) % {"count": ended}
        )
        return redirect("usersessions_list")
    return render(request, "signin/sessions.html", {"sessions": found, "current": current})


@holders(Role.ADMINISTRATOR)
def person(request: HttpRequest, person: int) -> HttpResponse:
    """For the administrator: what happened at the door of one account."""
    owner = get_object_or_404(User, pk=person)
    context = {"owner": owner, "visits": selectors.visits_of(owner)[:MANY], "heading": _("Riwayat masuk")}
    return render(request, "signin/person.html", context)
