"""Who is signed in: the two questions that come before every page."""

from allauth.account.auth_backends import AuthenticationBackend
from django.contrib.sessions.backends.db import SessionStore as DatabaseSessions
from django.contrib.sessions.models import Session
from django.db.models import QuerySet
from django.utils import timezone

from panggon.people.models import User
from panggon.questions import Given, question


class SessionStore(DatabaseSessions):
    """Django's sessions of the database, read by a question that is written once."""

    def _get_session_from_db(self) -> Session | None:
        found = _sessions(key=self.session_key, now=timezone.now())
        if not found:
            self._session_key = None
        return found[0] if found else None


class Accounts(AuthenticationBackend):
    """The accounts of django-allauth, read in the same way."""

    def get_user(self, user_id: int) -> User | None:
        found = _users(user=user_id)
        return found[0] if found and self.user_can_authenticate(found[0]) else None


@question
def _sessions() -> QuerySet[Session]:
    return Session.objects.filter(session_key=Given("key"), expire_date__gt=Given("now"))


@question
def _users() -> QuerySet[User]:
    return User.objects.filter(pk=Given("user"))
