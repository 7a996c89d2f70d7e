"""A PDF as an answer of the portal."""

from django.http import HttpResponse

# The browser's viewer needs nothing of ours, whatever a stranger's file may try.
POLICY = "default-src 'none'; frame-ancestors 'none'; sandbox"


def pdf_response(data: bytes, *, name: str) -> HttpResponse:
    """That the browser may show; `name` (ASCII, without quotes) is what it is saved as."""
    headers = {"Content-Disposition": f'inline; filename="{name}"', "Content-Security-Policy": POLICY}
    return HttpResponse(data, content_type="application/pdf", headers=headers)
