"""Which words of an `.htaccess` have no effect here: none is read, and some say what is so anyway.

The directives are those of httpd.apache.org/docs/2.4/mod/directives.html that are allowed in `.htaccess`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum

from panggon.core.sites.kinds import Profile
from panggon.core.sites.routing import ROUTINGS, is_private


class Effect(StrEnum):
    """What the owner believes that his site has, and it has not."""

    PROTECTION = "protection"  # a prohibition or a password
    ROUTING = "routing"  # addresses that lead elsewhere
    PHP = "php"
    ANSWER = "answer"  # headers, types, pages of errors
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Lost:
    """One directive without effect; lines are counted from 1."""

    line: int
    directive: str
    effect: Effect


_EFFECTS: Mapping[Effect, tuple[str, ...]] = {
    Effect.PROTECTION: ("require", "deny", "allow", "satisfy", "auth", "limitexcept", "sslrequire"),
    Effect.ROUTING: ("rewriterule", "redirect", "fallbackresource", "directory", "acceptpathinfo"),
    Effect.PHP: ("php_", "sethandler", "addhandler"),
    Effect.ANSWER: ("header", "expires", "add", "errordocument", "setenv", "forcetype", "setoutputfilter", "filetag"),
}
# They say nothing alone: sections, and what prepares another directive.
_SILENT = ("<", "rewriteengine", "rewritebase", "rewritecond", "rewriteoptions", "order", "expiresactive")
# Nobody may list a directory, follow a link or run CGI here, whatever is asked.
_HARMLESS_OPTIONS = re.compile(r"(?:-\w+|\+?(?:FollowSymLinks|SymLinksIfOwnerMatch|None))", re.IGNORECASE)
# The texts are strangers': no pattern may take longer than its line, or one line stops everything.
_SECTION = re.compile(r"<(/?)Files(Match)?\b([^>]*)>", re.IGNORECASE)
_ONE_GROUP = re.compile(r"([^()|]*)\((?:\?:)?([^()]*)\)([^()|]*)")
# Of more nobody looks whether each is private: a stranger's text may have a section of ten thousand.
_NAMES_MOST = 50
_WILDCARDS = re.compile(r"[*?+()\[\]{}\\^$|]")
_DENYING_FLAG = re.compile(r"F|G|forbidden|gone|R *= *40\d", re.IGNORECASE)


def lost(text: str, *, folder: str, profile: Profile) -> tuple[Lost, ...]:
    """What of this text has no effect, in its order; `folder` is the address where it lies ("/", "/data/")."""
    found: list[Lost] = []
    files: tuple[str, ...] = ()
    for line, words in _directives(text):
        section = _SECTION.fullmatch(words)
        if section:
            files = () if section[1] else _files(section[3].strip(' \t~"'), ends=bool(section[2] or "~" in section[3]))
            continue
        directive = words.split(maxsplit=1)[0].lower()
        effect = _effect(directive, words, profile)
        if effect is Effect.PROTECTION and all(is_private(profile, folder + name) for name in files or ("",)):
            continue
        if effect:
            found.append(Lost(line, words.split(maxsplit=1)[0], effect))
    return tuple(found)


def _files(pattern: str, *, ends: bool) -> tuple[str, ...]:
    """Names for all that a section is about; none where it may be about any. Where it only says how names end (a
    regular expression) it is about names that begin with something, too.
    """
    group = _ONE_GROUP.fullmatch(pattern)
    each = [f"{group[1]}{part}{group[3]}" for part in group[2].split("|")] if group else pattern.split("|")
    if len(each) > _NAMES_MOST:
        return ()
    names: list[str] = []
    for words in each:
        name = words.removeprefix("^").removesuffix("$").replace("\\.", ".")
        if _WILDCARDS.search(name):
            return ()
        names += [name, f"x{name}"] if ends and name.startswith(".") and not words.startswith("^") else [name]
    return tuple(names)


def _directives(text: str) -> Iterator[tuple[int, str]]:
    """Each with the number of its first line; a backslash at the end of a line continues it."""
    words, first = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        first = first if words else number
        words += line.strip()
        if words.endswith("\\"):
            words = words[:-1] + " "
            continue
        if words and not words.startswith("#"):
            yield first, words
        words = ""


def _effect(directive: str, words: str, profile: Profile) -> Effect | None:
    """None for what is so anyway, and for what says nothing alone."""
    if directive.startswith(_SILENT) or _grants(words):
        return None
    if directive == "rewriterule":
        return _rewriting(words, profile)
    if directive == "options":
        return None if all(map(_HARMLESS_OPTIONS.fullmatch, words.split()[1:])) else Effect.OTHER
    if directive == "directoryindex" and {"index.html", "index.php"} & set(words.split()[1:2]):
        return None
    return next((effect for effect, names in _EFFECTS.items() if directive.startswith(names)), Effect.OTHER)


def _flags(words: str) -> list[str]:
    """What stands in brackets at the end of a rule."""
    return words.rpartition("[")[2].removesuffix("]").split(",") if words.endswith("]") else []


def _grants(words: str) -> bool:
    return re.fullmatch(r"(?:Require\s+all\s+granted|Allow\s+from\s+all)", words, re.IGNORECASE) is not None


def _rewriting(words: str, profile: Profile) -> Effect | None:
    """A rule that refuses protects; one that leads where the profile leads, or nowhere, is not missed."""
    if any(_DENYING_FLAG.fullmatch(flag.strip()) for flag in _flags(words)):
        return Effect.PROTECTION
    target = words.split()[2] if len(words.split()) > 2 else "-"
    routing = ROUTINGS[profile]
    scripts = {_script(rewritten) for _, rewritten in routing.rewrites}
    path = target.removesuffix("/$1") if routing.path_info else target
    return None if target == "-" or _script(path) in scripts else Effect.ROUTING


def _script(target: str) -> str:
    return target.partition("?")[0].rpartition("/")[2]
