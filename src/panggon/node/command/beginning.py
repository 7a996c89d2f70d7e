"""`panggon-node init`: from the settings to a machine that serves; run again after each change of the settings."""

import json
import time
from collections.abc import Callable, Mapping, Sequence

from panggon.core.errors import PermanentError
from panggon.drivers.system import files
from panggon.drivers.system.patience import Patience
from panggon.node import backup, layout, own_servers, protections
from panggon.node.agent import identity
from panggon.node.servers import Server
from panggon.node.settings.config import SERVERS, NodeConfig, Paths
from panggon.node.supervision import services, units

READY_SECONDS = 60.0


def begin(config: NodeConfig, tell: Callable[[str], None]) -> None:
    """Raises PermanentError `node.unprotected`, `node.packages`, `node.path`, `node.restore`, `services.port`,
    `services.start`.
    """
    backup.demand_restored(config)
    if units.installed():
        _with_systemd(config, tell)  # what protects the sites is tried in the holder's own unit, where it counts
        protections.demand(config)
    else:
        protections.demand(config)
        own_servers.prepare(config)
        tell("Tanpa systemd: jalankan `panggon-node services run`, lalu `panggon-node run` setelah mesin terdaftar.")
    try:
        tell(f"Portal: {identity.load(config.paths.state).url}")
    except PermanentError:
        tell("Daftarkan mesin ini: panggon-node enroll https://ALAMAT-PORTAL KODE")


def _with_systemd(config: NodeConfig, tell: Callable[[str], None]) -> None:
    if config.paths != Paths():
        raise PermanentError("node.path", "unit systemd hanya mengenal tempat bawaan: hapus [paths] dari pengaturan")
    wanted = config.services.run
    foreign = units.distributions_own(wanted)
    units.switch_off(foreign)
    for unit in foreign:
        tell(f"{unit} milik Debian dimatikan: Panggon menjalankan program itu sendiri")
    states = units.states(wanted, seconds=units.START_SECONDS)
    running = {name for name, state in states.items() if state.running}
    for name in wanted:
        for listener in layout.listeners(config, name) if name not in running else ():
            services.demand_free(listener, name)
    before, began = _fingerprints(config), _begins(config)
    units.enable(wanted, [name for name in SERVERS if name not in wanted])
    units.renew([name for name, state in states.items() if state.replaced])
    _take_over_changes(config, {name for name in running if not states[name].replaced}, before, began)
    _await(own_servers.servers(config), tell)


def _take_over_changes(
    config: NodeConfig, running: set[str], before: Mapping[str, str], began: Mapping[str, object]
) -> None:
    """What ran already and would be started differently now. nginx can read another configuration as it goes."""
    after = _fingerprints(config)
    changed = [name for name in running if before.get(name) != after[name]]
    if "nginx" in changed and began == _begins(config):
        changed.remove("nginx")
        units.reload("nginx")
    units.renew(changed)
    units.renew_agent()


def _fingerprints(config: NodeConfig) -> dict[str, str]:
    return {server.name: services.fingerprint(server) for server in own_servers.servers(config)}


def _begins(config: NodeConfig) -> dict[str, object]:
    """Where nginx listens and how it is called; it has to be started anew when this changes."""
    content = files.read(layout.nginx_settings(config, sandboxed=True, own_mounts=True).start) or b"{}"
    document = json.loads(content)
    return {name: document.get(name) for name in ("listen", "command")}


def _await(servers: Sequence[Server], tell: Callable[[str], None]) -> None:
    for server in servers:
        patience = Patience(READY_SECONDS)
        while not server.ready():
            if patience.is_over():
                why = f"{server.name} tidak menjawab; lihat journalctl -u {units.of(server.name)}"
                raise PermanentError("services.start", why)
            time.sleep(0.1)
        tell(f"{server.name} siap")
