"""What the demonstration tells the portal and the node: environment variables and `node.toml`."""

import os
import secrets

from demo import postgres
from demo.layout import UID_BASE, ZONE, Layout


def portal_environment(layout: Layout, *, simulation: bool) -> dict[str, str]:
    return {
        "DATABASE_URL": postgres.url(layout.state / "postgres", layout.ports["postgres"]),
        "PANGGON_SECRET_KEY_FILE": str(_secret_key(layout)),
        "PANGGON_INSECURE_LOOPBACK": "1",
        "PANGGON_DEMO": "1",
        "PANGGON_SIMULATION": "1" if simulation else "",
        "PANGGON_BASE_URL": layout.portal_url,
        "PANGGON_FIRST_SITE": str(layout.first_site),
        "PANGGON_FILES": str(layout.office / "files"),
        "PANGGON_CERTIFICATES": str(layout.office / "certificates"),
        "PANGGON_SEALS": str(layout.office / "seals"),
        "PANGGON_EMAIL_BACKEND": "django.core.mail.backends.filebased.EmailBackend",
        "PANGGON_EMAIL_FILES": str(layout.office / "mail"),
        "PANGGON_WEBHOOK_NETWORKS": "127.0.0.0/8",  # for what is tried out beside the demonstration
        "HOME": str(layout.office),
        **{name: value for name, value in os.environ.items() if name.startswith("PANGGON_IMAP_")},
    }


def write_node_config(layout: Layout, *, simulation: bool) -> None:
    """A machine that listens on loopback only. What it may not protect here it reports as reduced."""
    ports, hosting = layout.ports, layout.hosting
    layout.node_config.write_text(f"""\
# The hosting machine of the demonstration; written anew at every start.
simulate = {str(simulation).lower()}

[paths]
root = "{hosting}"
state = "{layout.state}/node"
run = "{layout.run}"
etc = "{hosting}/etc"
userdb = "{f"{hosting}/userdb" if simulation else "/etc/userdb"}"
logs = "{layout.logs}"

[portal]
url = "{layout.nodes_url}"

[sites]
uid_base = {UID_BASE}
first_site = {layout.first_site}
last_site = {layout.last_site}

[web]
addresses = ["127.0.0.1", "::1"]
http_port = {ports["http"]}
https_port = {ports["https"]}

[dns]
zone = "{ZONE}"
servers = [{{ address = "127.0.0.1", port = {ports["dns"]} }}]
addresses = ["127.0.0.1"]
port = {ports["dns"]}
name_servers = [{{ name = "ns1.{ZONE}", address = "127.0.0.1" }}]
ipv4 = ["127.0.0.1"]
ipv6 = ["::1"]

[sftp]
addresses = ["127.0.0.1"]
port = {ports["sftp"]}

[protections]
require_all = false
""")


def _secret_key(layout: Layout) -> str:
    path = layout.office / "secret-key"
    if not path.exists():
        path.touch(mode=0o600)
        path.write_text(secrets.token_urlsafe(64))
    return str(path)
