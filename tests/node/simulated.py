"""A node whose machine is simulated: settings, specs and sites for tests."""

import dataclasses
from pathlib import Path
from typing import Any

from panggon.core.sites import spec_document as specs
from panggon.core.sites.spec import SiteSpec, SiteState
from panggon.drivers import fake
from panggon.node.settings import config
from panggon.node.settings.config import NodeConfig
from panggon.node.sites import Sites
from tests.core.sites.site_specs import ssh_key

SITE, HOST = "s900001", "uji.kota.example"
SPEC = SiteSpec(SITE, HOST, SiteState.PREPARED, 1)


def settings(place: Path, **more: Any) -> NodeConfig:
    paths = {name: str(place / name) for name in ("root", "state", "run", "etc", "userdb", "logs")}
    sites = {"first_site": 900001, "last_site": 900009}
    dns = {"zone": "kota.example", "ipv4": ["192.0.2.1"]}
    return config.parse({"simulate": True, "paths": paths, "sites": sites, "dns": dns, **more})


def toml(place: Path) -> Path:
    """The same settings as a file, for the command line."""
    found = settings(place)
    lines = ["simulate = true", "[paths]"]
    lines += [f'{name} = "{getattr(found.paths, name)}"' for name in ("root", "state", "run", "etc", "userdb", "logs")]
    lines += ["[sites]", "first_site = 900001", "last_site = 900009"]
    lines += ["[dns]", 'zone = "kota.example"', 'ipv4 = ["192.0.2.1"]']
    path = place / "node.toml"
    path.write_text("\n".join(lines) + "\n")
    return path


def opened(spec: SiteSpec = SPEC, **access: Any) -> SiteSpec:
    wished = dataclasses.replace(spec.access, ssh_keys=(ssh_key("owner"),), **access)
    return dataclasses.replace(spec, state=SiteState.OPEN, generation=spec.generation + 1, access=wished)


def document(spec: SiteSpec = SPEC, **more: Any) -> dict[str, Any]:
    return {**specs.dump(spec), **more}


def machine_of(found: NodeConfig) -> fake.Machine:
    """The simulated machine as it is on disk now."""
    found.paths.state.mkdir(exist_ok=True)
    return fake.Machine(found.paths.state / "simulation.json")


def sites_on(found: NodeConfig, machine: fake.Machine) -> Sites:
    """Sites on a machine that the test can break."""
    return dataclasses.replace(Sites.of(found), drivers=lambda _spec, _known, silent=None: machine.drivers())
