"""Routing profiles: what is private, which scripts run. nginx reads the same table (tests/node/test_nginx_kinds.py)."""

import json
import re
from pathlib import Path

import pytest

from panggon.core.sites.kinds import Profile
from panggon.core.sites.routing import ROUTINGS, Routing, document, is_private, runs

PRIVATE_EVERYWHERE = [
    "/.env",
    "/.git/config",
    "/a/.htaccess",
    "/a/.user.ini",
    "/a\n/.env",
    "/.well-known/.secret",
    "/.well-knownx",
    "/index.php~",
    "/wp-config.php.bak",
    "/a/situs.sql",
    "/situs.sql.gz",
    "/cadangan.sqlite3",
    "/a b.old",
    "/situs.dump.zip",
    "/situs.SQL",
    "/DUMP.Sql.GZ",
    "/wp-config.BAK",
    "/db.sql.tgz",
    "/db.sql.tar.gz",
    "/dump.sql.1",
]
OPEN_EVERYWHERE = [
    "/",
    "/index.html",
    "/.well-known/security.txt",
    "/a/.well-known/x",
    "/laporan.zip",
    "/foto.lama.jpg",
    "/sql",
    "/sqlite",
    "/berkas/data.csv",
]
# Profile: what nobody gets; and what everybody does.
PRIVATE = {
    Profile.WORDPRESS: (
        [
            "/wp-config.php",
            "/wp-admin/includes/file.php",
            "/wp-includes/load.php",
            "/wp-content/debug.log",
            "/blog/wp-content/debug.log",
            "/blog/wp-content/updraft/cadangan-db.gz",
            "/readme.html",
        ],
        ["/wp-login.php", "/wp-admin/admin-ajax.php", "/wp-includes/js/jquery/jquery.js", "/wp-content/uploads/a.png"],
    ),
    Profile.LARAVEL: (["/composer.json"], ["/index.php", "/build/app.js", "/storage/a.png"]),
    Profile.MEDIAWIKI: (
        [
            "/w/LocalSettings.php",
            "/w/includes/Setup.php",
            "/w/maintenance/install.php",
            "/w/cache/x",
            "/w/images/deleted/a",
        ],
        ["/w/load.php", "/w/images/a/a1/x.png", "/w/resources/assets/logo.svg", "/w/skins/Vector/x.css"],
    ),
    Profile.DOKUWIKI: (
        ["/data/pages/a.txt", "/conf/users.auth.php", "/inc/init.php", "/bin/dwpage.php", "/vendor/autoload.php"],
        ["/doku.php", "/lib/exe/css.php", "/lib/tpl/dokuwiki/images/logo.png", "/lib/exe/fetch.php"],
    ),
    **dict.fromkeys(
        (Profile.MOODLE, Profile.MOODLE_PUBLIC),
        (
            [
                "/config.php",
                "/vendor/x",
                "/lib/classes/text.php",
                "/admin/cli/cron.php",
                "/mod/quiz/db/install.xml",
                "/README.txt",
                "/moodledata/filedir/ab/cd/abcd",
                "/lama/moodledata",
                "/situs/moodledata/temp/x",
            ],
            [
                "/pluginfile.php",
                "/login/index.php",
                "/theme/styles.php",
                "/theme/styles.php/boost/1764/all",
                "/pluginfile.php/12/mod_folder/content/3/tests/README.txt",
                "/pluginfile.php/12/mod_folder/content/3/.rencana/cadangan.sql",
                "/course/42/manage",
            ],
        ),
    ),
    Profile.OJS: (
        [
            "/config.inc.php",
            "/config.TEMPLATE.inc.php",
            "/cache/fc-locale-list.php",
            "/files/journals/1/articles/7/submission/naskah.docx",
            "/ojs_files/journals/1/x",
            "/tools/upgrade.php",
            "/dbscripts/xml/version.xml",
            "/plugins/generic/pdfJsViewer/version.xml",
            "/lib/pkp/tools/installPluginVersion.php",
        ],
        [
            "/public/journals/1/pageHeaderLogoImage_id.png",
            "/lib/pkp/styles/fontawesome/fontawesome.css",
            "/lib/pkp/lib/vendor/components/jquery/jquery.min.js",
            "/plugins/generic/pdfJsViewer/pdf.js/web/viewer.html",
            "/templates/images/structure/ojs_brand.png",
            "/jurnal/article/view/7/files/docs",
            "/index.php/jurnal/article/download/7/9/cadangan.sql",
            "/jurnal/$$$call$$$/page/page/css",
        ],
    ),
    Profile.SLIMS: (
        [
            "/config/database.php",
            "/config/sysconfig.local.inc.php",
            "/sysconfig.inc.php",
            "/lib/contents/default.inc.php",
            "/template/default/detail_template.php.tpl",
            "/admin/admin_template/barcodescanner.tpl.php",
            "/files/backup/backup_20261127_080000.sql.tar.gz",
            "/files/cache/x",
            "/install/install.sh",
        ],
        [
            "/index.php",
            "/admin/index.php",
            "/images/docs/sampul.jpg",
            "/repository/buku.pdf",
            "/files/reports/loan_stat_print_result.html",
            "/files/membercard/logo.png",
            "/template/default/assets/css/style.css",
        ],
    ),
    Profile.FRONT_CONTROLLER: (["/composer.lock", "/package.json"], ["/data.json"]),
    Profile.PLAIN: ([], ["/composer.json"]),
}
# Profile: scripts that visitors or the application have put there; and scripts that are meant to run.
SCRIPTS = {
    Profile.PLAIN: (["/uploads/x.php", "/a/upload/b/x.php"], ["/index.php", "/a/b.php"]),
    Profile.FRONT_CONTROLLER: (["/uploads/x.php"], ["/index.php"]),
    Profile.WORDPRESS: (["/wp-content/uploads/2026/11/x.php", "/blog/wp-content/uploads/x.php"], ["/wp-cron.php"]),
    Profile.LARAVEL: (["/storage/x.php", "/x.php", "/a/index.php"], ["/index.php"]),
    Profile.MEDIAWIKI: (
        ["/w/images/x.php", "/x.php", "/w/extensions/A/a.php"],
        ["/w/index.php", "/w/mw-config/index.php"],
    ),
    Profile.DOKUWIKI: (["/data/media/x.php"], ["/doku.php", "/install.php"]),
    **dict.fromkeys(
        (Profile.MOODLE, Profile.MOODLE_PUBLIC), (["/moodledata/x.php", "/cli/x.php"], ["/pluginfile.php"])
    ),
    Profile.OJS: (
        ["/public/site/x.php", "/public/site/images/a/index.php", "/x.php", "/lib/pkp/lib/vendor/phpunit/x.php"],
        ["/index.php"],
    ),
    Profile.SLIMS: (
        ["/images/docs/x.php", "/repository/x.php", "/files/x.php"],
        ["/index.php", "/admin/modules/bibliography/index.php", "/lib/minigalnano/createthumb.php"],
    ),
}


@pytest.mark.parametrize("profile", Profile)
def test_leftovers_and_dotfiles_are_private_under_every_profile(profile):
    assert [path for path in PRIVATE_EVERYWHERE if not is_private(profile, path)] == []
    assert [path for path in OPEN_EVERYWHERE if is_private(profile, path)] == []


@pytest.mark.parametrize("profile", Profile)
def test_what_the_application_keeps_to_itself_is_private(profile):
    private, visible = PRIVATE[profile]
    assert [path for path in private if not is_private(profile, path)] == []
    assert [path for path in visible if is_private(profile, path)] == []


@pytest.mark.parametrize("profile", Profile)
def test_no_script_runs_where_visitors_put_files(profile):
    stray, meant = SCRIPTS[profile]
    assert [script for script in stray if runs(profile, script)] == []
    assert [script for script in meant if not runs(profile, script)] == []


def test_the_pages_of_the_spec_name_every_profile_and_no_other():
    page = (Path(__file__).parents[3] / "docs" / "spec.md").read_text()
    listed = re.search(r"^\| `profile` \| (.+?) \|", page, re.MULTILINE)
    table = page.partition("\n## Profiles\n")[2].partition("\n## ")[0]
    described = re.findall(r"^\| (`.+?`) \|", table, re.MULTILINE)
    assert re.findall(r"`(\w+)`", listed[1]) == list(Profile)
    assert [name for names in described for name in re.findall(r"`(\w+)`", names)] == list(Profile)


def test_the_document_says_the_whole_table_and_every_pattern_compiles():
    said = json.loads(json.dumps(document()))
    assert set(said) == {profile.value for profile in ROUTINGS} == set(Profile)
    for profile in Profile:
        row, routing = said[profile.value], ROUTINGS[profile]
        assert row["folder"] == routing.folder
        assert [tuple(rule) for rule in row["rewrites"]] == list(routing.rewrites)
        for pattern in (row["private"], row["storage"], row["scripts"], *(rule[0] for rule in row["rewrites"])):
            re.compile(pattern)
        for path in (*PRIVATE_EVERYWHERE, *PRIVATE[profile][0]):
            assert re.match(row["private"], path, re.DOTALL), path
    assert Routing().scripts == ""
