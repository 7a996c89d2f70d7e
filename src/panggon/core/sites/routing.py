"""The routing profiles: how a request path finds its file or script, and what no visitor gets.

One table, read by nginx's Lua (as JSON, `document`) and by what tells an owner which words of an `.htaccess` have no
effect. Patterns mean the same in Python and in PCRE, and are matched against the decoded path from its beginning.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

from panggon.core.sites.kinds import Profile

# Copies and dumps that people leave beside what they copied: they hold passwords and whole databases.
_LEFTOVERS = (
    r"(?i:/.*(?:~|\.(?:bak|backup|copy|old|orig|save|sav|swp|swo|sql|sqlite3?|dump|mdb)"
    r"(?:(?:\.tar)?\.(?:gz|tgz|bz2|xz|zst|zip|7z|rar))?(?:\.[0-9]+)?)$)"
)
_DOTFILES = r"/(?:.*/)?\.(?!well-known(?:/|$))"
EVERYWHERE = (_LEFTOVERS, _DOTFILES)
# Files of the usual tools of PHP, which tell a stranger what is installed, or more.
_TOOLS = r"/(?:.*/)?(?:composer\.(?:json|lock)|package(?:-lock)?\.json|phpunit\.xml(?:\.dist)?|web\.config)$"


@dataclass(frozen=True, slots=True)
class Routing:
    """`folder`, below `public`, is where addresses begin. A path of no file goes to the first of `rewrites` whose
    pattern fits (`$1`: what its first group found), `home` answers the bare address. With `slash_arguments`,
    `/script.php/more` runs the script with the rest as its PATH_INFO; with `path_info` what a path of no file goes to
    gets the whole path so. What fits `private` is there for nobody;
    `storage` is where the application keeps what visitors send: no script is run there. With `scripts`, only those
    are run. `links` are beginnings of addresses whose files lie elsewhere below `public`, where the application would
    make a link: none is followed here.
    """

    folder: str = ""
    rewrites: tuple[tuple[str, str], ...] = ()
    home: str = ""
    slash_arguments: bool = False
    path_info: bool = False
    private: tuple[str, ...] = ()
    storage: str = r"/(?:.*/)?uploads?/"
    scripts: str = ""
    links: tuple[tuple[str, str], ...] = ()


_TO_INDEX = (("/", "/index.php"),)
# docs.moodle.org, "Nginx" and "Configuring the Router": slash arguments, and one script for addresses of no file; files
# of the developers' tools stay private, and so does what visitors sent, where it lies beside the scripts.
_MOODLE = Routing(
    rewrites=(("/", "/r.php"),),
    slash_arguments=True,
    private=(
        _TOOLS,
        r"/(?:config\.php|config-dist\.php)$",
        r"/(?:.*/)?moodledata(?:/|$)",
        r"/(?:.*/)?(?:vendor|node_modules|classes|cli|behat|fixtures|tests)/",
        r"/(?:.*/)?db/install\.xml$",
        r"/(?:.*/)?(?:README(?:\.[a-z]+)?|upgrade\.txt|install\.xml|environment\.xml|Gruntfile\.js)$",
    ),
)

ROUTINGS: Mapping[Profile, Routing] = {
    Profile.PLAIN: Routing(),
    # With the path as PATH_INFO besides, which CodeIgniter may be told to read (`uri_protocol`).
    Profile.FRONT_CONTROLLER: Routing(rewrites=_TO_INDEX, slash_arguments=True, path_info=True, private=(_TOOLS,)),
    # developer.wordpress.org/advanced-administration/security/hardening
    Profile.WORDPRESS: Routing(
        rewrites=_TO_INDEX,
        private=(
            _TOOLS,
            r"/(?:readme\.html|license\.txt|(?:.*/)?wp-config(?:-sample)?\.php)$",
            r"/(?:.*/)?wp-admin/includes/",
            r"/(?:.*/)?wp-includes/(?:[^/]+\.php|js/tinymce/langs/.+\.php|theme-compat/)$",
            r"/(?:.*/)?wp-content/(?:debug\.log|upgrade/|backups?[^/]*/|ai1wm-backups/|updraft/)",
        ),
        storage=r"/(?:.*/)?(?:uploads?|blogs\.dir|files)/",
    ),
    # laravel.com/docs, "Nginx": only what lies below public/ is for visitors, and one script answers.
    Profile.LARAVEL: Routing(
        folder="/public",
        rewrites=_TO_INDEX,
        private=(_TOOLS,),
        storage=r"/(?:storage|uploads?)/",
        scripts=r"/index\.php$",
        links=(("/storage/", "/storage/app/public/"),),
    ),
    # mediawiki.org/wiki/Manual:Short_URL/Nginx: the wiki lies in w/, its pages are called /wiki/…
    Profile.MEDIAWIKI: Routing(
        rewrites=((r"/wiki(?:/.*)?$", "/w/index.php"),),
        home="/w/index.php",
        slash_arguments=True,
        private=(
            _TOOLS,
            r"/w/(?:cache|includes|languages|maintenance|serialized|sql|tests|vendor)/",
            r"/w/images/(?:deleted|lockdir|temp)/",
            r"/w/LocalSettings\.php$",
        ),
        storage=r"/w/images/",
        scripts=r"/w/(?:(?:index|load|api|rest|thumb|thumb_handler|img_auth|opensearch_desc)\.php|mw-config/index\.php)$",
    ),
    # dokuwiki.org/security and dokuwiki.org/rewrite (userewrite = 1)
    Profile.DOKUWIKI: Routing(
        rewrites=(
            (r"/_media/(.*)", "/lib/exe/fetch.php?media=$1"),
            (r"/_detail/(.*)", "/lib/exe/detail.php?media=$1"),
            (r"/_export/([^/]+)/(.*)", "/doku.php?do=export_$1&id=$2"),
            (r"/(.*)", "/doku.php?id=$1"),
        ),
        home="/doku.php",
        slash_arguments=True,
        private=(_TOOLS, r"/(?:conf|bin|inc|vendor)/", r"/data/", r"/lib/plugins/.*/(?:conf|_test|lang)/.*\.php$"),
        storage=r"/data/",
    ),
    Profile.MOODLE: _MOODLE,
    # moodledev.io/docs/5.1/guides/restructure: addresses begin in public/.
    Profile.MOODLE_PUBLIC: replace(_MOODLE, folder="/public"),
    # docs.pkp.sfu.ca/admin-guide, "Securing Your System", and config.TEMPLATE.inc.php: one script answers, with and
    # without its name in the address (`restful_urls`); what authors send is `files_dir`, by default among the scripts.
    Profile.OJS: Routing(
        rewrites=_TO_INDEX,
        slash_arguments=True,
        path_info=True,
        private=(
            _TOOLS,
            r"/config\.[^/]*inc\.php$",
            r"/(?:cache|classes|dbscripts|docs|files|ojs_?files|registry|tools)/",
            r"/lib/pkp/(?:classes|dbscripts|registry|tests|tools)/",
            r"/(?:.*/)?version\.xml$",
        ),
        storage=r"/public/",
        scripts=r"/index\.php$",
    ),
    # The `.htaccess` files of SLiMS 9 (slims.web.id): sources that are only included, and no script where files are
    # kept; backups of the whole database are made in files/backup.
    Profile.SLIMS: Routing(
        private=(
            _TOOLS,
            r"/(?:config|files/(?:backup|cache))/",
            r"/(?:.*/)?(?:[^/]*inc\.php|[^/]*\.(?:engine|inc|info|install|po|sh|tpl|tpl\.php))$",
        ),
        storage=r"/(?:files|images|repository)/",
    ),
}


def is_private(profile: Profile, path: str) -> bool:
    """Whether this path is there for nobody under the profile. What follows a script is no path of a file, but what
    the script is asked for.
    """
    routing = ROUTINGS[profile]
    script, found, _ = path.partition(".php/") if routing.slash_arguments else (path, "", "")
    return any(map(_fits(script + found.rstrip("/")), (*EVERYWHERE, *routing.private)))


def runs(profile: Profile, script: str) -> bool:
    """Whether this path of a PHP file may be run."""
    routing = ROUTINGS[profile]
    fits = _fits(script)
    refused = is_private(profile, script) or fits(routing.storage)
    return not refused and (not routing.scripts or fits(routing.scripts))


def _fits(path: str) -> Callable[[str], bool]:
    return lambda pattern: re.match(pattern, path, re.DOTALL) is not None


def document() -> dict[str, Any]:
    """The table for nginx: by profile, each with what is private everywhere."""
    return {
        profile.value: asdict(routing) | {"private": "|".join((*EVERYWHERE, *routing.private))}
        for profile, routing in ROUTINGS.items()
    }
