-- What requests to programs may take of nginx itself, all together: its connections, and room on disk, which is in no site's
-- quota. Bodies lie there, and answers that visitors take slowly. One site or address leaves room for others.
-- Each worker has its own count, of what may come rather than of what came: a killed one leaves none behind.

local MEBIBYTE = 1048576
local BODIES = 4 * 1025 * MEBIBYTE -- four of the greatest that any site may be sent
local ANSWERS = 32 -- of 32 MiB each (nginx.py)

local M = {}
local bodies, answers, requests

-- A whole, of which one site may have a quarter and one address a half: a city's offices share one.
local function pool(whole)
    local all, by_site, by_address = 0, {}, {}
    local self = {}

    function self.take(site, address, amount)
        local of_site, of_address = (by_site[site] or 0) + amount, (by_address[address] or 0) + amount
        if all + amount > whole or of_site > whole / 4 or of_address > whole / 2 then
            return false
        end
        all, by_site[site], by_address[address] = all + amount, of_site, of_address
        return true
    end

    local function less(counts, name, amount)
        local left = counts[name] - amount
        counts[name] = left > 0 and left or nil
    end

    function self.give_back(site, address, amount)
        all = all - amount
        less(by_site, site, amount)
        less(by_address, address, amount)
    end

    return self
end

-- A third of a worker's connections may lead to programs; visitors have another (crowd.lua).
function M.configure(connections)
    bodies, answers, requests = pool(BODIES), pool(ANSWERS), pool(connections / 3)
end

-- One network of IPv6 is one visitor's (RFC 6177 section 2).
local function visitor()
    local address = ngx.var.binary_remote_addr
    return #address == 16 and address:sub(1, 8) or address
end

-- Whether a request may go on to the site's program; with a body on disk of so many bytes, or else nil: then the second
-- value says whether its answer may lie on disk.
function M.admit(site, bytes)
    local address = visitor()
    if not requests.take(site, address, 1) then
        return false
    end
    if bytes and not bodies.take(site, address, bytes) then
        requests.give_back(site, address, 1)
        return false
    end
    local answer = not bytes and answers.take(site, address, 1)
    ngx.var.admitted = bytes or answer and "answer" or "request"
    return true, answer
end

-- At the end of a request, once.
function M.give_back()
    local admitted = ngx.var.admitted
    if admitted == "" then
        return
    end
    local site, address = ngx.var.site, visitor()
    requests.give_back(site, address, 1)
    if admitted == "answer" then
        answers.give_back(site, address, 1)
    elseif admitted ~= "request" then
        bodies.give_back(site, address, tonumber(admitted))
    end
end

return M
