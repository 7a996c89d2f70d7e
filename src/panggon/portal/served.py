"""The WSGI application as `panggon serve` runs it: in a process that does not outlive its master."""

import ctypes
import signal

from panggon.portal.wsgi import application

__all__ = ["application"]

PR_SET_PDEATHSIG = 1  # prctl(2)

# A master that is killed cannot stop its workers; one left behind would keep the port and answer with old code.
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
