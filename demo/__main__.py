"""`script/demo`: bring the stack up, carry one letter through the nine steps, show the proofs, go on serving."""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

from demo import cleaning, figures, layout
from demo.layout import ZONE, Layout, Places
from demo.steps import say
from panggon.core.errors import PanggonError
from panggon.node.daemons.lock import alone

PYTHON = sys.executable
STOP_SECONDS = 180


class Stopped(Exception):  # noqa: N818 -- a wish of the person, not an error
    """Ctrl-C or SIGTERM."""


def main() -> int:
    arguments = _arguments()
    if arguments.clean:
        return cleaning.clean(_everything(arguments), packages=arguments.packages)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    places = _places(arguments)
    try:
        with alone(places.state.with_suffix(".lock"), "peragaan ini sudah berjalan; hentikan dahulu dengan Ctrl-C"):
            return _demonstrate(places, simulation=arguments.simulate, leave=arguments.exit)
    except Stopped:
        say(f"\nServer berhenti. {_kept(places)}")
        return 130
    except (PanggonError, PermissionError) as error:
        say(f"✗ {cleaning.words_of(error)}")
        return 1


def _demonstrate(places: Places, *, simulation: bool, leave: bool) -> int:
    began = time.monotonic()
    cleaning.reclaim(places)
    made = layout.prepare(state=places.state, hosting=places.hosting, first_site=places.first_site)
    with _stack(made, simulation=simulation) as stack:
        if not _ready(stack):
            return 1
        say(f"Semua server siap dalam {time.monotonic() - began:.1f} detik.\n")
        held = _nine_steps(made, simulation=simulation, goes_on=not leave)
        if not leave:
            _serve(made, stack)
    if leave:
        say(f"\nPeragaan berakhir; semua server sudah berhenti. {_kept(places)}")
    return 0 if held else 1


# ------------------------------------------------------------------------------------------------------------------


def _arguments() -> argparse.Namespace:
    """What each option means stands in `demo/help.txt`, by which `script/demo` checks them first."""
    parser = argparse.ArgumentParser(prog="script/demo", add_help=False, allow_abbrev=False)
    for option in ("--exit", "--simulate", "--clean", "--packages"):
        parser.add_argument(option, action="store_true")
    parser.add_argument("--places", nargs=3)
    return parser.parse_args()


def _kept(places: Places) -> str:
    return f"Yang dibuat tetap di {places.state} dan {places.hosting} sampai script/demo --clean."


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _places(arguments: argparse.Namespace) -> Places:
    if arguments.places:
        state, hosting, first_site = arguments.places
        return Places(Path(state).absolute(), Path(hosting).absolute(), int(first_site))
    return layout.simulated() if arguments.simulate else layout.real()


def _everything(arguments: argparse.Namespace) -> tuple[Places, ...]:
    """What there may be to remove; only root has real demonstrations."""
    if arguments.places:
        return (_places(arguments),)
    return (layout.real(), layout.simulated()) if layout.is_root() else (layout.simulated(),)


def _child(*arguments: str) -> list[str]:
    """One of our own programs, which is told to stop when this process is killed."""
    return ["setpriv", "--pdeathsig", "TERM", PYTHON, "-m", *arguments]


@contextmanager
def _stack(places: Layout, *, simulation: bool) -> "Iterator[subprocess.Popen[str]]":
    """All servers, which are stopped again whatever happens."""
    argv = _child("demo.stack", str(places.state), *(["--simulate"] if simulation else []))
    stack = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=layout.REPOSITORY, start_new_session=True)
    try:
        cleaning.write_down(places, stack.pid, os.getpid())
        yield stack
    finally:
        _end(stack)


def _ready(stack: "subprocess.Popen[str]") -> bool:
    """Show which part is ready, until the last is; False when one does not start."""
    for line in stack.stdout or ():
        say(f"  {line.rstrip()}")
        if line.startswith("agent siap"):
            return True
    return False


def _nine_steps(places: Layout, *, simulation: bool, goes_on: bool) -> bool:
    settings = places.state / "steps.json"
    result = places.state / "result.json"
    accounts = json.loads(places.accounts.read_text())
    _copy_authority(places)
    settings.touch(mode=0o600)
    settings.write_text(
        json.dumps(
            {
                "portal": places.portal_url,
                "people": accounts,
                "simulation": simulation,
                "goes_on": goes_on,
                "ports": places.ports,
                "sftp_host_key": str(places.sftp_host_key),
                "authority": str(places.authority),
                "keys": str(places.state / "keys"),
                "papers": str(places.papers),
                "result": str(result),
            }
        )
    )
    result.unlink(missing_ok=True)
    done = subprocess.run(
        _child("demo.steps", str(settings)), cwd=layout.REPOSITORY, check=False, start_new_session=True
    )
    if not result.exists():
        say("✗ Langkah-langkah terputus sebelum selesai.")
        return False
    figures.reckon(places, simulation=simulation)
    told = json.loads(result.read_text())
    evidence = _write_evidence(places, told, accounts, simulation=simulation)
    _show_proofs(places, evidence)
    if goes_on:
        _show_places(places, evidence, accounts, waiting=told["waiting"])
    return done.returncode == 0


def _copy_authority(places: Layout) -> None:
    made = places.hosting / "etc" / "ca.pem"
    if made.exists():
        places.authority.write_bytes(made.read_bytes())


def _write_evidence(
    places: Layout, result: dict[str, Any], accounts: dict[str, Any], *, simulation: bool
) -> dict[str, Any]:
    evidence = {
        "steps": result["steps"],
        "checks": result["checks"],
        "reduced": _reduced(places, simulation=simulation),
        "endpoints": {
            "portal": places.portal_url,
            "https_port": places.ports["https"],
            "dns": {"host": "127.0.0.1", "port": places.ports["dns"]},
            "sftp": {"host": "127.0.0.1", "port": places.ports["sftp"]},
            "ca_certificate": str(places.authority),
        },
        "site": {"host": result["host"], "unix_user": result["site"], "database": result["site"]},
        "accounts": [
            {name: account[name] for name in ("role", "login", "password", "totp_secret")}
            for account in accounts.values()
        ],
        "files": sorted(str(paper) for paper in places.papers.glob("*.pdf")),
        "simulation": simulation,
        "problem": result["problem"],
    }
    places.evidence.touch(mode=0o600)
    places.evidence.write_text(json.dumps(evidence, indent=2, ensure_ascii=False) + "\n")
    return evidence


def _reduced(places: Layout, *, simulation: bool) -> list[str]:
    """What this machine could not protect, in the node's own words."""
    if simulation:
        return ["simulasi: tidak ada mesin"]
    argv = [str(Path(PYTHON).parent / "panggon-node"), "--config", str(places.node_config), "status", "--json"]
    status = json.loads(subprocess.run(argv, capture_output=True, text=True, check=False).stdout or "{}")
    return [f"{row['name']}: {row['reason']}" for row in status.get("protections", []) if not row["active"]]


def _show_proofs(places: Layout, evidence: dict[str, Any]) -> None:
    held = sum(check["ok"] for check in evidence["checks"])
    say(f"\n{held} dari {len(evidence['checks'])} bukti terpenuhi. Catatan: {places.evidence}")
    for words in evidence["reduced"]:
        say(f"  perlindungan berkurang: {words}")


def _show_places(places: Layout, evidence: dict[str, Any], accounts: dict[str, Any], *, waiting: str) -> None:
    """Where everything is to be looked at, while it is served."""
    host, port = evidence["site"]["host"], places.ports["https"]
    say(f"\nPortal  {places.portal_url}/")
    say(f"Kinerja {places.portal_url}/kinerja/")
    say(f"Situs   https://{host}:{port}/   ({ZONE} hanya dikenal DNS peragaan, port {places.ports['dns']})")
    if not evidence["simulation"]:
        say(f"        curl --cacert {places.authority} --resolve {host}:{port}:127.0.0.1 https://{host}:{port}/")
        say(f"SFTP    sftp -P {places.ports['sftp']} PENGGUNA@127.0.0.1   (nama pengguna: di halaman hak akses)")
        say(f"Mesin   .venv/bin/panggon-node --config {places.node_config} status")
    if waiting:
        address = f"{places.portal_url}/permohonan/{waiting}/"
        say(f"\nSatu permohonan lagi menunggu Tata Usaha, untuk Anda lanjutkan: {address}")
    say("\nAkun peragaan (jabatan, nama masuk, kata sandi, rahasia TOTP):")
    for account in accounts.values():
        say(f"  {account['label']:<17} {account['login']:<9} {account['password']:<18} {account['totp_secret']}")
    say("Frasa sandi tanda tangan Kepala Dinas di peragaan ini sama dengan kata sandinya.")


def _serve(places: Layout, stack: "subprocess.Popen[str]") -> None:
    say(f"\nMelayani sampai Ctrl-C. Log: {places.logs}")
    stack.wait()
    say("Server berhenti sendiri; lihat log.")


def _end(stack: "subprocess.Popen[str]") -> None:
    """Stop all that was started."""
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    if stack.poll() is None:
        say("\nMenghentikan semua server…")
        stack.send_signal(signal.SIGTERM)
    for line in stack.stdout or ():
        if line.startswith("✗"):
            say(line.rstrip())
    stack.wait(STOP_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
