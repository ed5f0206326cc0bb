"""What is promised of the module, against what was measured."""

import statistics

# Above this share of a CPU a worker was what limited the path.
BUSY = 0.95

# (path, relation, other path, at least)
RATIOS = (
    ("idle", "plain", 0.98),
    ("none", "plain", 0.95),
    ("subrequest_http", "floor_http", 0.9),
    ("subrequest_https", "floor_https", 0.9),
    ("curl_http", "subrequest_http", 0.7),
    ("curl_https", "subrequest_https", 0.7),
    ("curl_http", "express_http", 10),
    ("curl_https", "express_https", 10),
    ("curl_http", "njs_http", 2),
    ("curl_https", "njs_https", 10),
    ("curl_http", "auth_http", 1.5),
    ("curl_https", "auth_https", 1.5),
    ("replay", "plain", 0.85),
)

EACH = {"curl": 24 * 1024, "subrequest": 16 * 1024}

STATIC = 2

# What a body byte may cost of one that is the cheapest, beside noise (ns).
FLAT = 2
NOISE = 0.5

STEP = 3


def ratio(a, b):
    """
    Of a's speed to b's, round by round: requests a second where both workers
    were busy, what their CPU time allows elsewhere.
    """

    busy = min(a["busy"]["median"], b["busy"]["median"]) >= BUSY
    pairs = zip(a["rate"]["rounds"], b["rate"]["rounds"]) if busy else \
        zip(b["cpu"]["rounds"], a["cpu"]["rounds"])
    values = [x / max(y, 1e-9) for x, y in pairs]

    return {"median": statistics.median(values), "low": min(values),
            "high": max(values), "by": "rate" if busy else "CPU"}


def ratios(rows):
    """(text, value, passed) of each ratio whose paths were measured."""

    by = {row["key"]: row for row in rows}
    out = []

    for one, other, least in RATIOS:
        if one not in by or other not in by:
            continue

        r = ratio(by[one], by[other])
        out.append(("%s / %s >= %g" % (by[one]["label"], by[other]["label"],
                                       least),
                    "%.2f (%.2f to %.2f, by %s)" % (r["median"], r["low"],
                                                    r["high"], r["by"]),
                    r["median"] >= least))

    return out


def memory(rows):
    out = []

    for row in rows:
        what = "%d under way by %s, %s" % (row["number"], row["transport"],
                                           row["scheme"])
        out.append((what + ": all at once, all answered",
                    "%d%s" % (row["answered"],
                              "" if row["together"] else ", not at once"),
                    row["together"] and row["answered"] == row["number"]
                    and row["calls"] == row["number"]
                    and row["tokens"] == row["number"]))

        if row["number"] < 2000:
            continue

        most = EACH[row["transport"]]
        out.append((what + ": memory each <= %d KiB" % (most // 1024),
                    "%.1f KiB" % (row["each"] / 1024), row["each"] <= most))

        times = row["beside"]["p99"] / max(row["idle"]["p99"], 1)
        out.append((what + ": p99 of a static location < %d x idle" % STATIC,
                    "%.2f" % times, times < STATIC))

    return out


def bodies(rows):
    out = []

    for kind in ("form", "multipart", "json"):
        known = {r["size"]: r["per_byte"] for r in rows
                 if r["kind"] == kind and r["size"] >= 10000}
        costs = [known[size] for size in sorted(known)]

        # that the fixed part of the cost is spread over more is no fault
        grown = max(b - FLAT * min(costs[:i + 1])
                    for i, b in enumerate(costs[1:]))
        out.append(("a body byte costs no more in a larger body, %s" % kind,
                    ", ".join("%.2f" % cost for cost in costs) + " ns",
                    grown <= NOISE))

    return out


def concurrency(rows):
    """
    A step is a latency that grows by far more than the connections do: it
    is compared to how that of plain proxy_pass grows.
    """

    out = []

    for key in ("curl_http", "subrequest_http"):
        worst = max((b[key]["p50"] / max(a[key]["p50"], 1))
                    / (b["connections"] / a["connections"])
                    for a, b in zip(rows, rows[1:]))
        out.append(("no step in latency, %s" % key.replace("_", ", "),
                    "%.2f of the growth in connections at most" % worst,
                    worst < STEP))

    return out


def every(results):
    out = []

    for section, check in (("throughput", ratios), ("memory", memory),
                           ("bodies", bodies), ("concurrency", concurrency)):
        if section in results:
            out += check(results[section])

    return out
