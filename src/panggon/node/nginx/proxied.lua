-- Requests that the server behind a proxy answers now. Such a server belongs to no site, so nobody ends it with one: a
-- WebSocket, or an answer without end, would outlive the site.

local connections = require("connections")
local store = require("store")

local SECONDS = 1
-- As long as the programs of a suspended site have for what they are answering.
local PATIENCE = 120

local M = {}
local under_way, latest, look_at = {}, 0, 0

-- One more, of this site under this name; its number is in $proxied.
function M.begin(site, host)
    local descriptor = connections.current()
    if descriptor then
        latest = latest + 1
        under_way[latest] = { descriptor = descriptor, host = host, id = site.id, target = site.target, address = site.address }
        ngx.var.proxied = latest
    end
end

-- At the end of a request, once.
function M.over()
    local number = tonumber(ngx.var.proxied)
    if number then
        under_way[number] = nil
    end
end

-- Whether it has to end now. A site whose name is gone, or that is quarantined, answers nobody any more; one that is
-- suspended, renamed or led elsewhere finishes what it has begun.
local function ends(request)
    local site = store.site(request.host)
    if not site or site.state == "quarantined" then
        return true
    end
    local same = site.id == request.id and site.target == request.target and site.address == request.address
    if site.state == "open" and same then
        request.since = nil
        return false
    end
    request.since = request.since or ngx.now()
    return ngx.now() - request.since > PATIENCE
end

-- Now and then (crowd.lua).
function M.look()
    if ngx.now() < look_at then
        return
    end
    look_at = ngx.now() + SECONDS
    for number, request in pairs(under_way) do
        if ends(request) then
            connections.close(request.descriptor)
            under_way[number] = nil
        end
    end
end

return M
