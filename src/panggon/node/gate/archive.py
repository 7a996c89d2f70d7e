"""The gate as one file: byte code that whoever starts gates has read at its own start.

A site that wakes gets the gate of the version that wakes it, whatever an update has put on the disk meanwhile.
"""

import io
import marshal
import zipfile
from importlib.abc import InspectLoader
from importlib.util import MAGIC_NUMBER, find_spec

# All of ours that it needs, `panggon.node.gate` itself at last.
MODULES = (
    "panggon",
    "panggon.core",
    "panggon.core.sites",
    "panggon.core.sites.outgoing",
    "panggon.node",
    "panggon.node.gate.pairs",
    "panggon.node.gate.questions",
    "panggon.node.gate.carrying",
    "panggon.node.gate",
)
# PEP 552: byte code that is right whatever its source says.
UNCHECKED = MAGIC_NUMBER + (1).to_bytes(4, "little") + bytes(8)


def archive() -> bytes:
    """A ZIP file that Python imports from; with the sources too, for another Python than the one that runs now."""
    content = io.BytesIO()
    with zipfile.ZipFile(content, "w") as made:
        for name in MODULES:
            place, source, code = _module(name)
            made.writestr(f"{place}.pyc", UNCHECKED + code)
            made.writestr(f"{place}.py", source)
    return content.getvalue()


def _module(name: str) -> tuple[str, str, bytes]:
    """Where it lies in a folder of modules, its source, its byte code."""
    found = find_spec(name)
    if found is None or not isinstance(found.loader, InspectLoader):
        raise ModuleNotFoundError(name)
    place = name.replace(".", "/") + ("/__init__" if found.loader.is_package(name) else "")
    return place, found.loader.get_source(name) or "", marshal.dumps(found.loader.get_code(name))
