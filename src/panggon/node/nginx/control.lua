-- The agent's word to all workers; the socket lies in a directory of root's.

local cjson = require("cjson.safe")
local lifetime = require("lifetime")
local names = require("names")
local store = require("store")

local M = {}

local function asked_host()
    local host = ngx.req.get_uri_args().host
    return type(host) == "string" and (names.valid(host) or names.shared(host)) and host
end

-- Tells what this worker answers under the name from now on; then another one takes the next question.
local function tell(host)
    local site = store.site(host) or {}
    local certificate = (names.shared(host) and store.shared(host) or store.certificate(host)) or {}
    local words = cjson.encode({
        worker = ngx.worker.id(),
        workers = ngx.worker.count(),
        pid = ngx.worker.pid(),
        site = site.id or "",
        state = site.state or "",
        generation = site.generation or 0,
        certificate = certificate.digest or 0,
    })
    ngx.header["Content-Length"] = #words
    ngx.print(words)
    ngx.eof()
    lifetime.step_aside()
end

function M.forget()
    local host = asked_host()
    if ngx.req.get_method() ~= "POST" or not host then
        return ngx.exit(ngx.HTTP_BAD_REQUEST)
    end
    local epoch, fault = store.forget(host)
    if not epoch then
        ngx.log(ngx.ERR, "cannot forget ", host, ": ", fault)
        return ngx.exit(ngx.HTTP_INTERNAL_SERVER_ERROR)
    end
    tell(host)
end

function M.know()
    local host = asked_host()
    if not host then
        return ngx.exit(ngx.HTTP_BAD_REQUEST)
    end
    tell(host)
end

function M.ready()
    return ngx.exit(lifetime.serving() and ngx.HTTP_NO_CONTENT or ngx.HTTP_SERVICE_UNAVAILABLE)
end

return M
