"""The files of the pages have an address that changes with them."""

import shutil

from django.conf import settings

from panggon.portal.settings.assets import digest, folders


def test_the_address_changes_with_any_file_and_with_any_version(tmp_path):
    own, assets = tmp_path / "static", tmp_path / "node_modules"
    shutil.copytree(settings.PORTAL / "static", own)
    (assets / "htmx.org").mkdir(parents=True)
    first = digest(own, assets)
    assert digest(own, assets) == first
    (assets / "htmx.org" / "package.json").write_text('{"version": "2.0.9"}')
    second = digest(own, assets)
    (own / "panggon" / "night.css").write_text("")
    assert len({first, second, digest(own, assets)}) == 3


def test_every_address_of_a_page_carries_it(client, db):
    page = client.get("/lacak/").content.decode()
    assert f'"/static/{digest(settings.PORTAL / "static", settings.PANGGON_ASSETS)}/panggon/panggon.css"' in page
    assert page.count("/static/") == page.count(settings.STATIC_URL)


def test_a_machine_without_assets_has_none(tmp_path):
    assert folders(tmp_path) == []
