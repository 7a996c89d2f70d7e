"""The portal as `panggon serve` runs it: in a process that does not outlive its master."""

import ctypes
import gc
import signal

from django.urls import get_resolver

from panggon.portal.memory import keep_out_of_dumps
from panggon.portal.receiving import Receiver
from panggon.portal.running import NODE_THREADS, PAGE_THREADS
from panggon.portal.wsgi import application

PR_SET_PDEATHSIG = 1  # prctl(2)

# A master that is killed cannot stop its workers; one left behind would keep the port and answer with old code.
ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
keep_out_of_dumps()

pages, nodes = (Receiver(application, threads=threads) for threads in (PAGE_THREADS, NODE_THREADS))

# All pages are loaded now, not while the first visitor waits. What is there after that stays until the end: nobody
# has to look for garbage in it, and each request leaves so little that seldom is often enough.
get_resolver().url_patterns  # noqa: B018 (a property that loads them)
gc.collect()
gc.freeze()
gc.set_threshold(20_000, 20, 100)
