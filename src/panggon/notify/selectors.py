from django.db.models import QuerySet

from panggon.notify.models import Notice
from panggon.people.models import User


def unseen(user: User) -> QuerySet[Notice]:
    """What this person was told and has not looked at, newest first."""
    return Notice.objects.filter(recipient=user, seen_at=None)
