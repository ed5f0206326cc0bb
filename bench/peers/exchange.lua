-- OpenResty's way: nginx's own upstream does the call, by a capture.

local cjson = require "cjson.safe"

local _M = {}

local options = {
    method = ngx.HTTP_POST,
    always_forward_body = true
}


local function call(token)
    ngx.req.set_header("Content-Type", "application/json")
    options.body = cjson.encode({ public_token = token })

    local reply = ngx.location.capture("/_plaid", options)
    local answer = reply.status == 200 and cjson.decode(reply.body)

    if not answer then
        return nil, reply.status == 400 and 400 or 502
    end

    return answer.access_token
end


-- rewrite_by_lua: a form comes in, the header goes on to the app

function _M.post()
    ngx.req.read_body()

    local args = ngx.req.get_post_args()
    local token = args and args.public_token

    if type(token) ~= "string" then
        return
    end

    local content_type = ngx.var.content_type
    local access, status = call(token)

    if not access then
        return ngx.exit(status)
    end

    ngx.req.set_header("Content-Type", content_type)
    ngx.req.set_header("X-Plaid-Access-Token", access)
end


-- content_by_lua: the service behind auth_request; 204 keeps the connection

function _M.service()
    local access, status = call(ngx.var.http_x_public_token)

    if not access then
        return ngx.exit(status == 400 and 403 or 500)
    end

    ngx.header["X-Access-Token"] = access
    return ngx.exit(ngx.HTTP_NO_CONTENT)
end


return _M
