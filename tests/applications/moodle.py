"""Addresses as Moodle has them: slash arguments behind scripts, one script for what is no file, and its private files.

The scripts are the test's own; they read PATH_INFO as Moodle's do.
"""

import hashlib
import json
from pathlib import Path
from urllib.parse import quote

import pytest

from tests.applications.sites import Site, Visitor, loaded, opened
from tests.applications.wikis import PICTURE, SCRIPT, refused
from tests.node.machine_stand import Machine

pytestmark = pytest.mark.real
# What a script is asked for: the rest of its address, or else `file`.
ARGUMENT = """<?php
function asked_for(): string {
    $rest = $_SERVER['PATH_INFO'] ?? '';
    return $rest !== '' ? $rest : ($_GET['file'] ?? '');
}
"""
PLUGIN_FILE = """<?php
require __DIR__ . '/config.php';
require __DIR__ . '/lib/argument.php';
$parts = explode('/', ltrim(asked_for(), '/'), 4);
$file = "{$data}/filedir/" . sha1(end($parts));
if (count($parts) < 4 || !is_file($file)) {
    http_response_code(404);
    exit('Berkas tidak ada');
}
header('Content-Type: ' . mime_content_type($file));
header('X-Asked-For: ' . rawurlencode(asked_for()));
readfile($file);
"""
STYLES = """<?php
require dirname(__DIR__) . '/lib/argument.php';
header('Content-Type: text/css');
echo '/* ', asked_for(), ' */';
"""
TELL = "<?php echo json_encode([basename(__FILE__), $_SERVER['SCRIPT_NAME'], $_SERVER['PATH_INFO'] ?? '', $_GET]);"
# As teachers call their files: by words that name private folders and leftovers of an application elsewhere.
SENT = ("foto.png", "tests/README.txt", "classes/.catatan/cadangan.sql", "a.php/b c+d%é&e?.txt", "x.php")


def unpack(folder: Path, *, data: str) -> None:
    pages = {
        "index.php": TELL,
        "config.php": f"<?php $data = '{data}';",
        "lib/argument.php": ARGUMENT,
        "lib/classes/rahasia.php": SCRIPT.decode(),
        "admin/cli/cron.php": SCRIPT.decode(),
        "pluginfile.php": PLUGIN_FILE,
        "theme/styles.php": STYLES,
        "theme/image.php": TELL,
        "course/view.php": TELL,
        "r.php": TELL,
        "README.md": "rahasia",
    }
    for name, words in pages.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(words)


def fill(folder: Path) -> None:
    """What visitors sent, under names that the application makes."""
    (folder / "filedir").mkdir(parents=True)
    for name in SENT:
        (folder / "filedir" / hashlib.sha1(name.encode(), usedforsecurity=False).hexdigest()).write_bytes(
            PICTURE if name.endswith(".png") else name.encode()
        )


def sent_file(visitor: Visitor, name: str) -> bytes:
    rest = f"/12/mod_folder/content/{name}"
    answer = visitor.get(f"/pluginfile.php{quote(rest)}?forcedownload=1")
    assert (answer.status_code, answer.headers["x-asked-for"]) == (200, quote(rest, safe="")), answer.text
    return answer.content


@pytest.mark.parametrize(("number", "profile", "folder"), [(990001, "moodle", ""), (990003, "moodle_public", "public")])
def test_moodle(machine: Machine, tmp_path: Path, number: int, profile: str, folder: str) -> None:
    site = opened(machine, number, kind="php", profile=profile, database=None)
    unpack(tmp_path / "pages" / folder, data="/site/private/moodledata")
    fill(tmp_path / "data" / "moodledata")
    site.upload(tmp_path / "pages")
    site.upload(tmp_path / "data", into="private")
    loaded(site)
    with site.visitor() as visitor:
        assert {name: sent_file(visitor, name) for name in SENT} == {
            name: PICTURE if name.endswith(".png") else name.encode() for name in SENT
        }
        assert visitor.get("/pluginfile.php?file=/12/mod_folder/content/foto.png").content == PICTURE
        assert visitor.get("/pluginfile.php/12/tidak/ada/x").text == "Berkas tidak ada"
        assert visitor.get("/theme/styles.php/boost/1764_1/all").text == "/* /boost/1764_1/all */"
        said = json.loads(visitor.get("/theme/image.php/boost/core/1764/i/user?a=b").text)
        assert said == ["image.php", "/theme/image.php", "/boost/core/1764/i/user", {"a": "b"}]
        assert visitor.get("/course/view.php?id=7").json() == ["view.php", "/course/view.php", "", {"id": "7"}]
        assert visitor.get("/course/7/manage?a=b").json() == ["r.php", "/r.php", "", {"a": "b"}]
        assert visitor.get("/").json()[0] == "index.php"
        private = ("/config.php", "/README.md", "/admin/cli/cron.php", "/lib/classes/rahasia.php", "/.env")
        assert refused(visitor, *private, "/config.php/x", "/lib/classes/rahasia.php/x") == []
    assert site.complaints() == []
    data_beside_the_scripts(site, tmp_path / "beside", folder)


def data_beside_the_scripts(site: Site, place: Path, folder: str) -> None:
    """Where no owner should put it, and some do: Moodle's own `.htaccess` there says "deny from all"."""
    fill(place / folder / "moodledata")
    (place / folder / "moodledata" / "x.php").write_bytes(SCRIPT)
    site.give(place)
    with site.visitor() as visitor:
        paths = [f"/moodledata/filedir/{path.name}" for path in (place / folder / "moodledata" / "filedir").iterdir()]
        assert refused(visitor, *paths, "/moodledata/x.php", "/moodledata/", "/moodledata") == []
