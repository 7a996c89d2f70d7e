"""Rules of nginx's Lua files without an nginx, in the library with which nginx runs them."""

import ctypes
import json
from functools import cache
from typing import Any

from panggon.node.servers import nginx

MULTIPLE = -1  # LUA_MULTRET (lua.h)
# What nginx would have there; none of it is asked for by a rule.
SURROUNDINGS = """
package.path = "{code}/?.lua"
package.preload["resty.core.base"] = function() return {{}} end
"""


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL("libluajit-5.1.so.2")
    library.luaL_newstate.restype = ctypes.c_void_p
    library.lua_tolstring.restype = ctypes.c_char_p
    return library


def run(code: str) -> Any:
    """What these lines return: text that is JSON."""
    library = _library()
    state = ctypes.c_void_p(library.luaL_newstate())
    try:
        library.luaL_openlibs(state)
        lines = SURROUNDINGS.format(code=nginx.CODE) + code
        failed = library.luaL_loadstring(state, lines.encode()) or library.lua_pcall(state, 0, MULTIPLE, 0)
        said = library.lua_tolstring(state, -1, None).decode()
        assert not failed, said
        return json.loads(said)
    finally:
        library.lua_close(state)
