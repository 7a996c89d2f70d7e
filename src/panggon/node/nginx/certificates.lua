-- The certificate of a handshake, by the name that the client asks for (SNI, RFC 6066 section 3).

local ssl = require("ngx.ssl")
local store = require("store")

local M = {}

-- No name, or one without a certificate: no handshake, so nothing is told about this machine.
function M.choose()
    local name = ssl.server_name()
    local certificate = name and store.certificate(name:lower())
    if not certificate then
        return ngx.exit(ngx.ERROR)
    end
    assert(ssl.clear_certs())
    assert(ssl.set_cert(certificate.chain))
    assert(ssl.set_priv_key(certificate.key))
end

return M
