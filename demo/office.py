"""Starts the demo's portal: brings its database to this version, fills in city and people, then serves pages.

One process for all of it, because loading Django takes longer than the work.
"""

import os
import sys
from pathlib import Path

import django
from django.core.management import call_command

from demo.layout import REPOSITORY


def main() -> None:
    accounts, port = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panggon.portal.settings.base")
    django.setup()
    _fill(Path(accounts))
    panggon = str(Path(sys.executable).parent / "panggon")
    os.execv(panggon, [panggon, "serve", "--port", port])


def _fill(accounts: Path) -> None:
    from panggon.people.commands import seed_demo  # noqa: PLC0415 (needs Django)
    from panggon.portal.cli import init  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    init.main(args=["--answers", str(REPOSITORY / "examples" / "kota.toml")], standalone_mode=False)
    seed_demo.main(args=["--accounts", str(accounts)], standalone_mode=False)


if __name__ == "__main__":
    main()
