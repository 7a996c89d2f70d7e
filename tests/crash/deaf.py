"""`panggon-node`, whose nginx does not always hear the agent's word: `python -m tests.crash.deaf PLACE …`."""

import shutil
import sys
from pathlib import Path

from panggon.node.command import cli
from panggon.node.servers import nginx

OBEY = "return epochs:incr(slot(host), 1, 0)"
# Nobody is deaf, "all" are, or the worker of this number is and the others forget by themselves.
DEAF = """
    local file = io.open("%s")
    local deaf = file and file:read("*a") or ""
    if file then file:close() end
    if deaf == "" then %s end
    if deaf ~= "all" and deaf ~= tostring(ngx.worker.id()) then
        sites:delete(host)
        certificates:delete(host)
    end
    return 1"""


def who(place: Path) -> Path:
    """The file that says who is deaf."""
    return place / "who"


def main() -> None:
    place = Path(sys.argv.pop(1))
    shutil.rmtree(place, ignore_errors=True)
    shutil.copytree(nginx.CODE, place / "nginx")
    store = place / "nginx" / "store.lua"
    words = store.read_text()
    assert OBEY in words
    store.write_text(words.replace(OBEY, DEAF % (who(place), OBEY)))
    nginx.CODE = place / "nginx"
    cli.main()


if __name__ == "__main__":
    main()
