"""The usual design: a vhost and a pool of one shared php-fpm master for each site, with test and reload."""

import os
import shutil
import signal
import statistics
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bench.machine import PAGE, STATIC
from demo.ports import free_port
from panggon.core.errors import TemporaryError
from panggon.core.sites.spec import Limits
from panggon.drivers.nginx import visit
from panggon.drivers.nginx.visit import Door
from panggon.node.sockets.sandboxes.launch import workers
from tests.php import PROGRAM as PHP

SECONDS_TO_ANSWER = 120
SAMPLES = 3
HOST = "usual-{number}.kota.example"
# What Debian's own nginx.conf says, with as many workers as Panggon's has.
NGINX = """user www-data;
worker_processes 2;
worker_rlimit_nofile 20000;
pid "{base}/nginx.pid";
error_log "{base}/nginx.log";
events {{ worker_connections 1024; }}
http {{
    include /etc/nginx/mime.types;
    access_log "{base}/access.log";
    sendfile on;
    tcp_nopush on;
    types_hash_max_size 2048;
    ssl_protocols TLSv1 TLSv1.1 TLSv1.2 TLSv1.3;
    ssl_prefer_server_ciphers on;
    {kept_files}
    server_names_hash_bucket_size 128;
    server_names_hash_max_size 65536;
    include {base}/vhosts/*.conf;
}}
"""
KEPT_FILES = "open_file_cache max=10000 inactive=30s; open_file_cache_valid 2s; open_file_cache_min_uses 2;"
VHOST = """server {{
    listen 127.0.0.1:{port} ssl;
    server_name {host};
    ssl_certificate "{base}/bundle.pem";
    ssl_certificate_key "{base}/bundle.pem";
    root "{base}/public";
    index index.php;
    location ~ \\.php$ {{
        include /etc/nginx/fastcgi_params;
        fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name;
        fastcgi_pass unix:{base}/run/{number}.sock;
    }}
}}
"""
POOL = """[site-{number}]
user = www-data
group = www-data
listen = {base}/run/{number}.sock
listen.owner = www-data
pm = ondemand
pm.max_children = {children}
"""
FPM = """[global]
pid = {base}/fpm.pid
error_log = {base}/fpm.log
rlimit_files = 20000
include = {base}/pools/*.conf
"""


def seconds(sites: int) -> float:
    """From the first written file until the new site's PHP answers over HTTPS, with so many there; the median."""
    with serving(sites) as place:
        return statistics.median(_added(place, sites + number) for number in range(SAMPLES))


class Place:
    """Where it lies, and `port` and `door` by which it is reached."""

    def __init__(self, base: Path, *, kept_files: bool) -> None:
        self.base, self.port = base, free_port()
        self.door = Door("127.0.0.1", self.port, base / "bundle.pem")
        for folder in ("vhosts", "pools", "run", "public"):
            (base / folder).mkdir()
        (base / "public" / "index.php").write_text(PAGE)
        (base / "public" / "halaman.html").write_text(STATIC)
        (base / "nginx.conf").write_text(NGINX.format(base=base, kept_files=KEPT_FILES if kept_files else ""))
        (base / "fpm.conf").write_text(FPM.format(base=base))
        names = "subjectAltName=DNS:*.kota.example"
        made = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes"]
        made += [
            "-subj",
            "/CN=usual",
            "-addext",
            names,
            "-keyout",
            str(base / "key.pem"),
            "-out",
            str(base / "cert.pem"),
        ]
        subprocess.run(made, check=True, capture_output=True)
        (base / "bundle.pem").write_text((base / "cert.pem").read_text() + (base / "key.pem").read_text())

    def write(self, number: int) -> None:
        facts = {"base": self.base, "number": number, "port": self.port, "host": HOST.format(number=number)}
        facts["children"] = workers(Limits().processes)
        (self.base / "vhosts" / f"{number}.conf").write_text(VHOST.format(**facts))
        (self.base / "pools" / f"{number}.conf").write_text(POOL.format(**facts))

    def run(self, *words: str) -> None:
        subprocess.run(words, check=True, capture_output=True)

    def nginx(self, *words: str) -> None:
        self.run("/usr/sbin/nginx", "-c", str(self.base / "nginx.conf"), *words)

    @property
    def processes(self) -> tuple[int, ...]:
        return tuple(int((self.base / f"{name}.pid").read_text()) for name in ("nginx", "fpm"))

    def signal(self, name: str, number: int) -> None:
        os.kill(int((self.base / f"{name}.pid").read_text()), number)

    def end(self) -> None:
        """Both servers; with thousands of sites either takes its time."""
        going = self.processes
        for pid in going:
            os.kill(pid, signal.SIGTERM)
        for pid in going:
            _await_end(pid)

    def answers(self, number: int) -> bool:
        try:
            return visit.get(self.door, HOST.format(number=number), "/").status == 200
        except TemporaryError:
            return False

    def await_answer(self, number: int) -> None:
        ends = time.monotonic() + SECONDS_TO_ANSWER
        while not self.answers(number):
            if time.monotonic() > ends:
                raise RuntimeError(f"site {number} of the usual design does not answer; see {self.base}")
            time.sleep(0.005)


@contextmanager
def serving(sites: int, *, kept_files: bool = False) -> Iterator[Place]:
    """So many sites; `kept_files`: nginx keeps files open (open_file_cache)."""
    base = Path(f"/srv/panggon-bench-usual-{os.getpid()}{'-kept' if kept_files else ''}")
    base.mkdir(mode=0o755)
    try:
        place = Place(base, kept_files=kept_files)
        for number in range(sites):
            place.write(number)
        place.run(PHP, "-y", str(base / "fpm.conf"))
        place.nginx()
        try:
            place.await_answer(0)
            yield place
        finally:
            place.end()
    finally:
        shutil.rmtree(base)


def started(place: Place) -> float:
    """Seconds in which its php-fpm, ended before, is there again and has answered: without a sandbox, a group or a user
    of a site's own, this much of a start is PHP's and the machine's.
    """
    _, former = place.processes
    place.signal("fpm", signal.SIGQUIT)
    _await_end(former)
    began = time.perf_counter()
    place.run(PHP, "-y", str(place.base / "fpm.conf"))
    place.await_answer(0)
    return time.perf_counter() - began


def _await_end(pid: int) -> None:
    while Path(f"/proc/{pid}").exists():
        time.sleep(0.005)


def _added(place: Place, number: int) -> float:
    began = time.perf_counter()
    place.write(number)
    place.run(PHP, "-y", str(place.base / "fpm.conf"), "-t")
    place.signal("fpm", signal.SIGUSR2)
    place.nginx("-t")
    place.nginx("-s", "reload")
    place.await_answer(number)
    return time.perf_counter() - began
