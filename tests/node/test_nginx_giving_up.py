"""What the rules of paths say where the library of patterns gives up in the middle (pcreapi(3), match limits)."""

import pytest

from tests.node.lua import run

GIVES_UP = """
package.preload["cjson.safe"] = function() return {} end
ngx = { re = { find = function() return nil, nil, "pcre_exec() failed: -8" end } }
local routing = require("routing")
local profile = { private = "x", storage = "x", scripts = "x" }
"""


@pytest.mark.parametrize(
    ("question", "answer"),
    [
        ('is_private(profile, "/wp-config.php.bak")', True),
        ('is_source("/wp-config.php.bak")', True),
        ('has_controls("/a")', True),
        ('runs(profile, "/uploads/a.php")', False),
    ],
)
def test_a_path_that_cannot_be_judged_is_refused(question: str, answer: bool) -> None:
    assert run(f"{GIVES_UP} return tostring(routing.{question})") is answer
