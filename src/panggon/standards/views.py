"""What the service promises and how it works, for everybody; for officials what is to be looked at in it."""

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone

from panggon.core.cases.vocabulary import Role
from panggon.labels import ROLE_LABELS
from panggon.office.values import Document, Group, Pledge
from panggon.pdf import pdf_response
from panggon.people.permissions import holders, official, public
from panggon.standards import printing, selectors
from panggon.standards.selectors import Version
from panggon.standards.sippn import as_text, fields_of_sippn
from panggon.standards.sop import sop_view
from panggon.standards.words import Procedure


@public
def standard(request: HttpRequest) -> HttpResponse:
    """The fourteen components as they hold now."""
    versions = selectors.versions(Document.STANDARD)
    context = {
        "content": selectors.content(),
        "version": versions[0],
        "versions": versions,
        "people": tuple(
            (str(ROLE_LABELS[role]), count) for role, count in selectors.counted_people(now=timezone.now())
        ),
    }
    return render(request, "standards/standard.html", context)


@public
def standard_edition(request: HttpRequest, edition: int) -> HttpResponse:
    """As it was published before."""
    published, version = _edition(Document.STANDARD, edition)
    context = {"content": selectors.content(published.values), "version": version, "versions": (), "people": ()}
    return render(request, "standards/standard.html", context)


@public
def standard_pdf(_request: HttpRequest) -> HttpResponse:
    version = selectors.versions(Document.STANDARD)[0]
    data = printing.standard_pdf(selectors.content(), version, at=timezone.now())
    return pdf_response(data, name="standar-pelayanan-hosting.pdf")


@public
def sop(request: HttpRequest, procedure: Procedure) -> HttpResponse:
    """One of the two SOPs: head, flow chart and standard of quality."""
    return render(request, "standards/sop.html", {"sop": sop_view(procedure, now=timezone.now())})


@public
def sop_pdf(_request: HttpRequest, procedure: Procedure) -> HttpResponse:
    now = timezone.now()
    return pdf_response(printing.sop_pdf(sop_view(procedure, now=now), at=now), name=f"sop-{procedure}.pdf")


@public
def pledge(request: HttpRequest) -> HttpResponse:
    """Maklumat pelayanan, signed by whoever was Kepala Dinas on its day."""
    versions = selectors.versions(Document.PLEDGE)
    return render(request, "standards/pledge.html", _pledge() | {"version": versions[0], "versions": versions})


@public
def pledge_edition(request: HttpRequest, edition: int) -> HttpResponse:
    published, version = _edition(Document.PLEDGE, edition)
    context = _pledge(published.values[Group.PLEDGE]) | {"version": version, "versions": ()}
    return render(request, "standards/pledge.html", context)


@public
def pledge_pdf(_request: HttpRequest) -> HttpResponse:
    context = _pledge()
    data = printing.pledge_pdf(context["pledge"], context["signer"], at=timezone.now())
    return pdf_response(data, name="maklumat-pelayanan.pdf")


@official
def sippn(request: HttpRequest) -> HttpResponse:
    """What SIPPN asks for, to be copied there field by field."""
    return render(request, "standards/sippn.html", {"fields": fields_of_sippn()})


@official
def sippn_text(_request: HttpRequest) -> HttpResponse:
    headers = {"Content-Disposition": 'attachment; filename="sippn-pelayanan-hosting.txt"'}
    return HttpResponse(as_text(fields_of_sippn()), content_type="text/plain; charset=utf-8", headers=headers)


@holders(Role.ADMINISTRATOR)
def documents(request: HttpRequest) -> HttpResponse:
    """All that is published of the service: where it is changed, read and printed."""
    return render(request, "standards/documents.html")


# ------------------------------------------------------------------------------------------------------------------


def _edition(document: Document, number: int) -> tuple[selectors.Published, Version]:
    published = selectors.edition(document, number)
    if published is None:
        raise Http404
    newest = selectors.versions(document)[0]
    return published, Version(published.number, published.at, is_newest=published.number == newest.number)


def _pledge(value: Pledge | None = None) -> dict[str, Any]:
    said = selectors.pledge(value)
    return {"pledge": said, "signer": selectors.signer_on(said.day, now=timezone.now())}
