-- What requests to programs may take of nginx itself, all together: its connections, and room on disk, which is in no site's
-- quota. Bodies lie there, and answers that visitors take slowly. One site or network leaves room for others.
-- Each worker has its own count, of what may come rather than of what came: a killed one leaves none behind.

local connections = require("connections")
local networks = require("networks")
local wakes = require("wakes")

local KIBIBYTE, MEBIBYTE = 1024, 1048576
local BODIES = 4 * 1025 * MEBIBYTE -- four of the greatest that any site may be sent
local ANSWERS = 32 -- of 32 MiB each (nginx.py)
-- A body that comes more slowly than this, in bytes and seconds, gives way to one that finds no room.
local LEAST_RATE, PATIENCE = 8 * KIBIBYTE, 2
-- One that is here but for so much may be here entirely (nginx has read ahead), and its program has so many seconds.
local READ_AHEAD, PROGRAM_SECONDS = 512 * KIBIBYTE, 310

local M = {}
local bodies, answers, requests
local under_way, latest = {}, 0 -- the bodies, by number
local turns_at = 0

-- A whole, of which one site may have a quarter. A network may have as much of the whole, and of a site's quarter, as it
-- leaves free: however much some have taken, the next one finds room. `may_begin` is asked about a network and a site of
-- which nobody has had anything since the last turn; its third argument says whether somebody had before that.
function M.pool(whole, may_begin)
    local free, by_network, by_site, former = whole, {}, {}, {}
    local self = {}

    local function begin(site)
        local here = former[site] or { free = whole / 4, by_network = {} }
        by_site[site] = here
        return here
    end

    local function of(site)
        return by_site[site] or begin(site)
    end

    -- Whether there was room; if not, whether it is the site's quarter that is short; nil where it may not begin.
    function self.take(site, network, amount)
        local here = by_site[site]
        if not here then
            if may_begin and not may_begin(site, network, former[site] ~= nil) then
                return false, nil
            end
            here = begin(site)
        end
        local of_network, of_both = by_network[network] or 0, here.by_network[network] or 0
        local short_here = of_both + amount > here.free
        if short_here or of_network + amount > free then
            return false, short_here
        end
        free, here.free = free - amount, here.free - amount
        by_network[network], here.by_network[network] = of_network + amount, of_both + amount
        return true
    end

    local function less(counts, name, amount)
        local left = counts[name] - amount
        counts[name] = left > 0 and left or nil
    end

    function self.give_back(site, network, amount)
        local here = of(site)
        free, here.free = free + amount, here.free + amount
        less(by_network, network, amount)
        less(here.by_network, network, amount)
    end

    -- Who has nothing, and had nothing since the last turn, is forgotten.
    function self.turn()
        for site, here in pairs(former) do
            if here.free < whole / 4 then
                by_site[site] = here
            end
        end
        former, by_site = by_site, {}
    end

    return self
end

-- Whether one that began so many seconds ago, of which so many bytes are here, keeps others waiting.
function M.is_slow(seconds, arrived, amount)
    local allowed = PATIENCE + arrived / LEAST_RATE
    if arrived + READ_AHEAD >= amount then
        allowed = allowed + PROGRAM_SECONDS
    end
    return seconds > allowed
end

-- A third of a worker's connections may lead to programs; visitors have another (crowd.lua).
function M.configure(worker_connections)
    bodies, answers, requests = M.pool(BODIES), M.pool(ANSWERS), M.pool(worker_connections / 3, wakes.may_wake)
end

-- Now and then (crowd.lua).
function M.look()
    if ngx.now() >= turns_at then
        requests.turn()
        turns_at = wakes.next_turn()
    end
end

-- Ends what comes too slowly, of one site or of all; its room is there at once.
local function end_slow(site)
    local found, on_connection = {}, {}
    for _, body in pairs(under_way) do
        if body.descriptor then
            on_connection[body.descriptor] = (on_connection[body.descriptor] or 0) + 1
            found[#found + 1] = (not site or body.site == site) and body or nil
        end
    end
    for _, body in ipairs(found) do
        local arrived = (connections.received(body.descriptor) - body.before) / on_connection[body.descriptor]
        if M.is_slow(ngx.now() - body.began, arrived, body.amount) then
            connections.close(body.descriptor)
            bodies.give_back(body.site, body.network, body.amount)
            under_way[body.number] = nil
        end
    end
end

local function take_body(site, network, amount)
    local taken, short_here = bodies.take(site, network, amount)
    if not taken then
        end_slow(short_here and site)
        taken = bodies.take(site, network, amount)
    end
    return taken
end

-- The number of a body whose room is taken.
local function note(site, network, amount)
    latest = latest + 1
    local descriptor = connections.current()
    under_way[latest] = {
        number = latest,
        site = site,
        network = network,
        amount = amount,
        began = ngx.now(),
        descriptor = descriptor,
        before = descriptor and connections.received(descriptor) - connections.unread(descriptor),
    }
    return latest
end

-- Whether a request may go on to the site's program; with a body on disk of so many bytes, or else nil: then the second
-- value says whether its answer may lie on disk. Of one that may not the third says whether the site would have to wake.
function M.admit(site, bytes)
    local network = networks.of(ngx.var.binary_remote_addr)
    local taken, short_here = requests.take(site, network, 1)
    if not taken then
        return false, false, short_here == nil
    end
    if bytes and not take_body(site, network, bytes) then
        requests.give_back(site, network, 1)
        return false
    end
    local answer = not bytes and answers.take(site, network, 1)
    ngx.var.admitted = bytes and note(site, network, bytes) or answer and "answer" or "request"
    return true, answer
end

-- At the end of a request, once.
function M.give_back()
    local admitted = ngx.var.admitted
    if admitted == "" then
        return
    end
    local site, network = ngx.var.site, networks.of(ngx.var.binary_remote_addr)
    requests.give_back(site, network, 1)
    if admitted == "answer" then
        answers.give_back(site, network, 1)
    elseif admitted ~= "request" then
        local body = under_way[tonumber(admitted)]
        if body then -- else it has given way
            bodies.give_back(site, network, body.amount)
            under_way[body.number] = nil
        end
    end
end

return M
