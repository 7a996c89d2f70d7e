"""Sites on a whole hosting machine for applications of other people: filled by their owner, used by visitors."""

import json
import os
import re
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Self

import httpx

from demo.browser import Page
from tests.node.machine_stand import UID_BASE, Machine
from tests.waiting import until

WEB_GROUP = 33


class Visitor:
    """A browser at one site: its cookies, its redirects, its real name, on the test's address."""

    def __init__(self, host: str, *, port: int, authority: Path) -> None:
        self.host = f"{host}:{port}"
        self._name, self._port = host, port
        self._client = httpx.Client(verify=ssl.create_default_context(cafile=str(authority)), timeout=60)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._client.close()

    def get(self, path: str, **headers: str) -> httpx.Response:
        return self._follow("GET", path, headers=headers)

    def post(self, path: str, data: Mapping[str, Any], files: Any = None) -> httpx.Response:
        return self._follow("POST", path, data=data, files=files)

    def send(self, path: str, content: bytes, **headers: str) -> httpx.Response:
        return self._follow("POST", path, content=content, headers=headers)

    def _follow(self, method: str, path: str, **body: Any) -> httpx.Response:
        for _ in range(6):
            answer = self._ask(method, path, **body)
            if not answer.is_redirect:
                return answer
            there = httpx.URL(f"https://{self.host}{path}").join(answer.headers["location"])
            assert there.netloc.decode() == self.host, f"the application does not know its own address: {there}"
            method, path, body = "GET", there.raw_path.decode(), {}
        raise AssertionError(f"{path} leads on for ever")

    def _ask(self, method: str, path: str, **body: Any) -> httpx.Response:
        headers = {"Host": self.host, **body.pop("headers", {})}
        extensions = {"sni_hostname": self._name}
        address = f"https://127.0.0.1:{self._port}{path}"
        return self._client.request(method, address, headers=headers, extensions=extensions, **body)


def seen(answer: httpx.Response) -> Page:
    return Page("", answer.text, status=answer.status_code)


@dataclass
class Site:
    machine: Machine
    spec: dict[str, Any]

    @property
    def name(self) -> str:
        return str(self.spec["site"])

    @property
    def folder(self) -> Path:
        return self.machine.base / "root" / "sites" / self.name

    def visitor(self) -> Visitor:
        return Visitor(str(self.spec["host"]), port=self.machine.https, authority=self.machine.base / "etc" / "ca.pem")

    def upload(self, folder: Path, *, into: str = "public") -> None:
        """Everything in the folder, over SFTP by the owner."""
        commands = [f"put -R {path} /{into}/" for path in sorted(folder.iterdir())]
        worked, words = self.machine.sftp_client(self.spec, "owner").batch(*commands)
        assert worked, words[-2000:]

    def give(self, folder: Path) -> None:
        """As `upload` into `public` does, for what has thousands of files: they are the owner's already."""
        uid = UID_BASE + int(self.name[1:])
        target = self.folder / "public"
        for place, folders, files in os.walk(folder):
            there = target / Path(place).relative_to(folder)
            for name in folders:
                (there / name).mkdir(mode=0o2750, exist_ok=True)
                os.chown(there / name, uid, WEB_GROUP)
                (there / name).chmod(0o2750)
            for name in files:
                (there / name).write_bytes((Path(place) / name).read_bytes())
                os.chown(there / name, uid, WEB_GROUP)
                (there / name).chmod(0o640)

    def password(self) -> str:
        """What the machine has told the owner, and nobody else."""
        found = re.search(r'password = "(.+)"', (self.folder / "private" / "database.ini").read_text())
        assert found
        return found[1]

    def log(self) -> str:
        path = self.folder / "logs" / "error.log"
        return path.read_text() if path.exists() else ""

    def complaints(self) -> list[str]:
        """What the site's programs wrote that is more than a warning."""
        words = re.compile(r"Fatal|Permission denied|open_basedir|Traceback")
        return [line for line in self.log().splitlines() if words.search(line)]


def opened(machine: Machine, number: int, **members: Any) -> Site:
    """An open site whose owner has a key."""
    kept = machine.base / "owner.pub"
    if not kept.exists():
        kept.write_text(machine.key("owner"))
    spec = machine.spec(number, state="open", access={"ssh_keys": [kept.read_text().strip()]}, **members)
    done = machine.node("apply", machine.write_spec(spec), "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    assert all(row["ok"] for row in json.loads(done.stdout)["evidence"])
    return Site(machine, spec)


def loaded(site: Site) -> None:
    """Wait until the application that was uploaded answers: its proof came before it, and found none."""
    with site.visitor() as visitor:
        until(lambda: visitor.get("/").status_code != 500, "the application is loaded")
