-- Who shares with whom. An address costs nothing where whole networks are to be had: anybody gets a /48 of IPv6, and with
-- it 65,536 networks of one visitor each (RFC 6177 section 2). So what is short is shared among great networks first, then
-- among the smaller ones in each of them.

-- In bytes, by those of an address: /16, /24 and the address; /32 (a provider), /48 (a customer) and /64 (a visitor).
local PREFIXES = { [4] = { 2, 3, 4 }, [16] = { 4, 6, 8 } }

local M = {}

-- The network that takes as one: a customer's.
function M.of(address)
    return address:sub(1, PREFIXES[#address][2])
end

function M.tree()
    return { count = 0, parts = {} }
end

-- Counts something that comes from this address.
function M.add(tree, address, thing)
    local node = tree
    node.count = node.count + 1
    for _, bytes in ipairs(PREFIXES[#address]) do
        local prefix = address:sub(1, bytes)
        node.parts[prefix] = node.parts[prefix] or M.tree()
        node = node.parts[prefix]
        node.count = node.count + 1
    end
    node.things = node.things or {}
    table.insert(node.things, thing)
end

-- How many each may keep so that all together keep `most`: the greatest such number; who has fewer leaves the rest.
function M.share(counts, most)
    table.sort(counts)
    local left = most
    for index, count in ipairs(counts) do
        local each = math.floor(left / (#counts - index + 1))
        if count > each then
            return each
        end
        left = left - count
    end
    return math.huge
end

local function all(node, into)
    for _, thing in ipairs(node.things or {}) do
        table.insert(into, thing)
    end
    for _, part in pairs(node.parts) do
        all(part, into)
    end
    return into
end

local function longest_silent(node, keep, silence, into)
    local things, silences = all(node, {}), {}
    for _, thing in ipairs(things) do
        silences[thing] = silence(thing)
    end
    table.sort(things, function(one, other) return silences[one] < silences[other] end)
    for index = keep + 1, #things do
        table.insert(into, things[index])
    end
end

local function shorten(node, keep, least, silence, into)
    if node.count <= keep then
        return
    end
    local counts = {}
    for _, part in pairs(node.parts) do
        table.insert(counts, part.count)
    end
    local each = #counts > 0 and math.max(M.share(counts, keep), least) or 0
    if each == 0 then -- one visitor, or more of them than may stay
        return longest_silent(node, keep, silence, into)
    end
    for _, part in pairs(node.parts) do
        shorten(part, each, 0, silence, into)
    end
end

-- What has to go so that the great networks keep `most` together; `least` each of them keeps in any case. In a network the
-- greater ones give way, of each visitor whatever is silent for longest by `silence`.
function M.surplus(tree, most, least, silence)
    local found = {}
    shorten(tree, most, least, silence, found)
    return found
end

return M
