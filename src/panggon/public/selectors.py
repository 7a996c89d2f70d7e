from panggon.public.models import Follower


def followers_of(number: str) -> list[int]:
    """Those whose address is confirmed."""
    return list(Follower.objects.filter(number=number).exclude(confirmed_at=None).values_list("pk", flat=True))


def to_ask(follower: int) -> Follower | None:
    """The follower whose address is still to be confirmed."""
    return Follower.objects.filter(pk=follower, confirmed_at=None).first()


def to_tell(follower: int, *, sequence: int) -> Follower | None:
    """None when the follower knows this event already, or is gone."""
    return Follower.objects.filter(pk=follower, told__lt=sequence).exclude(confirmed_at=None).first()
