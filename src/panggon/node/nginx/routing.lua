-- The routing profiles (core/sites/routing.py): which paths are private, which scripts run, where a path of no file leads.

local cjson = require("cjson.safe")

local find, match = ngx.re.find, ngx.re.match

-- PCRE's JIT, compiled once, and "." is every character: a path may have a line feed.
local FLAGS = "jos"

-- Sources of PHP, under names too by which nginx would send them as they are; copies that editors and people leave hold
-- passwords (wp-config.php.bak).
local PHP_SOURCE = [[\.(?:php[0-9s]?|phtml|pht|phar)]]
    .. [[(?:~|[._-]?(?:bak|backup|copy|dist|old|orig|sample|save|swp|tmp|txt)[0-9]*)?$]]
-- A file that goes on behind the name of a source is a copy of one, however it is called (.php.lama, .php-20261126,
-- .php.zip, #x.php#); but for pages and what belongs to them, as who copies a site by its addresses has them.
local COPY_OF_PHP = [[\.(?:php[0-9s]*|phtml|pht|phar)(?!.*\.(?:html?|pdf|png|jpe?g|gif|webp|svg|ico|css|m?js|woff2?)$)]]
    .. [[[^a-z0-9/][^/]*$]]

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
            rule.pattern = anchored(rule[1])
            rule.script, rule.arguments = rule[2]:match("^([^?]*)%??(.*)$")
        end
        profiles[name] = profile
    end
end

function M.of(name)
    return profiles[name]
end

-- Also where PCRE gives up (its bounds of time and stack): what cannot be judged is refused.
local function may_match(path, pattern, flags)
    local from, _, fault = find(path, pattern, flags)
    return from ~= nil or fault ~= nil
end

function M.is_private(profile, path)
    return may_match(path, profile.private, FLAGS)
end

-- nginx writes the name of a file that it cannot open into its log as it is, line feeds too. Not string.find, which
-- LuaJIT does not compile, and with it nothing that calls it.
function M.has_controls(path)
    return may_match(path, "[\\x00-\\x1f\\x7f]", FLAGS)
end

function M.is_source(path)
    return may_match(path, PHP_SOURCE, "ijo")
end

-- For paths of files: an address of none may end so and be the application's.
function M.is_copy_of_source(path)
    return may_match(path, COPY_OF_PHP, "ijos")
end

-- Whether this script may be run: not among what visitors have sent.
function M.runs(profile, script)
    if may_match(script, profile.storage, FLAGS) then
        return false
    end
    return not profile.scripts or find(script, profile.scripts, FLAGS) ~= nil
end

-- Script and the rest of the path behind it, "" where there is none.
function M.split(profile, path)
    local _, last
    if profile.slash_arguments then
        _, last = path:find(".php/", 1, true)
    end
    if not last then
        return path, ""
    end
    return path:sub(1, last - 1), path:sub(last)
end

local function arguments(rule, path)
    local found = match(path, rule.pattern, FLAGS)
    return (rule.arguments:gsub("%$(%d)", function(number)
        return ngx.escape_uri(found[tonumber(number)] or "")
    end))
end

-- Where the file of this path lies, below `public`, when the application would have made a link to it; nil: nowhere else.
function M.linked(profile, path)
    for _, link in ipairs(profile.links) do
        local from, to = link[1], link[2]
        if path:sub(1, #from) == from then
            return to .. path:sub(#from + 1)
        end
    end
    return nil
end

-- The script that answers for a path of no file, and the arguments that it gets before the request's own; nil: none.
function M.rewritten(profile, path)
    for _, rule in ipairs(profile.rewrites) do
        if find(path, rule.pattern, FLAGS) then
            return rule.script, rule.arguments ~= "" and arguments(rule, path) or ""
        end
    end
    return nil
end

return M
