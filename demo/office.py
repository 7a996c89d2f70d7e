"""Starts the demo's portal: brings its database to this version, fills in city and people, then serves pages.

A machine that is not enrolled yet finds its code in the file that is named.

One process for all of it, because loading Django takes longer than the work.
"""

import json
import os
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import django
from django.core.management import call_command

from demo.layout import NODE, REPOSITORY


def main() -> None:
    accounts, port, *code = sys.argv[1:]
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "panggon.portal.settings.base")
    django.setup()
    _fill(Path(accounts))
    for path in map(Path, code):
        _let_the_machine_enrol(path)
    _serve(port)


def _fill(accounts: Path) -> None:
    from panggon.people.demonstration import seed_kept_in  # noqa: PLC0415 (needs Django)
    from panggon.portal.cli import init  # noqa: PLC0415

    call_command("migrate", verbosity=0)
    init.main(args=["--answers", str(REPOSITORY / "examples" / "kota.toml")], standalone_mode=False)
    seed_kept_in(accounts)
    _let_the_head_sign(json.loads(accounts.read_text())["head"])


def _serve(port: str) -> None:
    from django.db import connections  # noqa: PLC0415 (needs Django)

    from panggon.portal import cli  # noqa: PLC0415

    connections.close_all()  # whoever serves is forked, and has its own
    cli.main(args=["serve", "--port", port])


def _let_the_head_sign(account: dict[str, str]) -> None:
    """With a certificate that proves nothing; in the demonstration its passphrase is the password of the account."""
    from django.utils import timezone  # noqa: PLC0415

    from panggon.core.papers.signing import Method  # noqa: PLC0415
    from panggon.office.selectors import office  # noqa: PLC0415
    from panggon.office.services import change  # noqa: PLC0415
    from panggon.office.values import Group  # noqa: PLC0415
    from panggon.papers.certificates import make  # noqa: PLC0415
    from panggon.papers.signers.interface import Secret  # noqa: PLC0415
    from panggon.people.selectors import user_named  # noqa: PLC0415

    now = timezone.now()
    if not office().versions[Group.SIGNING]:
        change(Group.SIGNING, replace(office().signing, method=Method.LOCAL), actor=None, at=now)
    head = user_named(account["login"])
    if head is not None:
        make(head, Secret(account["password"]), at=now)


def _let_the_machine_enrol(code: Path) -> None:
    from django.utils import timezone  # noqa: PLC0415

    from panggon.sites.machines import issue_code  # noqa: PLC0415

    code.touch(mode=0o600)
    code.write_text(issue_code(NODE, at=timezone.now(), life=timedelta(hours=24)))


if __name__ == "__main__":
    main()
