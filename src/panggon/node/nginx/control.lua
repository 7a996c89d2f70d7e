-- The agent's word to all workers; the socket lies in a directory of root's.

local lifetime = require("lifetime")
local names = require("names")
local store = require("store")

local M = {}

function M.forget()
    local host = ngx.req.get_uri_args().host
    if ngx.req.get_method() ~= "POST" or type(host) ~= "string" or not (names.valid(host) or names.shared(host)) then
        return ngx.exit(ngx.HTTP_BAD_REQUEST)
    end
    local epoch, fault = store.forget(host)
    if not epoch then
        ngx.log(ngx.ERR, "cannot forget ", host, ": ", fault)
        return ngx.exit(ngx.HTTP_INTERNAL_SERVER_ERROR)
    end
    return ngx.exit(ngx.HTTP_NO_CONTENT)
end

function M.ready()
    return ngx.exit(lifetime.serving() and ngx.HTTP_NO_CONTENT or ngx.HTTP_SERVICE_UNAVAILABLE)
end

return M
