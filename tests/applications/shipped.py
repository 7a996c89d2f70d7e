"""Applications as their authors ship them, from Debian's packages, which spread them over the machine."""

import shutil
from pathlib import Path

PACKAGES = Path("/usr/share")


def dokuwiki(folder: Path, **settings: str | int) -> None:
    """One folder with everything in it, in English, with these settings besides those that every one needs."""
    shutil.copytree(PACKAGES / "dokuwiki", folder, ignore=shutil.ignore_patterns(".ht*", "preload.php", "lang"))
    for language in (PACKAGES / "dokuwiki").glob("**/lang/en"):
        shutil.copytree(language, folder / language.relative_to(PACKAGES / "dokuwiki"))
    shutil.copytree("/etc/dokuwiki", folder / "conf", ignore=shutil.ignore_patterns(".ht*", "local.php", "*.auth.php"))
    shutil.copytree("/var/lib/dokuwiki/data", folder / "data")
    all_settings = {"savedir": "./data", "title": "Wiki Dinas", **settings}
    lines = [f"$conf['{name}'] = {value!r};" for name, value in all_settings.items()]
    (folder / "conf" / "local.php").write_text("<?php\n" + "\n".join(lines) + "\n")
