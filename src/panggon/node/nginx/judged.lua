-- What nginx was told of paths: which it may send as they are, and which script others run. Not judged anew at each
-- request, but after as long as nginx takes a file for what it was. A site that was read anew is another one here, so
-- nothing outlives what was judged by.

local PATHS, SECONDS = 2048, 2 -- of a worker; open_file_cache_valid
local LONGEST = 256

local M = {}
local by_site, count = {}, 0

-- The script that a path runs, "" for one that is sent as it is; nil: it is to be judged.
function M.script(site, path)
    local paths = by_site[site]
    local known = paths and paths[path]
    return known and ngx.now() < known.ends and known.script or nil
end

-- When there are too many, all are judged anew.
function M.remember(site, path, script)
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
    paths[path] = { script = script, ends = ngx.now() + SECONDS }
    by_site[site] = paths
end

return M
