-- Posts for wrk, each with a token of its own:
--
--     wrk -s post.lua URL -- RUN TOKENS [TYPE [SIZE [FIRST]]]
--
-- RUN: a number that no other run has had.  TOKENS: "fresh", "none",
-- "refused", "header" (in X-Public-Token, too), or how many there are to be
-- posted again and again.  TYPE: form, json, multipart, get.  SIZE: bytes of
-- the body, about.  FIRST: the number of the first token.

local run, tokens, kind, size
local sent, limit = 0, 0
local fixed

local types = {
    form = "application/x-www-form-urlencoded",
    json = "application/json",
    multipart = "multipart/form-data; boundary=----benchboundary7MA4YWxkTrZ"
}

local fields = {
    form = "%s=%s",
    json = '"%s":"%s"',
    multipart = "------benchboundary7MA4YWxkTrZ\r\n"
                .. 'Content-Disposition: form-data; name="%s"\r\n\r\n%s\r\n'
}

local around = {
    form = { "", "&", "" },
    json = { "{", ",", "}" },
    multipart = { "", "", "------benchboundary7MA4YWxkTrZ--\r\n" }
}


local function body(token)
    local list = {}
    local field, frame = fields[kind], around[kind]

    if token then
        list[1] = field:format("public_token", token)
    end

    list[#list + 1] = field:format("account_id",
                                   "BxBXxLj1m4HMXBm9WZZmCWVbPjX16EHwv99vp")
    list[#list + 1] = field:format("institution", "ins_109508")

    -- the rest is many fields of 64 bytes, as a long form would have them

    local length, i = 150, 0

    while length < size do
        i = i + 1
        local value = ("v"):rep(math.min(64, size - length))
        list[#list + 1] = field:format("f" .. i, value)
        length = length + #list[#list] + 1
    end

    return frame[1] .. table.concat(list, frame[2]) .. frame[3]
end


local function build(token)
    local headers = {
        ["Content-Type"] = types[kind],
        ["X-Public-Token"] = tokens == "header" and token or nil
    }

    return wrk.format("POST", nil, headers, body(token))
end


function init(args)
    run = tonumber(args[1]) or 0
    tokens = args[2] or "fresh"
    kind = args[3] or "form"
    size = tonumber(args[4]) or 0
    sent = tonumber(args[5]) or 0
    limit = tonumber(tokens) or 0

    if kind == "get" then
        fixed = wrk.format("GET")
    elseif tokens == "none" then
        fixed = build(nil)
    end
end


function request()
    if fixed then
        return fixed
    end

    local n = sent

    if limit > 0 then
        n = sent % limit
    end

    sent = sent + 1

    local format = tokens == "refused"
                   and "public-sandbox-%08x-refused-%012x"
                   or "public-sandbox-%08x-4bd1-8f2e-%012x"

    return build(format:format(run, n))
end


function done(summary, latency, requests)
    local e = summary.errors

    io.write(("RESULT {\"requests\":%d,\"us\":%d,\"p50\":%.0f,\"p99\":%.0f,"
              .. "\"max\":%.0f,\"refused\":%d,\"errors\":%d}\n"):format(
             summary.requests, summary.duration, latency:percentile(50),
             latency:percentile(99), latency.max, e.status,
             e.connect + e.read + e.write + e.timeout))
end
