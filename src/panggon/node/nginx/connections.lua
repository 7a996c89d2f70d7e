-- What the kernel knows of visitors' connections, by their descriptors.

local base = require("resty.core.base")
local ffi = require("ffi")

-- The beginnings of nginx's own ngx_connection_t and ngx_http_request_t, as they have been since version 0.8.
ffi.cdef([[
typedef struct { void *data, *read, *write; int descriptor; } panggon_connection;
typedef struct { unsigned int signature; panggon_connection *connection; } panggon_request;
int getsockname(int descriptor, void *address, unsigned int *length);
int getpeername(int descriptor, void *address, unsigned int *length);
int getsockopt(int descriptor, int level, int option, void *value, unsigned int *length);
int ioctl(int descriptor, unsigned long request, ...);
int shutdown(int descriptor, int how);
]])

local SIGNATURE = 0x50545448 -- "HTTP"
local AF_INET, AF_INET6 = 2, 10
local IPPROTO_TCP, TCP_INFO = 6, 11
-- Words of `struct tcp_info` (linux/tcp.h): milliseconds since, and of how many bytes the lower half.
local LAST_DATA_SENT, LAST_DATA_RECEIVED, BYTES_RECEIVED = 11, 13, 32
local FIONREAD = 0x541B
local SHUT_RDWR = 2
local ADDRESS_BYTES, INFO_WORDS = 28, 34

local M = {}
local address = ffi.new("unsigned char[?]", ADDRESS_BYTES)
local info = ffi.new("unsigned int[?]", INFO_WORDS)
local length = ffi.new("unsigned int[1]")
local number = ffi.new("int[1]")

-- The descriptor of the connection on which this request came; nil where nginx is not built as known here.
function M.current()
    local request = ffi.cast("panggon_request *", base.get_request())
    return request.signature == SIGNATURE and request.connection.descriptor or nil
end

local function family()
    return address[0] + 256 * address[1]
end

-- Where it came in; nil for what is no connection over TCP or UDP.
function M.port(descriptor)
    length[0] = ADDRESS_BYTES
    if ffi.C.getsockname(descriptor, address, length) ~= 0 or family() ~= AF_INET and family() ~= AF_INET6 then
        return nil
    end
    return 256 * address[2] + address[3]
end

-- Whose it is, as the four or sixteen bytes of an address; nil for one that has just left.
function M.origin(descriptor)
    length[0] = ADDRESS_BYTES
    if ffi.C.getpeername(descriptor, address, length) ~= 0 then
        return nil
    end
    return family() == AF_INET and ffi.string(address + 4, 4) or ffi.string(address + 8, 16)
end

local function look(descriptor)
    length[0] = 4 * INFO_WORDS
    return ffi.C.getsockopt(descriptor, IPPROTO_TCP, TCP_INFO, info, length) == 0
end

-- For how many milliseconds nothing went either way: who downloads sends nothing. Who has asked for nothing at all is taken
-- for silent longer than any other: a download may stand still for a moment, and loses more.
function M.silence(descriptor)
    if not look(descriptor) then
        return 0
    end
    local asked = info[BYTES_RECEIVED] > 0 or info[BYTES_RECEIVED + 1] > 0
    return asked and math.min(info[LAST_DATA_SENT], info[LAST_DATA_RECEIVED]) or math.huge
end

-- How many bytes have come so far.
function M.received(descriptor)
    return look(descriptor) and info[BYTES_RECEIVED] + 2 ^ 32 * info[BYTES_RECEIVED + 1] or 0
end

-- How many of these nginx has not read.
function M.unread(descriptor)
    return ffi.C.ioctl(descriptor, FIONREAD, number) == 0 and number[0] or 0
end

-- nginx sees it as one whose visitor has left.
function M.close(descriptor)
    ffi.C.shutdown(descriptor, SHUT_RDWR)
end

return M
