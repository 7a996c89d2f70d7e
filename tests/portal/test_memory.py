"""A crash of the portal writes no memory to a file, and its processes hold no library that they seldom need."""

import os
import subprocess
import sys

CRASH = """
import os, resource
from panggon.portal.memory import keep_out_of_dumps
resource.setrlimit(resource.RLIMIT_CORE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
if {guarded}:
    keep_out_of_dumps()
import ctypes
print(resource.getrlimit(resource.RLIMIT_CORE), ctypes.CDLL(None).prctl(3), flush=True)
os.abort()
"""


def test_a_crash_leaves_no_core(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", CRASH.format(guarded=True)], cwd=tmp_path, capture_output=True, text=True
    )
    assert (done.returncode, done.stdout) == (-6, "(0, 0) 0\n")
    assert list(tmp_path.iterdir()) == []


def test_the_portal_is_guarded_as_it_is_served_and_small():
    """Every process of granian imports this module."""
    look = (
        "import sys; from panggon.portal import served; import ctypes; "
        "print(ctypes.CDLL(None).prctl(3), 'panggon.papers.validation' in sys.modules, 'pyhanko' in sys.modules)"
    )
    settings = {"DJANGO_SETTINGS_MODULE": "panggon.portal.settings.test"}

    done = subprocess.run([sys.executable, "-c", look], env={**os.environ, **settings}, capture_output=True, text=True)
    assert done.stdout == "0 True False\n", done.stderr
