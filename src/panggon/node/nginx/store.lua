-- Sites and certificates by host name: read once, kept by each worker, forgotten exactly when the agent says so.
-- All paths are relative to `working_directory`: the kernel looks through half as many folders at each request.

local bit = require("bit")
local cjson = require("cjson.safe")
local ffi = require("ffi")
local lrucache = require("resty.lrucache")
local names = require("names")
local routing = require("routing")
local ssl = require("ngx.ssl")

ffi.cdef("ssize_t readlink(const char *path, char *buffer, size_t size);")

local MOST = 10000
local SHARED = 8
local SLOTS = 1024
local LINK_MOST = 256
local LEAST_TOKEN = 32
local EINVAL = 22 -- of readlink(2): no link

local M = {}
local epochs = ngx.shared.epochs
local exiting = ngx.worker.exiting
local sites = assert(lrucache.new(MOST))
local certificates = assert(lrucache.new(MOST))
local shared = assert(lrucache.new(SHARED))
local buffer = ffi.new("char[?]", LINK_MOST)

-- A name shares its counter with a few others, so that the counters always fit and none is ever evicted: one that
-- began anew could meet an old number again. As text: the dictionary would make it of a number at each request.
local function slot(host)
    return tostring(ngx.crc32_short(host) % SLOTS)
end

function M.forget(host)
    return epochs:incr(slot(host), 1, 0)
end

local function read_file(path)
    local file = io.open(path, "rb")
    if not file then
        return nil
    end
    local content = file:read("*a")
    file:close()
    return content
end

local function read_link(path)
    local length = tonumber(ffi.C.readlink(path, buffer, LINK_MOST))
    if length < 0 or length >= LINK_MOST then
        return nil
    end
    return ffi.string(buffer, length)
end

-- Whether something lies there that is no link; only below directories that are none, where the kernel refuses links.
function M.is_there(path)
    return ffi.C.readlink(path, buffer, LINK_MOST) < 0 and ffi.errno() == EINVAL
end

function M.is_file(path)
    return M.is_there(path) and not M.is_there(path .. "/.")
end

-- The word in a link, as a state; any other word is a state by itself, and closed ("redirect" leads elsewhere).
local STATES = { sites = "open" }

local function is_site(document, id)
    return type(document) == "table"
        and document.version == 1
        and document.site == id
        and type(document.upload_mebibytes) == "number"
        and type(document.document_root) == "string"
        and routing.of(document.profile) ~= nil
end

-- The greatest of the sizes that programs.template is there for: powers of two.
local function greatest_power(most)
    local power = 1
    while 2 * power <= most do
        power = 2 * power
    end
    return power
end

-- By kind, whether programs of the site's own answer on its socket.
local HAS_PROGRAMS = { php = true, python = true }

-- Whether the socket of a site that has become another kind does not speak what the site is yet: the holder says last
-- (`run/<id>.kind`) what it speaks. Where it never did, only who knew the site as another kind waits for it.
local function awaits_program(kind, id, known)
    if not HAS_PROGRAMS[kind] then
        return false
    end
    local spoken = read_link("run/" .. id .. ".kind")
    return spoken ~= kind and (spoken or known and known.kind ~= kind) and true or false
end

-- What is in memory was found to be a name when it was read; what is not one never becomes a path.
local function read_site(host, known)
    local target = names.valid(host) and read_link("live/" .. host)
    if not target then
        return nil
    end
    local word, id = target:match("^%.%./(%l+)/(s%d%d%d%d%d%d)$")
    local document = id and cjson.decode(read_file("sites/" .. id .. "/site.json") or "")
    if not is_site(document, id) then
        ngx.log(ngx.ERR, host, " leads to ", target, ", which is not a site")
        return { id = id or "", state = "broken" }
    end
    -- One for the form around the file.
    local body_mebibytes = math.max(document.upload_mebibytes + 1, document.post_mebibytes or 0)
    local folder = routing.of(document.profile).folder
    return {
        id = id,
        state = STATES[word] or word,
        generation = document.generation,
        kind = document.kind,
        changing = awaits_program(document.kind, id, known),
        routing = routing.of(document.profile),
        content = "sites/" .. id .. "/public",
        public = "sites/" .. id .. "/public" .. folder,
        folder = folder ~= "" and folder,
        body_most = body_mebibytes * 1048576,
        untold_mebibytes = greatest_power(body_mebibytes), -- of a body whose length the visitor does not say
        document_root = document.document_root,
        hsts = (document.hsts_seconds or 0) > 0 and "max-age=" .. document.hsts_seconds,
        notice = type(document.notice) == "string" and document.notice or "",
        host = document.host,
        target = document.target,
        keep_path = document.keep_path,
        permanent = document.permanent,
        keep_host = document.keep_host,
        address = document.address,
    }
end

-- A link names the certificate that many names share: it is parsed and kept once. Parsing takes two milliseconds, in
-- which nobody else is served, and a name is forgotten several times while its site is changed: what is `known` stays as
-- it is where the file says the same.
local function read_certificate(host, known)
    local target = read_link("tls/" .. host .. "/bundle.pem")
    if target then
        return { shared = target:match("^%.%./(_%l+)/bundle%.pem$") }
    end
    local pem = read_file("tls/" .. host .. "/bundle.pem")
    if not pem then
        return nil
    end
    local content = ngx.sha1_bin(pem)
    if known and known.content == content then
        return known
    end
    local chain, chain_error = ssl.parse_pem_cert(pem)
    local key, key_error = ssl.parse_pem_priv_key(pem)
    if not chain or not key then
        ngx.log(ngx.ERR, "certificate of ", host, ": ", chain_error or key_error)
        return nil
    end
    return { chain = chain, key = key, content = content, digest = ngx.crc32_long(pem) }
end

local function read_named(host, known)
    return names.valid(host) and read_certificate(host, known) or nil
end

-- The epoch is taken before the files are read: what is forgotten meanwhile is read again at the next request.
-- A worker that ends may have outlived its nginx, whose word no longer comes: it trusts nothing that it remembers.
local function lookup(cache, host, read)
    local entry = cache:get(host)
    if entry and entry.epoch == epochs:get(entry.slot) and not exiting() then
        return entry
    end
    local counter = slot(host)
    local epoch = epochs:get(counter)
    entry = read(host, entry)
    if entry and entry.changing then -- read again until it is not; what was known before says so
        return entry
    end
    if entry and entry.state ~= "broken" then
        entry.slot, entry.epoch = counter, epoch
        cache:set(host, entry)
    else
        cache:delete(host)
    end
    return entry
end

-- What answers under this name, or nil: id, state ("open", "redirect", or another word: closed) and how to answer.
function M.site(host)
    return lookup(sites, host, read_site)
end

-- Parsed chain and key of this name, or nil; what they were parsed from is told by the CRC-32 in `digest`.
function M.certificate(host)
    local entry = lookup(certificates, host, read_named)
    if entry and entry.shared then
        entry = M.shared(entry.shared)
    end
    return entry and entry.chain and entry or nil
end

function M.shared(name)
    return lookup(shared, name, read_certificate)
end

-- Whether this is the one-use token that the machine keeps for the site now. Takes the same time wherever they differ.
function M.proves(site, token)
    local kept = token and read_file("proof/" .. site)
    if not kept or #kept < LEAST_TOKEN or #kept ~= #token then
        return false
    end
    local difference = 0
    for index = 1, #kept do
        difference = bit.bor(difference, bit.bxor(kept:byte(index), token:byte(index)))
    end
    return difference == 0
end

return M
