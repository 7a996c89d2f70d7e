-- The routing profiles (core/routing.py): which paths are private, which scripts run, where a path of no file leads.

local cjson = require("cjson.safe")

local find, match = ngx.re.find, ngx.re.match

-- PCRE's JIT, compiled once, and "." is every character: a path may have a line feed.
local FLAGS = "jos"

local M = {}
local profiles = {}

local function anchored(pattern)
    return pattern ~= "" and "^(?:" .. pattern .. ")" or nil
end

-- `path` is the table as JSON, which the agent writes before nginx starts.
function M.load(path)
    local file = assert(io.open(path, "rb"))
    local document = assert(cjson.decode(file:read("*a")))
    file:close()
    for name, profile in pairs(document) do
        for _, member in ipairs({ "private", "storage", "scripts" }) do
            profile[member] = anchored(profile[member])
        end
        for _, rule in ipairs(profile.rewrites) do
            rule[1] = anchored(rule[1])
            rule.fixed = not rule[2]:find("$", 1, true)
        end
        profiles[name] = profile
    end
end

function M.of(name)
    return profiles[name]
end

function M.is_private(profile, path)
    return find(path, profile.private, FLAGS) ~= nil
end

-- Whether this script may be run: not among what visitors have sent.
function M.runs(profile, script)
    if find(script, profile.storage, FLAGS) then
        return false
    end
    return not profile.scripts or find(script, profile.scripts, FLAGS) ~= nil
end

-- Script and the rest of the path behind it, "" where there is none.
function M.split(profile, path)
    local _, last = path:find(".php/", 1, true)
    if not last or not profile.slash_arguments then
        return path, ""
    end
    return path:sub(1, last - 1), path:sub(last)
end

-- A rule's target for this path; most have one and the same, which costs each request of a file less.
local function target_of(rule, path)
    if rule.fixed then
        return find(path, rule[1], FLAGS) and rule[2]
    end
    local found = match(path, rule[1], FLAGS)
    return found and rule[2]:gsub("%$(%d)", function(number)
        return ngx.escape_uri(found[tonumber(number)] or "")
    end)
end

-- Where a path of no file leads, with the arguments of the request; nil: nowhere.
function M.rewritten(profile, path, args)
    for _, rule in ipairs(profile.rewrites) do
        local target = target_of(rule, path)
        if target then
            if not args or args == "" then
                return target
            end
            return target .. (target:find("?", 1, true) and "&" or "?") .. args
        end
    end
    return nil
end

return M
