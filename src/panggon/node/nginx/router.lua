-- From a request to its site.

local cjson = require("cjson.safe")
local store = require("store")

local M = {}
local port_suffix

-- `suffix` follows the host in addresses: ":8443", or "" for 443.
function M.configure(suffix)
    port_suffix = suffix
end

local function refuse(status, page)
    ngx.var.page = page
    return ngx.exit(status)
end

local CLOSED = { prepared = true, suspended = true, quarantined = true }

local function waiting(site)
    return refuse(ngx.HTTP_SERVICE_UNAVAILABLE, CLOSED[site.state] and site.state or "closed")
end

-- The site of this request's host; refuses when there is none, or when the handshake was for another name.
local function find()
    local host = ngx.var.host
    if host ~= (ngx.var.ssl_server_name or ""):lower() then
        return refuse(421, "misdirected")
    end
    local site = store.site(host)
    if not site then
        return refuse(ngx.HTTP_NOT_FOUND, "unknown")
    end
    ngx.var.site = site.id
    return site
end

function M.route()
    local site = find()
    if site.state == "redirect" then -- a name that the site had before
        return ngx.redirect("https://" .. site.host .. port_suffix .. ngx.var.request_uri, 308)
    end
    if site.state ~= "open" then
        return waiting(site)
    end
    local path = ngx.var.uri
    if path:sub(-4) == ".php" and not site.php then
        return refuse(ngx.HTTP_NOT_FOUND, "missing")
    end
    if (tonumber(ngx.var.http_content_length) or 0) > site.body_most then
        return refuse(413, "large")
    end
    ngx.var.document_root_of_php = site.document_root
    -- Not for itself: without an index.php that would never end.
    if site.php and site.front_controller and path ~= "/index.php" then
        ngx.var.fallback = "/index.php" .. ngx.var.is_args .. (ngx.var.args or "")
    end
end

-- A proof path: there only for who carries the token, in every state.
function M.prove()
    local site = find()
    if store.proves(site.id, ngx.var.http_x_panggon_proof) then
        return
    end
    return site.state == "open" and refuse(ngx.HTTP_NOT_FOUND, "missing") or waiting(site)
end

function M.tell()
    local site = store.site(ngx.var.host)
    ngx.header["Content-Type"] = "application/json"
    ngx.header["Cache-Control"] = "no-store"
    ngx.print(cjson.encode({ site = site.id, generation = site.generation, state = site.state }))
end

-- Plain HTTP: only towards HTTPS, and only for names that are here.
function M.redirect()
    local site = store.site(ngx.var.host)
    if not site then
        return refuse(ngx.HTTP_NOT_FOUND, "unknown")
    end
    ngx.var.site = site.id
    return ngx.redirect("https://" .. ngx.var.host .. port_suffix .. ngx.var.request_uri, 308)
end

return M
