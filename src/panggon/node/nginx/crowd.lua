-- When connections run short: whoever has most gives way, until the others have room again.
-- nginx itself waits for slow visitors (half a handshake, half a request, an answer that nobody takes) as long as its
-- timeouts say, and turns everybody away meanwhile. A fixed number an address would turn away a city's offices, which
-- often share one; so nobody loses a connection before a third of them are visitors', and then those who have few lose none.

local ffi = require("ffi")

ffi.cdef([[
extern unsigned long *ngx_stat_active;
int getsockname(int descriptor, void *address, unsigned int *length);
int getpeername(int descriptor, void *address, unsigned int *length);
int getsockopt(int descriptor, int level, int option, void *value, unsigned int *length);
int shutdown(int descriptor, int how);
]])

local SECONDS = 0.2
local LEAST = 8 -- what a browser may open for one page, and some
local AF_INET, AF_INET6 = 2, 10
local IPPROTO_TCP, TCP_INFO = 6, 11
local LAST_DATA_RECEIVED = 13 -- in milliseconds ago; words of `struct tcp_info` (linux/tcp.h)
local SHUT_RDWR = 2
local ADDRESS_BYTES, INFO_WORDS = 28, 14

local M = {}
local most, descriptors
local ports = {}
local address = ffi.new("unsigned char[?]", ADDRESS_BYTES)
local info = ffi.new("unsigned int[?]", INFO_WORDS)
local length = ffi.new("unsigned int[1]")

-- `connections` and `open_files` are those of a worker; visitors come to these two ports.
function M.configure(connections, open_files, http_port, https_port)
    most, descriptors = connections / 3, open_files
    ports[http_port], ports[https_port] = true, true
end

local function family()
    return address[0] + 256 * address[1]
end

local function is_visitor(descriptor)
    length[0] = ADDRESS_BYTES
    if ffi.C.getsockname(descriptor, address, length) ~= 0 or family() ~= AF_INET and family() ~= AF_INET6 then
        return false
    end
    return ports[256 * address[2] + address[3]] ~= nil
end

-- Of IPv6 the network, which is one visitor's (RFC 6177 section 2); nil for one that has just left.
local function origin(descriptor)
    length[0] = ADDRESS_BYTES
    if ffi.C.getpeername(descriptor, address, length) ~= 0 then
        return nil
    end
    return family() == AF_INET and ffi.string(address + 4, 4) or ffi.string(address + 8, 8)
end

local function silence(descriptor)
    length[0] = 4 * INFO_WORDS
    return ffi.C.getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, info, length) == 0 and info[LAST_DATA_RECEIVED] or 0
end

-- The descriptors of this worker's visitors by where they come from, and how many there are.
local function visitors()
    local by_origin, count = {}, 0
    for descriptor = 3, descriptors - 1 do
        local from = is_visitor(descriptor) and origin(descriptor)
        if from then
            by_origin[from] = by_origin[from] or {}
            table.insert(by_origin[from], descriptor)
            count = count + 1
        end
    end
    return by_origin, count
end

-- How many each may keep so that all together keep `most`: the greatest such number. Where so many come from so many
-- places, nobody can tell who is slow, and nginx's own timeouts remain.
local function share(by_origin)
    local counts = {}
    for _, held in pairs(by_origin) do
        table.insert(counts, #held)
    end
    table.sort(counts)
    local left = most
    for index, count in ipairs(counts) do
        local each = math.floor(left / (#counts - index + 1))
        if count > each then
            return math.max(each, LEAST)
        end
        left = left - count
    end
    return math.huge
end

-- nginx sees such a connection as one whose visitor has left.
local function close(held, keep)
    local silences = {}
    for _, descriptor in ipairs(held) do
        silences[descriptor] = silence(descriptor)
    end
    table.sort(held, function(one, other) return silences[one] < silences[other] end)
    for index = keep + 1, #held do
        ffi.C.shutdown(held[index], SHUT_RDWR)
    end
end

local function look()
    if tonumber(ffi.C.ngx_stat_active[0]) <= most then
        return -- that many in all workers together
    end
    local by_origin, count = visitors()
    if count <= most then
        return
    end
    local keep = share(by_origin)
    for _, held in pairs(by_origin) do
        if #held > keep then
            close(held, keep)
        end
    end
    ngx.log(ngx.WARN, count, " connections, more than ", most, ": no address keeps more than ", keep)
end

-- One timer that sleeps, because each new one would need a connection itself.
local function watch(premature)
    while not premature and not ngx.worker.exiting() do
        ngx.sleep(SECONDS)
        look()
    end
end

function M.start()
    assert(ngx.timer.at(0, watch))
end

return M
