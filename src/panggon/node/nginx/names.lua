-- Host names as text: what is not one never becomes a path.

local find = ngx.re.find

local M = {}

-- RFC 1123 section 2.1, lower case, two labels at least (core/sites/spec.py has the same rule for what is made).
local HOST = [[^(?=.{4,253}\z)(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?\z]]

function M.valid(name)
    return name ~= nil and find(name, HOST, "jo") ~= nil
end

-- The directory of a certificate that many names share: no host name has an underscore.
function M.shared(name)
    return name == "_wildcard" or name == "_bought"
end

return M
