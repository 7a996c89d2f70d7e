"""`script/demo`: bring the stack up, carry one letter through the nine steps, show the proofs, go on serving."""

import argparse
import json
import signal
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType
from typing import Any

from demo import cleaning, layout
from demo.layout import ZONE, Layout
from demo.steps import say

PYTHON = sys.executable
READY_SECONDS = 180


class Stopped(Exception):  # noqa: N818 -- a wish of the person, not an error
    """Ctrl-C or SIGTERM."""


def main() -> int:
    arguments = _arguments()
    if arguments.clean:
        return cleaning.clean(packages=arguments.packages)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stop)
    began = time.monotonic()
    places = layout.prepare()
    stack = None
    try:
        cleaning.stop_leftovers(places)
        stack = _bring_up(places, simulation=arguments.simulate)
        say(f"Semua server siap dalam {time.monotonic() - began:.1f} detik.\n")
        held = _nine_steps(places, simulation=arguments.simulate)
        if not arguments.exit:
            _serve(places, stack)
        return 0 if held else 1
    except Stopped:
        return 130
    finally:
        _end(stack)


# ------------------------------------------------------------------------------------------------------------------


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="script/demo", description="Peragaan Panggon: dari surat sampai situs.")
    parser.add_argument("--exit", action="store_true", help="berhenti sesudah sembilan langkah; 0 hanya bila terbukti")
    parser.add_argument("--simulate", action="store_true", help="mesin di dalam memori, tanpa root; bukan situs nyata")
    parser.add_argument("--clean", action="store_true", help="hapus semua yang dibuat peragaan")
    parser.add_argument("--packages", action="store_true", help="dengan --clean: juga paket Debian yang dipasangnya")
    return parser.parse_args()


def _stop(_number: int, _frame: FrameType | None) -> None:
    raise Stopped


def _bring_up(places: Layout, *, simulation: bool) -> "subprocess.Popen[str]":
    """Start the stack and show which part is ready, until the last is."""
    options = ["--simulate"] if simulation else []
    # When this process is killed, the stack is told to stop as well.
    argv = ["setpriv", "--pdeathsig", "TERM", PYTHON, "-m", "demo.stack", str(places.state), *options]
    stack = subprocess.Popen(argv, stdout=subprocess.PIPE, text=True, cwd=layout.REPOSITORY, start_new_session=True)
    for line in stack.stdout or ():
        say(f"  {line.rstrip()}")
        if line.startswith("agent siap"):
            return stack
    raise SystemExit(_end(stack) or 1)


def _nine_steps(places: Layout, *, simulation: bool) -> bool:
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
    done = subprocess.run([PYTHON, "-m", "demo.steps", str(settings)], cwd=layout.REPOSITORY, check=False)
    evidence = _write_evidence(places, json.loads(result.read_text()), accounts, simulation=simulation)
    _show_end(places, evidence)
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


def _show_end(places: Layout, evidence: dict[str, Any]) -> None:
    held = sum(check["ok"] for check in evidence["checks"])
    say(f"\n{held} dari {len(evidence['checks'])} bukti terpenuhi. Catatan: {places.evidence}")
    for words in evidence["reduced"]:
        say(f"  perlindungan berkurang: {words}")
    host, port = evidence["site"]["host"], places.ports["https"]
    say(f"\nPortal  {places.portal_url}/")
    say(f"Situs   https://{host}:{port}/   ({ZONE} hanya dikenal DNS peragaan, port {places.ports['dns']})")
    if not evidence["simulation"]:
        say(f"        curl --cacert {places.authority} --resolve {host}:{port}:127.0.0.1 https://{host}:{port}/")
    say("\nAkun peragaan (peran, nama masuk, kata sandi, rahasia TOTP):")
    for account in evidence["accounts"]:
        say(f"  {account['role']:<14} {account['login']:<8} {account['password']:<18} {account['totp_secret']}")


def _serve(places: Layout, stack: "subprocess.Popen[str]") -> None:
    say(f"\nMelayani sampai Ctrl-C. Log: {places.logs}")
    stack.wait()
    say("Server berhenti sendiri; lihat log.")


def _end(stack: "subprocess.Popen[str] | None") -> int:
    """Stop all that was started; the stack's exit status."""
    if stack is None:
        return 0
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, signal.SIG_IGN)
    if stack.poll() is None:
        stack.send_signal(signal.SIGTERM)
    for line in stack.stdout or ():
        if line.startswith("✗"):
            say(line.rstrip())
    return stack.wait(READY_SECONDS)


if __name__ == "__main__":
    sys.exit(main())
