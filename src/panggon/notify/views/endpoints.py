"""The administrator's pages of webhooks: endpoints, what was sent, and what was given up."""

from uuid import UUID

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_GET, require_POST

from panggon.audit.history import history
from panggon.core.cases.vocabulary import Role
from panggon.core.errors import InvalidError
from panggon.notify import endpoints as services
from panggon.notify import selectors
from panggon.notify.forms.endpoint import EndpointForm
from panggon.notify.messages import send_again as resend
from panggon.notify.models import Endpoint
from panggon.notify.services import mail_again
from panggon.notify.words import MESSAGE_WORDS
from panggon.paging import page_of
from panggon.people.permissions import holders

A_PAGE, SHOWN = 20, 10


@holders(Role.ADMINISTRATOR)
@require_GET
def endpoints(request: HttpRequest) -> HttpResponse:
    context = {
        "endpoints": selectors.endpoints(),
        "unsent": selectors.unsent_mail().count() + selectors.unsent_messages().count(),
    }
    return render(request, "notify/endpoints.html", context)


@holders(Role.ADMINISTRATOR)
@never_cache
def new(request: HttpRequest) -> HttpResponse:
    """The answer to the form shows the secret, which no other page ever does."""
    form = EndpointForm(request.POST or None, initial={"active": True})
    if request.method == "POST" and form.is_valid():
        try:
            made, secret = services.add(**form.cleaned_data, actor=request.user, at=timezone.now())
        except InvalidError as error:
            form.add_faults(error.faults)
        else:
            return render(request, "notify/secret.html", {"endpoint": made, "secret": secret})
    return render(request, "notify/endpoint_new.html", {"form": form}, status=422 if form.errors else 200)


@holders(Role.ADMINISTRATOR)
def endpoint(request: HttpRequest, endpoint: int) -> HttpResponse:
    found = _endpoint_or_404(endpoint)
    initial = {"name": found.name, "url": found.url, "events": found.events, "active": found.active}
    form = EndpointForm(request.POST or None, initial=initial)
    if request.method == "POST" and form.is_valid() and _changed(request, found, form):
        messages.success(request, _("Perubahan disimpan."), "positive")
        return redirect("notify:endpoint", endpoint)
    labels = {name: field.label for name, field in form.fields.items()}
    deliveries = list(selectors.deliveries_of(found)[:SHOWN])
    context = {
        "endpoint": found,
        "title": initial["name"],
        "form": form,
        "deliveries": deliveries,
        "waiting": any(delivery.state == "waiting" and delivery.tries == 0 for delivery in deliveries),
        "history": history(f"notify.endpoint:{endpoint}", labels=labels),
    }
    return render(request, "notify/endpoint.html", context, status=422 if form.errors else 200)


@holders(Role.ADMINISTRATOR)
@require_POST
def test(request: HttpRequest, endpoint: int) -> HttpResponse:
    services.send_test(_endpoint_or_404(endpoint), at=timezone.now())
    messages.success(request, _("Pesan percobaan dikirim. Hasilnya tampak di bawah dalam beberapa detik."), "positive")
    return redirect("notify:endpoint", endpoint)


@holders(Role.ADMINISTRATOR)
@require_POST
@never_cache
def renew_secret(request: HttpRequest, endpoint: int) -> HttpResponse:
    found = _endpoint_or_404(endpoint)
    secret = services.renew_secret(found, actor=request.user, at=timezone.now())
    return render(request, "notify/secret.html", {"endpoint": found, "secret": secret})


@holders(Role.ADMINISTRATOR)
@require_POST
def remove(request: HttpRequest, endpoint: int) -> HttpResponse:
    services.remove(_endpoint_or_404(endpoint), actor=request.user, at=timezone.now())
    messages.success(request, _("Webhook dihapus."), "positive")
    return redirect("notify:endpoints")


@holders(Role.ADMINISTRATOR)
@require_GET
def undelivered(request: HttpRequest) -> HttpResponse:
    """What was given up, of webhooks and of e-mail, each with a button to send it again."""
    page = page_of(request, selectors.dead_deliveries(), size=A_PAGE)
    letters = [(message, MESSAGE_WORDS[message.kind]) for message in selectors.unsent_messages()[:A_PAGE]]
    context = {"page": page, "mails": selectors.unsent_mail()[:A_PAGE], "letters": letters}
    return render(request, "notify/undelivered.html", context)


@holders(Role.ADMINISTRATOR)
@require_POST
def send_again(request: HttpRequest, delivery: UUID) -> HttpResponse:
    found = selectors.dead_deliveries().filter(pk=delivery).first()
    if found is not None:  # pressed twice, it is on its way
        services.send_again(found)
    messages.success(request, _("Pesan dikirim lagi."), "positive")
    return redirect("notify:undelivered")


@holders(Role.ADMINISTRATOR)
@require_POST
def send_mail_again(request: HttpRequest, notice: int) -> HttpResponse:
    found = selectors.unsent_mail().filter(pk=notice).first()
    if found is not None:
        mail_again(found)
    messages.success(request, _("Email dikirim lagi."), "positive")
    return redirect("notify:undelivered")


@holders(Role.ADMINISTRATOR)
@require_POST
def send_message_again(request: HttpRequest, message: int) -> HttpResponse:
    found = selectors.unsent_messages().filter(pk=message).first()
    if found is not None:
        resend(found)
    messages.success(request, _("Email dikirim lagi."), "positive")
    return redirect("notify:undelivered")


# ------------------------------------------------------------------------------------------------------------------


def _endpoint_or_404(pk: int) -> Endpoint:
    found = selectors.endpoint(pk)
    if found is None:
        raise Http404
    return found


def _changed(request: HttpRequest, endpoint: Endpoint, form: EndpointForm) -> bool:
    try:
        services.change(endpoint, **form.cleaned_data, actor=request.user, at=timezone.now())
    except InvalidError as error:
        form.add_faults(error.faults)
        return False
    return True
