-- Paths that nginx may send as they are: not judged anew at each request, but after as long as nginx takes a file for what
-- it was. A site that was read anew is another one here, so nothing outlives what was judged by.

local PATHS, SECONDS = 2048, 2 -- of a worker; open_file_cache_valid
local LONGEST = 256

local M = {}
local by_site, count = {}, 0

function M.knows(site, path)
    local paths = by_site[site]
    local ends = paths and paths[path]
    return ends ~= nil and ngx.now() < ends
end

-- When there are too many, all are judged anew.
function M.remember(site, path)
    if #path > LONGEST then
        return
    end
    local paths = by_site[site] or {}
    if not paths[path] then
        if count == PATHS then
            by_site, count, paths = {}, 0, {}
        end
        count = count + 1
    end
    paths[path] = ngx.now() + SECONDS
    by_site[site] = paths
end

return M
