"""What a person sees of the own account: sessions, second factors, what happened at the door."""

from typing import Any

from allauth.account.decorators import reauthentication_required
from allauth.mfa.base.views import IndexView
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.views import ViewRecoveryCodesView
from allauth.mfa.totp.views import ActivateTOTPView
from allauth.mfa.utils import is_mfa_enabled
from allauth.mfa.webauthn.views import RemoveWebAuthnView
from django.conf import settings
from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseBase, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_GET
from django.views.generic.edit import FormView

from panggon.core.cases.vocabulary import Role
from panggon.core.errors import InvalidError
from panggon.people import selectors as people
from panggon.people.models import User
from panggon.people.permissions import holders, public, signed_in
from panggon.signin import keys, providers, selectors, services
from panggon.signin.forms import ActivateTOTPForm, ReleaseForm, RemovePasskeyForm
from panggon.signin.words import fault_words

RECENT, MANY = 10, 100


class AccountView(IndexView):
    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return {
            **super().get_context_data(**context),
            "visits": selectors.visits_of(self.request.user)[:RECENT],
            "codes_left": selectors.codes_left(self.request.user),
            "is_official": people.is_official(self.request.user, now=timezone.now()),
            "titles": people.titles_of(self.request.user, now=timezone.now()),
            "session_count": len(selectors.sessions_of(self.request.user)),
        }


class ActivateView(ActivateTOTPView):
    def get_context_data(self, **context: Any) -> dict[str, Any]:
        must = people.is_official(self.request.user, now=timezone.now())
        return {**super().get_context_data(**context), "must": must}


@method_decorator(reauthentication_required(app="allauth.mfa"), name="dispatch")
class NewPhoneView(ActivateTOTPView):
    """The code's secret goes from one phone to another in one step: an official is never without."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if not is_mfa_enabled(request.user, [Authenticator.Type.TOTP]):
            return redirect("mfa_activate_totp")
        return FormView.dispatch(self, request, *args, **kwargs)

    def get_context_data(self, **context: Any) -> dict[str, Any]:
        return {**super().get_context_data(**context), "moving": True}

    @transaction.atomic
    def form_valid(self, form: ActivateTOTPForm) -> HttpResponse:
        services.forget_phone(self.request.user)
        return super().form_valid(form)


class CodesView(ViewRecoveryCodesView):
    """Who never had codes makes some."""

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        if request.user.is_authenticated and not selectors.codes_left(request.user):
            return redirect("mfa_generate_recovery_codes")
        return super().dispatch(request, *args, **kwargs)


class RemovePasskeyView(RemoveWebAuthnView):
    form_class = RemovePasskeyForm

    def get_form_kwargs(self) -> dict[str, Any]:
        return {**super().get_form_kwargs(), "instance": self.object}


account = signed_in(AccountView.as_view())
remove_passkey = signed_in(RemovePasskeyView.as_view())
activate_totp = signed_in(ActivateView.as_view())
new_phone = signed_in(NewPhoneView.as_view())
codes = signed_in(CodesView.as_view())


@public
@cache_control(public=True, max_age=300)
def client_keys(request: HttpRequest) -> JsonResponse:  # noqa: ARG001 (the signature is Django's)
    """The public keys with which a provider checks that it is we who ask."""
    return JsonResponse(keys.published(now=timezone.now()))


@holders(Role.ADMINISTRATOR)
@require_GET
def other_doors(request: HttpRequest) -> HttpResponse:
    """The providers of the installation's file, and what has to be registered there."""
    apps = settings.SOCIALACCOUNT_PROVIDERS["openid_connect"]["APPS"]
    rows = [
        {
            "app": app,
            "signs": app["settings"]["token_auth_method"] == providers.PRIVATE_KEY_JWT,
            "trusted": [word for words in app["settings"]["second_factor"].values() for word in words],
            "redirect": _address("openid_connect_callback", app["provider_id"]),
        }
        for app in apps
    ]
    keys_of_ours = selectors.client_keys(now=timezone.now())
    context = {"rows": rows, "keys": keys_of_ours, "keys_address": _address("client_keys")}
    return render(request, "signin/providers.html", context)


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
    """For the administrator: what happened at the door of one account; POST releases its second factors."""
    owner = get_object_or_404(User, pk=person)
    form = ReleaseForm(request.POST or None)
    if form.is_bound and form.is_valid():
        try:
            services.release_factors(owner, actor=request.user, at=timezone.now(), reason=form.cleaned_data["reason"])
        except InvalidError as error:
            form.add_error(None, [fault_words(fault) for fault in error.faults])
        else:
            messages.success(request, _("Pengaman tambahan dilepas. Orangnya diberi tahu lewat email."), "positive")
            return redirect("person_visits", owner.pk)
    context = {
        "owner": owner,
        "form": form,
        "factors": selectors.factors_of(owner),
        "visits": selectors.visits_of(owner)[:MANY],
        "heading": _("Masuk dan pengaman"),
    }
    return render(request, "signin/person.html", context, status=422 if form.errors else 200)


def _address(view: str, *arguments: str) -> str:
    return f"{settings.PANGGON_BASE_URL}{reverse(view, args=arguments)}"
