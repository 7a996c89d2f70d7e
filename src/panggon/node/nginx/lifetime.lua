-- A worker ends with its master, also when that was killed: left alone it would hold the ports, and no new nginx could
-- start.

local ffi = require("ffi")

ffi.cdef("int prctl(int option, unsigned long argument, ...); int getppid(void); int poll(void *files, unsigned long count, int milliseconds);")

local PR_SET_PDEATHSIG = 1
local SIGQUIT = 3

local M = {}
local master

function M.end_with_master()
    ffi.C.prctl(PR_SET_PDEATHSIG, ffi.cast("unsigned long", SIGQUIT))
    master = ffi.C.getppid()
end

-- Whether this worker serves, or only finishes what it had begun when its master was killed.
function M.serving()
    return ffi.C.getppid() == master
end

-- Holds this worker for a millisecond, in which a waiting one is given the next connection.
function M.step_aside()
    ffi.C.poll(nil, 0, 1)
end

return M
