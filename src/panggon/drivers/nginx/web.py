"""What nginx answers, asked as a visitor asks and as each of its workers remembers it."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from panggon.core.errors import PanggonError
from panggon.core.node.planning.desired import CLOSED
from panggon.core.node.planning.driver import Check
from panggon.core.sites.spec import SiteSpec
from panggon.drivers.nginx import control, visit
from panggon.drivers.nginx.visit import Answer, Door

PAGE_HEADER = "x-panggon-page"
# The state in which nginx sees a link that leads to no site (`node/nginx/store.lua`).
BROKEN = "broken"


@dataclass(frozen=True, slots=True)
class Settings:
    """`control` is nginx's control socket, `door` where probes ask, `web_group` the group of nginx's workers."""

    root: Path
    control: Path
    door: Door
    web_group: str = "www-data"


def get(door: Door, spec: SiteSpec, path: str, *, host: str = "", name: str = "", **more: Any) -> Answer:
    """A visit under the site's name, or another. That a site is closed is so whatever its certificate is worth, which
    has a proof of its own. Errors as `visit.get`.
    """
    whose, any_certificate = host or name or spec.host, spec.state in CLOSED
    return visit.get(door, whose, path, name=name, any_certificate=any_certificate, **more)


def checked(name: str, ask: Callable[[], Check]) -> Check:
    try:
        return ask()
    except PanggonError as error:
        return Check(name, ok=False, detail=str(error))


def remembered(settings: Settings, host: str, wished: tuple[str, str, int]) -> Check:
    """What one visitor sees is the answer of one worker; each of them keeps its own memory."""
    found = control.known(settings.control, host)
    others = [known for known in found if (known.site, known.state, known.generation) != wished]
    words = f"{len(found)} proses nginx mengenal keadaan ini" if found else "nginx tidak menjawab"
    return Check(
        "web.workers", bool(found) and not others, f"satu proses nginx menjawab: {others[0]}" if others else words
    )


def seen(answer: Answer) -> str:
    page = answer.headers.get(PAGE_HEADER)
    return f"status {answer.status}" + (f", halaman mesin “{page}”" if page else "")
