"""A private nginx with three open sites: files, a program on the site's own socket, and a server elsewhere."""

from collections.abc import Iterator
from contextlib import contextmanager

from panggon.core.sites.kinds import Proxy, PythonApplication
from panggon.core.sites.spec import SiteKind, SiteSpec, SiteState
from tests.node.echo import TARGET, Echo, TcpServer, UnixServer, serving
from tests.node.web_stand import HOST, LIMITS, WebStand

STATIC = HOST
PYTHON, PYTHON_SITE = "python.kota.example", "s900003"
PROXY, PROXY_SITE = "proksi.kota.example", "s900004"
PROGRAMS = (PYTHON, PROXY)
PYTHON_SPEC = SiteSpec(
    PYTHON_SITE,
    PYTHON,
    SiteState.OPEN,
    1,
    kind=SiteKind.PYTHON,
    limits=LIMITS,
    python=PythonApplication("situs:aplikasi"),
)
PROXY_SPEC = SiteSpec(PROXY_SITE, PROXY, SiteState.OPEN, 1, kind=SiteKind.PROXY, limits=LIMITS, proxy=Proxy(TARGET))


@contextmanager
def every_kind(name: str) -> Iterator[WebStand]:
    """Each may be sent a file of 1 MiB, and the form around it."""
    with WebStand(name).serving() as stand, TcpServer(("127.0.0.1", 0), Echo) as proxied, serving(proxied):
        stand.proxies = {TARGET: f"127.0.0.1:{proxied.server_address[1]}"}
        for spec in (None, PYTHON_SPEC, PROXY_SPEC):
            stand.make(*([spec] if spec else []))
        stand.put("index.html", "<p>Dinas</p>")
        (stand.root / "run").mkdir(exist_ok=True)
        path = stand.root / "run" / f"{PYTHON_SITE}.sock"
        with UnixServer(str(path), Echo) as program, serving(program):
            path.chmod(0o666)
            yield stand
