"""By which number (NIK) the certificate authority knows somebody who signs: kept encrypted, while it is needed.

It goes in the first night in which its owner does not sign any more: the post or the order of a Plh/Plt is over, the
account is closed, or the department signs in another way (UU 27/2022).
"""

from datetime import datetime

from cryptography.fernet import InvalidToken

from panggon.core.cases.vocabulary import Role
from panggon.core.papers.signing import GATEWAYS
from panggon.encryption import cipher
from panggon.papers.models import Signatory
from panggon.papers.signers import chosen
from panggon.people import selectors as people
from panggon.people.models import User

PURPOSE = "panggon.papers.nik"


def nik_of(user_id: int) -> str:
    """Empty while it is not known, or not readable any more because the installation's key was replaced."""
    sealed = Signatory.objects.filter(user=user_id).values_list("sealed", flat=True).first()
    try:
        return cipher(PURPOSE).decrypt(sealed.encode()).decode() if sealed else ""
    except InvalidToken:
        return ""


def remember(user: User, nik: str) -> None:
    """So that it need not be typed again."""
    if nik and nik != nik_of(user.pk):
        sealed = cipher(PURPOSE).encrypt(nik.encode()).decode()
        Signatory.objects.update_or_create(user=user, defaults={"sealed": sealed})


def forget(*, now: datetime) -> int:
    """Erase those of everybody who does not sign any more; how many they were."""
    kept = Signatory.objects.select_related("user")
    over = [each.pk for each in kept if not _signs(each.user, now=now)]
    return Signatory.objects.filter(pk__in=over).delete()[0]


# ------------------------------------------------------------------------------------------------------------------


def _signs(user: User, *, now: datetime) -> bool:
    by_gateway = chosen.method() in GATEWAYS
    return by_gateway and user.is_active and Role.HEAD in people.roles_of(user, now=now)
