-- What nginx lays on disk for visitors is in no site's quota: what they send, and answers that they take slowly. So there
-- is a bound for all of them together, and a share for each site and address, so that one of them leaves room for others.
-- Each worker has its own count, of what may come rather than of what came: a killed one leaves none behind.

local MEBIBYTE = 1048576
local ANSWER = 32 * MEBIBYTE -- *_max_temp_file_size of @php, @python and @proxy
local ANSWERS = 32
local BODIES = 4 * 1025 * MEBIBYTE -- four of the greatest that any site may be sent

local M = {}

-- A whole, of which one site may have a quarter and one address a half: a city's offices share one.
local function pool(whole)
    local all, by_site, by_address = 0, {}, {}
    local self = {}

    function self.take(site, address, bytes)
        local of_site, of_address = (by_site[site] or 0) + bytes, (by_address[address] or 0) + bytes
        if all + bytes > whole or of_site > whole / 4 or of_address > whole / 2 then
            return false
        end
        all, by_site[site], by_address[address] = all + bytes, of_site, of_address
        return true
    end

    local function less(counts, name, bytes)
        local left = counts[name] - bytes
        counts[name] = left > 0 and left or nil
    end

    function self.give_back(site, address, bytes)
        all = all - bytes
        less(by_site, site, bytes)
        less(by_address, address, bytes)
    end

    return self
end

local bodies, answers = pool(BODIES), pool(ANSWERS * ANSWER)

-- One network of IPv6 is one visitor's (RFC 6177 section 2).
local function address()
    local bytes = ngx.var.binary_remote_addr
    return #bytes == 16 and bytes:sub(1, 8) or bytes
end

-- Whether there is room for a body of so many bytes, until the request has ended.
function M.body(site, bytes)
    local taken = bodies.take(site, address(), bytes)
    if taken then
        ngx.var.spooled = bytes
    end
    return taken
end

function M.answer(site)
    local taken = answers.take(site, address(), ANSWER)
    if taken then
        ngx.var.spooled = "answer"
    end
    return taken
end

-- At the end of a request, once.
function M.give_back()
    local spooled = ngx.var.spooled
    if spooled == "" then
        return
    end
    local bytes = tonumber(spooled)
    if bytes then
        bodies.give_back(ngx.var.site, address(), bytes)
    else
        answers.give_back(ngx.var.site, address(), ANSWER)
    end
end

return M
