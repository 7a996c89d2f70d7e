"""What each change makes of a site: its columns and details, by name, as `sites.changing.asked_for` takes them."""

from collections.abc import Callable, Mapping
from typing import Any

from panggon.core.sites.life import SiteAction
from panggon.core.sites.spec import SiteState
from panggon.sites.models import Site

Data = Mapping[str, Any]


def values_of(site: Site, action: SiteAction, data: Data) -> dict[str, Any]:
    """The new values; nothing where the site is only to be made as it is wished already."""
    return VALUES[action](site, data) if action in VALUES else {}


def former_of(site: Site, values: Mapping[str, Any]) -> dict[str, Any]:
    """What these columns hold now."""
    return {name: getattr(site, name) for name in values}


# ------------------------------------------------------------------------------------------------------------------


def _without(site: Site, *names: str) -> dict[str, Any]:
    return {name: value for name, value in site.details.items() if name not in names}


def _suspend(site: Site, data: Data) -> dict[str, Any]:
    return {"state": SiteState.SUSPENDED.value, "details": {**site.details, "notice": data["notice"].strip()}}


def _resume(site: Site, _data: Data) -> dict[str, Any]:
    return {"state": SiteState.OPEN.value, "details": _without(site, "notice")}


def _rename(site: Site, data: Data) -> dict[str, Any]:
    """The former name leads to the new one, or goes; a former name that comes back is the site's own again."""
    details = _without(site, "former_hosts", "retired_hosts")
    former = [host for host in site.details.get("former_hosts", ()) if host != data["host"]]
    if data["keeps_former_name"]:
        details["former_hosts"] = [*former, site.host]
    else:
        details |= {"former_hosts": former, "retired_hosts": [site.host]}
    return {"host": data["host"], "details": details}


def _change_plan(_site: Site, data: Data) -> dict[str, Any]:
    return {"plan_id": data["plan"].pk, **data["plan"].allowance}


def _change_php(_site: Site, data: Data) -> dict[str, Any]:
    return {"php_version": data["php_version"]}


def _change_settings(site: Site, data: Data) -> dict[str, Any]:
    return {**data["columns"], "details": {**site.details, **data["details"]}}


def _state(state: SiteState) -> Callable[[Site, Data], dict[str, Any]]:
    return lambda _site, _data: {"state": state.value}


VALUES: Mapping[SiteAction, Callable[[Site, Data], dict[str, Any]]] = {
    SiteAction.SUSPEND: _suspend,
    SiteAction.RESUME: _resume,
    SiteAction.RENAME: _rename,
    SiteAction.CHANGE_PLAN: _change_plan,
    SiteAction.CHANGE_PHP: _change_php,
    SiteAction.CHANGE_SETTINGS: _change_settings,
    SiteAction.DEACTIVATE: _state(SiteState.PARKED),
    SiteAction.PURGE: _state(SiteState.PURGED),
}
