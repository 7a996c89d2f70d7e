"""What a site of each kind says of itself beyond what all sites have: values and the patterns of their texts."""

import re
from dataclasses import dataclass
from enum import StrEnum


class SiteKind(StrEnum):
    STATIC = "static"
    PHP = "php"
    PYTHON = "python"
    REDIRECT = "redirect"
    PROXY = "proxy"


# Kinds that an OPD asks for: the others need a target, or an application, that a request does not name.
ASKED = (SiteKind.STATIC, SiteKind.PHP)
# Kinds that run programs of the site, in its sandbox.
RUNNING = (SiteKind.PHP, SiteKind.PYTHON)


class Profile(StrEnum):
    """How a request path finds its file; a short list, because `.htaccess` is not read (core/sites/routing.py)."""

    PLAIN = "plain"
    FRONT_CONTROLLER = "front_controller"
    WORDPRESS = "wordpress"
    LARAVEL = "laravel"
    MEDIAWIKI = "mediawiki"
    DOKUWIKI = "dokuwiki"
    MOODLE = "moodle"
    MOODLE_PUBLIC = "moodle_public"  # since 5.1
    OJS = "ojs"  # Open Journal Systems
    SLIMS = "slims"


class Interface(StrEnum):
    """How a Python application is called: PEP 3333, or asgi.readthedocs.io."""

    WSGI = "wsgi"
    ASGI = "asgi"


_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_PORT = r"(?::[1-9][0-9]{0,4})?"
# A program's module and the callable in it; neither is ever a path.
ENTRY = re.compile(r"(?=.{3,120}\Z)[A-Za-z_][A-Za-z0-9_]*(?:\.[A-Za-z_][A-Za-z0-9_]*)*:[A-Za-z_][A-Za-z0-9_]*")
# RFC 3986: no user, no query, no fragment; the path's characters as section 3.3 has them.
REDIRECT_TARGET = re.compile(
    rf"(?=.{{9,500}}\Z)https?://(?:{_LABEL}\.)+[a-z]{_LABEL[8:]}{_PORT}(?:/[A-Za-z0-9._~!$&'()*+,;=:@%/-]*)?"
)
# An origin (RFC 6454 section 4): a server has one answer for every path.
PROXY_TARGET = re.compile(rf"(?=.{{9,300}}\Z)https?://(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:]{{2,39}}\]){_PORT}")
# Names that a program reads from its environment. What would change how programs are started or how the web server is
# told apart from a visitor is left out, and so are names of secrets: a spec is read by many people.
VARIABLE = re.compile(
    r"(?!PANGGON_|LD_|HTTP_|PYTHON|GUNICORN_|BWRAP|GLIBC_|FPM_|LISTEN_|(?:PATH|HOME|TMPDIR|GCONV_PATH|LOCPATH)$)"
    r"(?!.*(?:PASSWORD|PASSWD|SECRET|TOKEN|CREDENTIAL|API_?KEY|PRIVATE_?KEY))"
    r"[A-Z][A-Z0-9_]{0,63}"
)
VARIABLE_VALUE = re.compile(r"[^\x00-\x1f\x7f]{0,1000}")
VARIABLES_MOST = 32


@dataclass(frozen=True, slots=True)
class PythonApplication:
    """`entry` is `module:callable`, found below `private/`."""

    entry: str
    interface: Interface = Interface.WSGI


@dataclass(frozen=True, slots=True)
class Redirect:
    """`keep_path` appends the address that was asked for; `permanent` lets browsers remember it for ever."""

    target: str
    keep_path: bool = True
    permanent: bool = False

    @property
    def host(self) -> str:
        return origin(self.target)[1]


@dataclass(frozen=True, slots=True)
class Proxy:
    """`keep_host`: the server is asked for the site's name, not for its own."""

    target: str
    keep_host: bool = True


def origin(target: str) -> tuple[str, str, int]:
    """Scheme, host name and port of a target that fits its pattern (RFC 3986 section 3.2)."""
    scheme, _, rest = target.partition("://")
    authority = rest.partition("/")[0]
    host, port = re.fullmatch(r"(\[.*\]|[^:]*)(?::([0-9]+))?", authority).groups()  # type: ignore[union-attr]
    return scheme, host.strip("[]"), int(port or (443 if scheme == "https" else 80))
