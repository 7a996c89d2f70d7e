-- The machine's own pages: one layout, words for visitors.

local store = require("store")

local WORDS = {
    prepared = { "Situs ini sedang disiapkan", "Alamat ini sudah ada, isinya belum dibuka. Silakan kembali lagi nanti." },
    suspended = { "Situs ini dihentikan sementara", "{{notice}}" },
    quarantined = { "Situs ini ditutup sementara", "Situs ini sedang diperiksa. Silakan kembali lagi nanti." },
    closed = { "Situs ini sedang tidak tersedia", "Silakan coba lagi beberapa saat lagi." },
    down = { "Situs ini sedang tidak dapat dibuka", "Layanan di belakang situs ini belum menjawab. Silakan coba lagi." },
    unknown = { "Situs tidak ditemukan", "Tidak ada situs dengan alamat ini. Periksa kembali alamat yang Anda ketik." },
    missing = { "Halaman tidak ditemukan", "Tidak ada halaman dengan alamat ini di situs ini." },
    large = { "Kiriman terlalu besar", "Berkas yang dikirim melebihi batas unggah situs ini." },
    busy = { "Situs ini sedang sibuk", "Terlalu banyak permintaan sekaligus. Silakan coba lagi sebentar lagi." },
    asleep = {
        "Terlalu banyak situs sekaligus",
        "Dari jaringan Anda sudah dibuka banyak situs dalam waktu singkat. Silakan coba lagi sebentar lagi.",
    },
    misdirected = { "Alamat tidak cocok", "Nama situs yang diminta berbeda dengan nama pada sambungan aman." },
}
local BY_STATUS = { [404] = "missing", [413] = "large", [421] = "misdirected", [429] = "asleep", [503] = "down" }
local RETRY_SECONDS = { prepared = 3600, suspended = 3600, quarantined = 3600, closed = 300, down = 30, busy = 30 }
RETRY_SECONDS.asleep = 30
-- What a site says itself of an address that it does not have, by the name that makers of static sites give it.
local OWN_MISSING = "/404.html"
local HAS_FILES = { static = true, php = true, python = true }
local BODYLESS = { GET = true, HEAD = true }
local NO_NOTICE = "Silakan kembali lagi nanti."

local ENTITIES = { ["&"] = "&amp;", ["<"] = "&lt;", [">"] = "&gt;", ['"'] = "&quot;", ["'"] = "&#x27;" }

local M = {}
local pages = {}

function M.load(path)
    local file = assert(io.open(path, "rb"))
    local layout = file:read("*a")
    file:close()
    for name, words in pairs(WORDS) do
        pages[name] = layout:gsub("{{title}}", words[1]):gsub("{{text}}", words[2])
    end
end

-- What the office says to visitors of this name, as text for HTML.
local function notice(host)
    local site = store.site(host)
    local words = site and site.notice ~= "" and site.notice or NO_NOTICE
    return (words:gsub("[&<>\"']", ENTITIES))
end

-- Not where a program was asked: what it had room for (spool.lua) is given back where the machine's page ends.
local function says_it_itself()
    if ngx.var.site == "" or ngx.var.admitted ~= "" or not BODYLESS[ngx.req.get_method()] then
        return false
    end
    local site = store.site(ngx.var.host)
    return site and site.state == "open" and HAS_FILES[site.kind] and store.is_file(site.public .. OWN_MISSING)
end

-- Answers with the page that the router chose, or the one of the status.
function M.show()
    local name = ngx.var.page
    if not pages[name] then
        name = BY_STATUS[ngx.status] or "down"
    end
    if name == "missing" and says_it_itself() then
        ngx.header["Cache-Control"] = "no-cache" -- the address may be there tomorrow
        return ngx.exec(OWN_MISSING)
    end
    local page = pages[name]
    if name == "suspended" then
        page = page:gsub("{{notice}}", function() return notice(ngx.var.host) end)
    end
    local header = ngx.header
    header["Content-Type"] = "text/html; charset=utf-8"
    header["Content-Length"] = #page
    header["Content-Language"] = "id"
    header["Cache-Control"] = "no-store"
    header["Content-Security-Policy"] = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'"
    header["Referrer-Policy"] = "no-referrer"
    header["X-Panggon-Page"] = name -- so that a probe never mistakes a site's own words for this page
    header["Retry-After"] = RETRY_SECONDS[name]
    ngx.print(page)
end

return M
