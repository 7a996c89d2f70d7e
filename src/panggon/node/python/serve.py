"""Runs a site's Python application on the socket that the holder hands over.

It runs as the site's own user, in the site's sandbox, with the site's virtual environment: nothing of Panggon can be
imported here. Debian's gunicorn does the work, with uvicorn's worker for ASGI; both come last on the path, so that what
the site brings itself is preferred. What it reads of its environment is set by `node/sockets/sandboxes/launch.py`.
"""

import contextlib
import os
import sys
from pathlib import Path
from typing import Any

SYSTEM_PACKAGES = "/usr/lib/python3/dist-packages"
HOME = Path(os.environ["HOME"])
ENVIRONMENT = HOME / "venv"
LISTEN_DESCRIPTOR = 3  # where gunicorn looks for handed-over sockets (sd_listen_fds(3))


def main() -> None:
    if sys.prefix == sys.base_prefix:
        _enter_environment()
    os.chdir(HOME)
    own = sys.path[0]
    sys.path[0] = str(HOME)
    sys.path += [SYSTEM_PACKAGES, own]
    _hand_over(int(os.environ.pop("PANGGON_SOCKET")))
    _serve(os.environ["PANGGON_ENTRY"], os.environ["PANGGON_INTERFACE"])


# The virtual environment


def _enter_environment() -> None:
    """Become the interpreter of `private/venv`, made or mended first: the owner may have copied it from elsewhere."""
    python = ENVIRONMENT / "bin" / "python3"
    wanted = _requirements()
    if not os.access(python, os.X_OK):
        import venv  # noqa: PLC0415 -- only at the first start; a visitor waits at each

        venv.EnvBuilder(symlinks=True).create(ENVIRONMENT)
    if wanted and _installed() != wanted:
        _install(python)
        (ENVIRONMENT / ".panggon-installed").write_text(wanted)
    os.execv(python, [str(python), __file__])  # noqa: S606 -- the same program, with the site's packages


def _requirements() -> str:
    """Differs whenever something else is to be installed; empty where the owner asks for nothing."""
    listed = HOME / "requirements.txt"
    if not listed.is_file():
        return ""
    import hashlib  # noqa: PLC0415 -- as above

    wheels = sorted(f"{path.name} {path.stat().st_size}" for path in (HOME / "wheels").glob("*.whl"))
    found = "\n".join([f"{sys.version_info[:2]}", *wheels])  # another Python looks in another folder
    return hashlib.sha256(listed.read_bytes() + found.encode()).hexdigest()


def _installed() -> str:
    with contextlib.suppress(OSError):
        return (ENVIRONMENT / ".panggon-installed").read_text()
    return ""


def _install(python: Path) -> None:
    """From `private/wheels` only: no site needs the network to start. What fails is in the site's log."""
    import subprocess  # noqa: PLC0415 -- as above

    pip = next(Path("/usr/share/python-wheels").glob("pip-*.whl")) / "pip"  # it runs as it is packed
    listed = ["--find-links", str(HOME / "wheels"), "--requirement", str(HOME / "requirements.txt")]
    quiet = ["--quiet", "--disable-pip-version-check", "--no-index", "--no-cache-dir"]
    subprocess.run([python, pip, "install", *quiet, *listed], check=False)


# The server


def _hand_over(descriptor: int) -> None:
    if descriptor != LISTEN_DESCRIPTOR:
        os.dup2(descriptor, LISTEN_DESCRIPTOR)
        os.close(descriptor)
    os.environ |= {"LISTEN_PID": str(os.getpid()), "LISTEN_FDS": "1"}


def _serve(entry: str, interface: str) -> None:
    from gunicorn.app.base import BaseApplication  # noqa: PLC0415 -- on the path only now

    class Server(BaseApplication):  # type: ignore[misc]
        def load_config(self) -> None:
            for name, value in _settings(interface).items():
                self.cfg.set(name, value)

        def load(self) -> Any:
            """In each worker anew: the master never holds the site's code, so a new worker has its newest."""
            if interface == "asgi":
                from panggon_asgi import AsgiSite  # noqa: PLC0415 -- on the path only now

                return AsgiSite(entry)
            from panggon_site import WsgiSite  # noqa: PLC0415 -- on the path only now

            return WsgiSite(entry)

    Server().run()


def _settings(interface: str) -> dict[str, Any]:
    return {
        "worker_class": "panggon_asgi.Worker" if interface == "asgi" else "panggon_wsgi.Worker",
        "workers": 1,
        "threads": int(os.environ["PANGGON_THREADS"]),
        "worker_tmp_dir": "/dev/shm",  # noqa: S108 -- the worker's sign of life, in memory
        "timeout": 130,  # longer than the web server waits
        "graceful_timeout": int(os.environ["PANGGON_STOP_SECONDS"]),
        "forwarded_allow_ips": "*",  # only the web server reaches the socket
        "loglevel": "warning",
        "umask": 0o027,
        "proc_name": os.environ["PANGGON_SITE"],
    }


if __name__ == "__main__":
    main()
