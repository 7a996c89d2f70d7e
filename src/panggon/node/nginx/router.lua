-- From a request to its site.

local cjson = require("cjson.safe")
local judged = require("judged")
local proxied = require("proxied")
local routing = require("routing")
local spool = require("spool")
local ssl = require("ngx.ssl")
local store = require("store")

-- client_body_buffer_size: a body up to here is kept in memory, a larger one on disk.
local IN_MEMORY = 16384
local MEBIBYTE = 1048576

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

local function missing()
    return refuse(ngx.HTTP_NOT_FOUND, "missing")
end

local CHANGING_SECONDS, LOOK_SECONDS = 10, 0.02

local CLOSED = { prepared = true, suspended = true, quarantined = true }

local function waiting(site)
    return refuse(ngx.HTTP_SERVICE_UNAVAILABLE, CLOSED[site.state] and site.state or "closed")
end

-- The site of this request's host; refuses when there is none, or when the handshake was for another name.
local function find()
    local host, asked = ngx.var.host, ssl.server_name() or ""
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

-- By these one request ends and another begins, and it is somebody's: without them nginx would read otherwise than whoever
-- passed the request on to it.
local FRAMING = { ["content-length"] = true, ["transfer-encoding"] = true, host = true }
-- HTTP/2 has no words about a connection (RFC 9113 section 8.2.2).
local OF_ONE_CONNECTION = { "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade" }

-- Headers that are for one connection only (RFC 9110 section 7.6.1): those that the client names go no further.
local function drop_hop_by_hop()
    local headers = ngx.req.get_headers(0)
    if ngx.req.http_version() == 2 then
        for _, name in ipairs(OF_ONE_CONNECTION) do
            if headers[name] then
                return ngx.exit(ngx.HTTP_BAD_REQUEST)
            end
        end
        return
    end
    local named = headers.connection or ""
    if type(named) == "table" then
        named = table.concat(named, ",")
    end
    for name in named:lower():gmatch("[^%s,]+") do
        if FRAMING[name] then
            return ngx.exit(ngx.HTTP_BAD_REQUEST)
        end
        if name ~= "upgrade" then
            ngx.req.clear_header(name)
        end
    end
end

local BODYLESS = { GET = true, HEAD = true }
-- HTTP/2 does not say before its end that a request has no body: others (OPTIONS, DELETE, ...) are taken to have none that
-- would not fit into memory.
local WITH_BODY = { POST = true, PUT = true, PATCH = true }

-- In bytes; nil where the request does not say it: chunked, or HTTP/2, which needs to say nothing.
local function body_length()
    local length = ngx.var.content_length
    if length then
        return tonumber(length)
    end
    local untold = ngx.var.http_transfer_encoding
        or ngx.req.http_version() == 2 and WITH_BODY[ngx.req.get_method()]
    return not untold and 0 or nil
end

-- To the location of a program, in the form of it that suits what the visitor sends (programs.template).
local function hand_over(site, program)
    local length = body_length()
    if length and length > site.body_most then
        return refuse(413, "large")
    end
    local on_disk = not length and site.untold_mebibytes * MEBIBYTE or length > IN_MEMORY and length or nil
    local admitted, answer_on_disk, would_wake = spool.admit(site.id, on_disk)
    if not admitted then
        if would_wake then
            return refuse(ngx.HTTP_TOO_MANY_REQUESTS, "asleep")
        end
        return refuse(ngx.HTTP_SERVICE_UNAVAILABLE, "busy")
    end
    if on_disk then
        return ngx.exec(program .. "_" .. site.untold_mebibytes .. "m")
    end
    return ngx.exec(answer_on_disk and program or program .. "_streamed")
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
    proxied.begin(site, ngx.var.host)
    return hand_over(site, "@proxy")
end

-- A file of the site's own, or else its application. Sources of PHP are never sent, whatever kind of site has them.
local function python(site, path)
    local sent = BODYLESS[ngx.req.get_method()] and not (routing.is_source(path) or routing.is_copy_of_source(path))
    if sent and store.is_file(site.public .. path) then
        return
    end
    drop_hop_by_hop()
    return hand_over(site, "@python")
end

local function static(site, path)
    if routing.is_source(path) or routing.is_copy_of_source(path) then
        return missing()
    end
    judged.remember(site, path, "")
end

local function run(site, script, rest)
    ngx.var.document_root_of_php = site.document_root
    if rest ~= "" then
        ngx.var.path_info = rest
    end
    ngx.req.set_uri(script, false, true)
    return hand_over(site, "@php")
end

-- For a path of no file; `rest` is what follows it in the address.
local function run_another(site, path, rest)
    local script, args = routing.rewritten(site.routing, path)
    if not script or not store.is_there(site.public .. script) then
        return missing()
    end
    if args ~= "" then
        local own = ngx.var.args or ""
        ngx.req.set_uri_args(own == "" and args or args .. "&" .. own)
    end
    return run(site, script, site.routing.path_info and path .. rest or "")
end

-- What answers the bare address: found here, because nginx would begin anew with an index that it finds.
local function home(site)
    if site.routing.home ~= "" then
        return site.routing.home
    end
    return store.is_there(site.public .. "/index.html") and "/" or "/index.php"
end

-- Whether nginx sends the file to which the application's own link would lead.
local function follow(site, path)
    local target = routing.linked(site.routing, path)
    if not target or not BODYLESS[ngx.req.get_method()] or not store.is_file(site.content .. target) then
        return false
    end
    ngx.var.folder = ""
    ngx.req.set_uri(target, false, true)
    return true
end

-- `rest` is what follows the script in a path with slash arguments.
local function php(site, path, rest)
    local profile = site.routing
    local script = path == "/" and home(site) or path
    local is_script = script:sub(-4) == ".php"
    if is_script and not routing.runs(profile, script) or not is_script and routing.is_source(script) then
        return missing()
    end
    if store.is_there(site.public .. script) then
        if not is_script and routing.is_copy_of_source(script) then
            return missing()
        end
        if rest == "" and script ~= "/" then -- paths behind a script are endless
            judged.remember(site, path, is_script and script or "")
        end
        return is_script and run(site, script, rest) or nil -- what is no script nginx sends
    end
    return not follow(site, script) and run_another(site, script, rest) or nil
end

local ANSWERS = { static = static, php = php, python = python, redirect = redirect, proxy = proxy }
local WITH_FILES = { static = true, php = true, python = true }
-- There only for who carries the token, in every state.
local PROOFS = {}
for _, name in ipairs({ "site", "php", "python", "answer" }) do
    PROOFS["/.well-known/panggon/" .. name] = true
end

local function prove()
    local site = find()
    if store.proves(site.id, ngx.var.http_x_panggon_proof) then
        return
    end
    return site.state == "open" and missing() or waiting(site)
end

-- A site that has just become another kind: who comes waits until the socket is its new program's, and is told after a
-- while as usual that none answers.
local function settled(site)
    local deadline = site.changing and ngx.now() + CHANGING_SECONDS
    while site.changing and ngx.now() < deadline do
        ngx.sleep(LOOK_SECONDS)
        site = find()
    end
    return site
end

-- Before nginx looks for a location; once more for an index that it finds in a directory.
function M.route()
    local path = ngx.var.uri
    if PROOFS[path] then
        return prove()
    end
    local site = settled(find())
    if site.state == "redirect" then -- a name that the site had before
        -- Browsers keep a 308 for ever: where the site takes this name again they would go round in a circle.
        ngx.header["Cache-Control"] = "no-cache"
        return ngx.redirect("https://" .. site.host .. port_suffix .. ngx.var.request_uri, 308)
    end
    if site.state ~= "open" then
        return waiting(site)
    end
    if site.hsts then
        ngx.var.hsts = site.hsts
    end
    if site.folder then
        ngx.var.folder = site.folder
    end
    local script = judged.script(site, path)
    if script then
        return script ~= "" and run(site, script, "") or nil
    end
    local rest = ""
    if site.kind == "php" then
        path, rest = routing.split(site.routing, path)
    end
    if WITH_FILES[site.kind] then
        if routing.is_private(site.routing, path) or routing.has_controls(path .. rest) then
            return missing()
        end
    end
    return ANSWERS[site.kind](site, path, rest)
end

-- What visitors of a redirect or a proxy will get, also while it is prepared.
function M.answer()
    local site = store.site(ngx.var.host)
    if WITH_FILES[site.kind] then
        return missing()
    end
    return ANSWERS[site.kind](site)
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
