"""A whole case as one ZIP, for those who may read it, with what they may read of it."""

from django.http import HttpRequest, StreamingHttpResponse
from django.utils import timezone
from django.views.decorators.http import require_POST

from panggon.audit.services import record
from panggon.cases.archive.zipping import zipped
from panggon.cases.views import acting
from panggon.cases.views.archive_files import everything
from panggon.people import selectors as people
from panggon.people.permissions import signed_in


@signed_in
@require_POST
def archive(request: HttpRequest, number: str) -> StreamingHttpResponse:
    """By a button, not by a link: that somebody took the case along is recorded."""
    case, now = acting.case_or_404(request, number), timezone.now()
    whole = people.is_official(request.user, now=now)
    files = everything(case, request.user, now=now)
    record(f"cases.archive:{case.number}", before=None, after={"whole": whole}, actor=request.user, at=now)
    headers = {"Content-Disposition": f'attachment; filename="{case.number}.zip"'}
    parts = zipped(files, at=timezone.localtime(now))
    return StreamingHttpResponse(parts, content_type="application/zip", headers=headers)
