"""The parts of a run; each returns what is to be reported."""

import os
import statistics
import time

from . import crowd, load, paths
from .systems import Failed, HOLD, SCHEMES


# Runs of a second each, before and while exchanges are under way.
STATIC_RUNS = 5


def spread(values):
    return {"median": statistics.median(values), "low": min(values),
            "high": max(values), "rounds": list(values)}


def throughput(bench, options, say):
    """Requests a second and CPU time of every path, round by round."""

    chosen = [p for p in paths.all_paths(options.node)
              if options.path is None or p.key in options.path]
    rounds = {p.key: [] for p in chosen}

    for p in chosen:
        p.check(bench)
        p.prepare(bench, options.connections)
        p.warm(bench, options.connections)

    for n in range(options.rounds):
        for p in chosen:
            rounds[p.key].append(
                p.measure(bench, options.seconds, options.connections))
        say("round %d of %d" % (n + 1, options.rounds))

    return [{
        "key": p.key, "label": p.label,
        "rate": spread([r["rate"] for r in rounds[p.key]]),
        "cpu": spread([r["cpu"] for r in rounds[p.key]]),
        "p50": spread([r["p50"] for r in rounds[p.key]]),
        "p99": spread([r["p99"] for r in rounds[p.key]]),
        "busy": spread([r["busy"] for r in rounds[p.key]]),
    } for p in chosen]


def latency(bench, options, say):
    """What an exchange adds, beside the time that Plaid takes."""

    rows = []
    connections = 8

    for delay in (0, 20, 200):
        for scheme in SCHEMES:
            for transport in ("curl", "subrequest"):
                added = {"p50": [], "p99": []}
                p = paths.of_module(transport, scheme, delay)

                for _ in range(options.rounds):
                    base = paths.plain().measure(
                        bench, options.seconds, connections)
                    mine = p.measure(bench, options.seconds, connections)

                    for key, values in added.items():
                        values.append(mine[key] - base[key] - 1000 * delay)

                rows.append({"label": p.label, "delay": delay,
                             "p50": spread(added["p50"]),
                             "p99": spread(added["p99"])})
        say("Plaid of %d ms" % delay)

    return rows


def concurrency(bench, options, say):
    """Cost and latency by the number of connections."""

    rows = []

    for connections in (1, 4, 16, 64, 256, 1024):
        row = {"connections": connections}

        for p in (paths.plain(), paths.of_module("curl", "http"),
                  paths.of_module("subrequest", "http")):
            # more of them need longer to get under way
            got = [p.measure(bench, options.seconds + connections // 256,
                             connections)
                   for _ in range(options.few)]
            row[p.key] = {k: statistics.median(r[k] for r in got)
                          for k in ("rate", "p50", "p99", "cpu")}

        rows.append(row)
        say("%d connections" % connections)

    return rows


def bodies(bench, options, say):
    """CPU time that the search of a body adds, by its size."""

    rows = []
    plain = paths.plain()
    plain.tokens = "none"
    search = paths.Path("none", "no token", "plaid", "/curl_http_0", "pass",
                        "none")

    for kind in ("form", "multipart", "json"):
        for size in (100, 1000, 10000, 100000, 1000000):
            cpu = {"plain": [], "search": []}

            for _ in range(options.few):
                for key, p in ("plain", plain), ("search", search):
                    r = p.measure(bench, options.seconds, 16, kind=kind,
                                  size=size)
                    cpu[key].append(r["cpu"])

            plain_us = statistics.median(cpu["plain"])
            search_us = statistics.median(cpu["search"])
            rows.append({"kind": kind, "size": size, "plain": plain_us,
                         "search": search_us,
                         "per_byte": 1000 * (search_us - plain_us) / size})
        say("bodies: %s" % kind)

    return rows


def store(bench, options, say):
    """A replayed post by the number of tokens that are kept."""

    rows = []
    bench.start_plaid("store", ZONE="192m")

    try:
        for tokens in (10, 1000, 100000):
            p = paths.Path("replay", "replayed post", "store",
                           "/replay", "replay", str(tokens))
            # More connections than tokens would join one another's calls.
            connections = min(64, tokens)
            p.prepare(bench, connections)
            got = [p.measure(bench, options.seconds, connections)
                   for _ in range(options.few)]
            rows.append({"tokens": tokens,
                         "rate": statistics.median(r["rate"] for r in got),
                         "cpu": statistics.median(r["cpu"] for r in got)})
            say("%d tokens kept" % tokens)
    finally:
        bench.stop("store")

    return rows


def http2(bench, options, say):
    """Clients over HTTP/2; the token is the same, so replay is off."""

    body = os.path.join(bench.directory, "body")
    with open(body, "w") as f:
        f.write("public_token=public-sandbox-00000000-4bd1-8f2e-http2"
                "&account_id=x&institution=ins_109508")

    ways = (("plain", "plain", "/"),
            ("curl_http", "plaid", "/curl_http_0_once"),
            ("subrequest_http", "plaid", "/subrequest_http_0_once"))
    rates = {key: [] for key, _, _ in ways}

    for _ in range(options.rounds):
        for key, server, where in ways:
            url = "http://127.0.0.1:%d%s" % (bench.ports[server + ".h2"],
                                             where)
            before = load.settled(bench)
            result = load.h2load(url, body, max(1, round(options.seconds)),
                                 16, 4)
            after = load.settled(bench)
            calls = after["calls"] - before["calls"]

            if result["bad"] or after["wrong"] != before["wrong"]:
                raise Failed("HTTP/2, %s: %s" % (key, result))
            if key != "plain" and calls < result["ok"]:
                raise Failed("HTTP/2, %s: %d calls for %d replies"
                             % (key, calls, result["ok"]))

            rates[key].append(result["rate"])

    say("clients over HTTP/2")

    return {key: spread(values) for key, values in rates.items()}


def memory(bench, options, say):
    """Exchanges under way: memory, and a static location beside them."""

    rows = []

    # client and Plaid, two descriptors; the rest is for the app
    most = (bench.files - 512) // 2

    for transport in ("curl", "subrequest"):
        for scheme in SCHEMES:
            for wanted in (1000, 10000):
                rows.append(hold(bench, options, transport, scheme,
                                 min(wanted, most)))
                say("%d under way by %s, %s"
                    % (rows[-1]["number"], transport, scheme))

    return rows


def under_way(bench, crew, calls):
    """Waits until the twin has all calls; whether none was answered yet."""

    while crew.age() < HOLD / 1000:
        if load.counters(bench)["calls"] >= calls:
            return not crew.answered()
        time.sleep(0.05)

    return False


def hold(bench, options, transport, scheme, number):
    bench.start_plaid("held")

    try:
        pids = bench.processes["held"].workers()
        root = "http://127.0.0.1:%d" % bench.ports["held"]
        p = paths.Path("held", "held", "held",
                       "/%s_%s_%d" % (transport, scheme, HOLD), "exchange")
        paths.Path("one", "one", "held", "/%s_%s_0" % (transport, scheme),
                   "exchange").check(bench)

        def static(times):
            """Medians: a single tail is mostly that of the machine."""

            runs = [load.wrk(bench.source, root + "/static", 1, 4, kind="get")
                    for _ in range(times)]

            return {key: spread([run[key] for run in runs])["median"]
                    for key in ("p50", "p99", "max")}

        static(1)
        idle = static(STATIC_RUNS)
        before = load.counters(bench)
        empty = load.resident(pids)

        crew = crowd.Crowd(bench.ports["held"], p.where, number)
        crew.connect()
        crew.send()
        together = under_way(bench, crew, before["calls"] + number)
        full = load.resident(pids)
        beside = static(min(STATIC_RUNS,
                            max(1, int(HOLD / 1000 - crew.age() - 1.5))))
        together = together and not crew.answered()

        answers = crew.wait(60)
        after = load.counters(bench)
        errors = bench.said(os.path.join(bench.directory, "held"))
    finally:
        bench.stop("held")

    return {"transport": transport, "scheme": scheme, "number": number,
            "each": (full - empty) / number, "answered": answers.get(200, 0),
            "answers": answers, "together": together,
            "errors": "" if answers.get(200) == number else errors,
            "calls": after["calls"] - before["calls"],
            "tokens": after["tokens"] - before["tokens"],
            "idle": idle, "beside": beside}
