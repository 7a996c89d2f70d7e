-- When connections or memory run short: whoever has most connections gives way, until the others have room again.
-- nginx itself waits for slow visitors (half a handshake, half a request, an answer that nobody takes) as long as its
-- timeouts say, and turns everybody away meanwhile. A fixed number an address would turn away a city's offices, which
-- often share one; so nobody loses a connection before a third of them are visitors', and then those who have few lose none.
-- By HTTP/2 a hundred things are asked for on one connection; of each that its visitor does not take nginx keeps a part.

local connections = require("connections")
local ffi = require("ffi")
local networks = require("networks")
local proxied = require("proxied")
local spool = require("spool")

ffi.cdef([[
extern unsigned long *ngx_stat_active, *ngx_stat_writing;
extern long ngx_accept_disabled;
typedef struct { size_t heap, free, small, mapped, mapped_bytes, unused, small_free, used_bytes, free_bytes, top; } panggon_heap;
panggon_heap mallinfo2(void);
]])

local SECONDS = 0.2
-- What a browser may open for one page, and some. Where so many come from so many places, nobody can tell who is slow, and
-- nginx's own timeouts remain.
local LEAST = 8
-- So many requests at once, in all workers, take no memory to speak of.
local FEW_REQUESTS = 512

local M = {}
local most, memory_most, often_used, descriptors
local ports = {}

-- `worker_connections`, `open_files` and `memory` (bytes) are those of a worker; visitors come to these two ports.
function M.configure(worker_connections, open_files, memory, http_port, https_port)
    most, descriptors, memory_most = worker_connections / 3, open_files, memory
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

-- In bytes, of all that this worker has asked for and not given back.
local function memory_used()
    if tonumber(ffi.C.ngx_stat_writing[0]) < FEW_REQUESTS then
        return 0
    end
    local heap = ffi.C.mallinfo2()
    return tonumber(heap.used_bytes + heap.mapped_bytes)
end

-- Those that must go for the rest to be `keep`. Where nobody has more than a few, and these are still too much to keep in
-- memory, the few give way as well.
local function surplus_of(tree, keep)
    local found = networks.surplus(tree, keep, LEAST, connections.silence)
    return #found == 0 and keep < most and networks.surplus(tree, keep, 0, connections.silence) or found
end

local function look()
    local used = memory_used()
    if used <= memory_most and not may_be_many() then
        return
    end
    local tree = visitors()
    -- Not more than half of them at a time: by then others may have given back what is short.
    local keep = used > memory_most and tree.count * math.max(memory_most / used, 0.5) or most
    local surplus = surplus_of(tree, math.floor(math.min(keep, most)))
    for _, descriptor in ipairs(surplus) do
        connections.close(descriptor)
    end
    if #surplus > 0 then
        ngx.log(ngx.WARN, tree.count, " connections with ", math.floor(used / 1048576), " MiB: ", #surplus,
            " are closed, of who has most")
    end
end

-- One timer that sleeps, because each new one would need a connection itself.
local function watch(premature)
    while not premature and not ngx.worker.exiting() do
        ngx.sleep(SECONDS)
        look()
        spool.look()
        proxied.look()
    end
end

function M.start()
    assert(ngx.timer.at(0, watch))
end

return M
