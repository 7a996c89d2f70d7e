-- From a request to its site.

local cjson = require("cjson.safe")
local routing = require("routing")
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
    local host, asked = ngx.var.host, ngx.var.ssl_server_name or ""
    if host ~= asked and host ~= asked:lower() then
        return refuse(421, "misdirected")
    end
    local site = store.site(host)
    if not site then
        return refuse(ngx.HTTP_NOT_FOUND, "unknown")
    end
    ngx.var.site = site.id
    return site
end

-- Headers that are for one connection only (RFC 9110 section 7.6.1): those that the client names go no further.
local function drop_hop_by_hop()
    for name in (ngx.var.http_connection or ""):gmatch("[%w-]+") do
        if name:lower() ~= "upgrade" then
            ngx.req.clear_header(name)
        end
    end
end

local function redirect(site)
    local location = site.target
    if site.keep_path then
        location = location:gsub("/$", "") .. ngx.var.request_uri
    end
    return ngx.redirect(location, site.permanent and 308 or 307)
end

local function proxy(site)
    if site.address == "" then
        return refuse(ngx.HTTP_SERVICE_UNAVAILABLE, "down")
    end
    local scheme, host = site.target:match("^(%l+)://(.+)$")
    ngx.var.upstream = scheme .. "://" .. site.address
    ngx.var.upstream_name = host:gsub(":%d+$", "")
    ngx.var.upstream_host = site.keep_host and ngx.var.host .. port_suffix or host
    ngx.var.upstream_origin = site.target
    drop_hop_by_hop()
    return ngx.exec("@proxy")
end

-- Sources of PHP are never sent, whatever kind of site has them.
local PHP_SOURCE = [[\.(?:php[0-9s]?|phtml|pht|phar)(?:[~._/-]|$)]]

local function python(_, path)
    drop_hop_by_hop()
    return ngx.exec(ngx.re.find(path, PHP_SOURCE, "ijo") and "@python" or "@python_files")
end

local function static(_, path)
    if path:sub(-4) == ".php" then
        return refuse(ngx.HTTP_NOT_FOUND, "missing")
    end
end

local function php(site, path)
    local profile, args = site.routing, ngx.var.args
    local script, rest = routing.split(profile, path)
    if script:sub(-4) == ".php" then
        if (rest ~= "" and routing.is_private(profile, script)) or not routing.runs(profile, script) then
            return refuse(ngx.HTTP_NOT_FOUND, "missing")
        end
        ngx.var.document_root_of_php = site.document_root
    end
    if rest ~= "" then
        ngx.var.path_info = rest
        return ngx.req.set_uri(script, true)
    end
    -- What was led there already is led no further: without an index.php that would never end.
    if ngx.req.is_internal() then
        return
    end
    if path == "/" and profile.home ~= "" then
        return ngx.exec(profile.home, args)
    end
    local target = routing.rewritten(profile, path, args)
    if target then
        ngx.var.fallback = target
    end
end

local ANSWERS = { static = static, php = php, python = python, redirect = redirect, proxy = proxy }
local WITH_FILES = { static = true, php = true, python = true }

function M.route()
    local site = find()
    if site.state == "redirect" then -- a name that the site had before
        return ngx.redirect("https://" .. site.host .. port_suffix .. ngx.var.request_uri, 308)
    end
    if site.state ~= "open" then
        return waiting(site)
    end
    if (tonumber(ngx.var.http_content_length) or 0) > site.body_most then
        return refuse(413, "large")
    end
    if site.hsts then
        ngx.var.hsts = site.hsts
    end
    local path = ngx.var.uri
    if WITH_FILES[site.kind] then
        if routing.is_private(site.routing, path) then
            return refuse(ngx.HTTP_NOT_FOUND, "missing")
        end
        if site.routing.folder ~= "" then
            ngx.var.folder = site.routing.folder
        end
    end
    return ANSWERS[site.kind](site, path)
end

-- What visitors of a redirect or a proxy will get, also while it is prepared.
function M.answer()
    local site = store.site(ngx.var.host)
    if WITH_FILES[site.kind] then
        return refuse(ngx.HTTP_NOT_FOUND, "missing")
    end
    return ANSWERS[site.kind](site)
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
