-- When connections run short: whoever has most gives way, until the others have room again.
-- nginx itself waits for slow visitors (half a handshake, half a request, an answer that nobody takes) as long as its
-- timeouts say, and turns everybody away meanwhile. A fixed number an address would turn away a city's offices, which
-- often share one; so nobody loses a connection before a third of them are visitors', and then those who have few lose none.

local connections = require("connections")
local ffi = require("ffi")
local networks = require("networks")
local spool = require("spool")

ffi.cdef([[
extern unsigned long *ngx_stat_active;
extern long ngx_accept_disabled;
]])

local SECONDS = 0.2
-- What a browser may open for one page, and some. Where so many come from so many places, nobody can tell who is slow, and
-- nginx's own timeouts remain.
local LEAST = 8

local M = {}
local most, often_used, descriptors
local ports = {}

-- `worker_connections` and `open_files` are those of a worker; visitors come to these two ports.
function M.configure(worker_connections, open_files, http_port, https_port)
    most, descriptors = worker_connections / 3, open_files
    often_used = worker_connections - math.floor(worker_connections / 8)
    ports[http_port], ports[https_port] = true, true
end

-- Whether there can be more than `most`: in all workers together, and in this one when it last took a connection, as
-- nginx reckoned then (ngx_event_accept.c).
local function may_be_many()
    return tonumber(ffi.C.ngx_stat_active[0]) > most and often_used + tonumber(ffi.C.ngx_accept_disabled) > most
end

-- The descriptors of this worker's visitors by where they come from.
local function visitors()
    local tree = networks.tree()
    for descriptor = 3, descriptors - 1 do
        local from = ports[connections.port(descriptor)] and connections.origin(descriptor)
        if from then
            networks.add(tree, from, descriptor)
        end
    end
    return tree
end

local function look()
    if not may_be_many() then
        return
    end
    local tree = visitors()
    local surplus = networks.surplus(tree, most, LEAST, connections.silence)
    for _, descriptor in ipairs(surplus) do
        connections.close(descriptor)
    end
    if #surplus > 0 then
        ngx.log(ngx.WARN, tree.count, " connections, more than ", most, ": ", #surplus, " are closed, of who has most")
    end
end

-- One timer that sleeps, because each new one would need a connection itself.
local function watch(premature)
    while not premature and not ngx.worker.exiting() do
        ngx.sleep(SECONDS)
        look()
        spool.look()
    end
end

function M.start()
    assert(ngx.timer.at(0, watch))
end

return M
