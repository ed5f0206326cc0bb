"""The paths from client to app that are measured, and their proof."""

from . import load
from .systems import Failed, SCHEMES

# Tokens that are posted again and again by the replayed path.
REPLAYED = 1000

# Requests that wrk left behind at most, to each of its connections: one that
# it waited for, and one that was already counted.
SLACK = 2


class Path:
    """A way from the client to the app, through the server "name"."""

    def __init__(self, key, label, name, where, kind, tokens="fresh",
                 port=None):
        self.key = key
        self.label = label
        self.name = name
        self.where = where
        self.kind = kind
        self.tokens = tokens
        self.port = port or name
        self.run = None

    def url(self, bench):
        return "http://127.0.0.1:%d%s" % (bench.ports[self.port], self.where)

    def check(self, bench):
        """One request has what belongs to it: before anything is timed."""

        token = "sandbox-%08x-4bd1-8f2e-check" % load.new_run()
        if self.tokens == "refused":
            token = token.replace("check", "refused-check")

        body = "account_id=x&institution=ins_1"
        headers = {}

        if self.tokens != "none":
            body = "public_token=public-" + token + "&" + body
        if self.tokens == "header":
            headers["X-Public-Token"] = "public-" + token

        got = load.post(self.url(bench), body,
                        "application/x-www-form-urlencoded", headers)

        expected = {"exchange": (200, "access-" + token),
                    "replay": (200, "access-" + token),
                    "refuse": (400, None),
                    "pass": (200, "-")}[self.kind]

        if got[0] != expected[0] or (expected[1] and got[1] != expected[1]):
            raise Failed("%s: expected %s, got %s"
                         % (self.label, expected, got))

    def prepare(self, bench, connections):
        """Brings the path to the state that is measured."""

        if self.kind != "replay":
            return

        self.run = load.new_run()

        first = 0

        while first < int(self.tokens):
            result = load.timed(bench, self.name, self.url(bench), 2,
                                connections, tokens=self.tokens,
                                run=self.run, first=first)

            # the last ones were perhaps not sent
            first += max(result["requests"] - connections, 1)

        for _ in range(5):
            result = load.timed(bench, self.name, self.url(bench), 1,
                                connections, tokens=self.tokens,
                                run=self.run)
            if result["n_calls"] == 0:
                return

        raise Failed("%s: the twin is asked for ever" % self.label)

    def warm(self, bench, connections):
        load.timed(bench, self.name, self.url(bench), 1, connections,
                   tokens=self.tokens, run=self.run)

    def measure(self, bench, seconds, connections, **more):
        result = load.timed(bench, self.name, self.url(bench), seconds,
                            connections, tokens=self.tokens, run=self.run,
                            **more)
        self.prove(result, connections)

        return result

    def prove(self, result, connections):
        """What app and twin have seen is what the path is there for."""

        done = result["requests"]
        slack = SLACK * connections + 1

        def equal(key, number):
            if abs(result[key] - number) > slack:
                raise Failed("%s: %s is %d, not %d"
                             % (self.label, key, result[key], number))

        if not done or result["errors"] or result["n_wrong"]:
            raise Failed("%s: %s" % (self.label, result))

        refuse = self.kind == "refuse"

        equal("refused", done if refuse else 0)
        equal("n_requests", 0 if refuse else done)
        equal("n_tokens", done if self.kind in ("exchange", "replay") else 0)
        equal("n_calls", done if self.kind in ("exchange", "refuse") else 0)


def plain():
    return Path("plain", "`proxy_pass`, no module", "plain", "/", "pass")


def of_module(transport, scheme, delay=0):
    return Path("%s_%s" % (transport, scheme),
                "exchange by %s, %s" % (transport, scheme), "plaid",
                "/%s_%s_%d" % (transport, scheme, delay), "exchange")


def all_paths(node):
    """Every path there is; those of a peer that is not installed are not."""

    paths = [
        plain(),
        Path("idle", "module loaded, idle", "idle", "/", "pass"),
        Path("none", "module on, no token", "plaid", "/curl_http_0", "pass",
             "none"),
    ]

    for scheme in SCHEMES:
        paths += [
            of_module("curl", scheme),
            of_module("subrequest", scheme),
            Path("floor_" + scheme, "floor, " + scheme, "floor",
                 "/" + scheme, "exchange"),
        ]

    paths += [
        Path("replay", "replayed post", "plaid", "/replay", "replay",
             str(REPLAYED)),
        Path("refuse", "rejected token, http", "plaid", "/curl_http_0",
             "refuse", "refused"),
    ]

    for scheme in SCHEMES:
        port = "lua_" + scheme
        paths += [
            Path("lua_" + scheme, "Lua capture, " + scheme, "lua",
                 "/lua", "exchange", port=port),
            Path("auth_" + scheme, "auth_request to a Lua service, " + scheme,
                 "lua", "/auth_request", "exchange", "header", port),
            Path("njs_" + scheme, "njs fetch, " + scheme, "njs",
                 "/" + scheme, "exchange"),
        ]

        if node:
            paths.append(Path("express_" + scheme,
                              "Express, plaid@47, " + scheme,
                              "express_" + scheme, "/", "exchange"))

        paths.append(Path("flask_" + scheme, "Flask, gunicorn, " + scheme,
                          "flask_" + scheme, "/", "exchange"))

    return paths
