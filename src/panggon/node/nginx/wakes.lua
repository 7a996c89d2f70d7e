-- How many sleeping sites a network wakes. nginx cannot see who sleeps, but the holder puts to sleep whom nobody asks for
-- anything for so many seconds: a site counts as asleep when no worker has passed anything on to it for as long. What is
-- asked of the others never comes here (spool.lua).
-- Asked for one after the other, all sites together would keep the machine at starting programs, and everybody's first
-- request waiting. Which networks may go on is decided as everywhere: one may have as much as it leaves free.

-- So many each network may wake, whatever the others did.
local LEAST = 16
local ALL = "all"

local M = {}
local most, seconds

-- `whole` of them in as many seconds as a site stays awake for nobody.
function M.configure(whole, idle_seconds)
    most, seconds = whole, idle_seconds
end

-- Whether the network may wake one more; noted if so.
function M.take(kept, network)
    local name = "n" .. network
    local by_network, by_all = kept:get(name) or 0, kept:get(ALL) or 0
    if by_network >= LEAST and by_network >= most - by_all then
        return false
    end
    kept:incr(name, 1, 0, seconds)
    kept:incr(ALL, 1, 0, seconds)
    return true
end

-- A server of the city behind a proxy never sleeps; the machine itself looks at its sites only as often as it should.
local function is_counted()
    return ngx.var.upstream == "" and ngx.var.remote_addr ~= ngx.var.server_addr
end

-- Whether a visitor may have something of a site that this worker has passed nothing to for a while; `known`: but for less
-- than a site stays awake.
function M.may_wake(site, network, known)
    local kept = ngx.shared.wakes
    if not known and not kept:get(site) and is_counted() and not M.take(kept, network) then
        if kept:add("said", true, seconds) then
            ngx.log(ngx.WARN, "a network has woken as many sleeping sites as it may: that of ", ngx.var.remote_addr)
        end
        return false
    end
    kept:set(site, true, seconds)
    return true
end

-- From when on who was not asked for since the last turn is forgotten: a site counts as awake for at most as long as it is.
function M.next_turn()
    return ngx.now() + seconds / 2
end

return M
