"""The report: Markdown, JSON and a plot."""

import json
import os
import platform
import subprocess

from . import checks, plot, systems


def first_line(*args):
    try:
        out = subprocess.run(args, stdout=subprocess.PIPE,
                             stderr=subprocess.STDOUT, check=False)
    except OSError:
        return None

    return out.stdout.decode().strip().splitlines()[0]


def package(name):
    return first_line("dpkg-query", "-W", "-f", "${Version}", name)


def machine(bench, options):
    """What this was measured on: kinds and versions, no names."""

    model = "unknown CPU"
    with open("/proc/cpuinfo") as f:
        for line in f:
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break

    with open("/proc/meminfo") as f:
        memory = int(f.readline().split()[1]) / 1024 / 1024

    mine, others = systems.cpus()

    facts = [
        ("CPU", "%s, %d of them; %d for what is measured, %d for the rest%s"
         % (model, len(os.sched_getaffinity(0)), len(mine), len(others),
            " (the same)" if mine == others else "")),
        ("memory", "%.0f GiB" % memory),
        ("kernel", platform.release().split("-")[0]),
        ("descriptors of a process", str(bench.files)),
        ("nginx", first_line(systems.nginx_binary(), "-v").split("/")[-1]),
        ("libcurl", package("libcurl4")),
        ("OpenSSL", package("libssl3")),
        ("njs", package("libnginx-mod-http-js")),
        ("Lua module", package("libnginx-mod-http-lua")),
        ("Flask, gunicorn", "%s, %s" % (package("python3-flask"),
                                        package("gunicorn"))),
        ("node", first_line("node", "--version") if options.node else None),
        ("wrk", package("wrk")),
    ]

    return [(k, v) for k, v in facts if v]


def us(value):
    return "%.2f" % (value / 1000)


def table(head, rows):
    lines = ["| " + " | ".join(head) + " |",
             "|" + "|".join("---" if n == 0 else "---:"
                            for n in range(len(head))) + "|"]
    lines += ["| " + " | ".join(str(c) for c in row) + " |" for row in rows]

    return "\n".join(lines) + "\n"


def throughput(rows):
    base = next((r for r in rows if r["key"] == "plain"), None)
    out = []

    for r in rows:
        rate, cpu = r["rate"], r["cpu"]
        out.append((r["label"],
                    format(round(rate["median"]), ","),
                    "%s to %s" % (format(round(rate["low"]), ","),
                                  format(round(rate["high"]), ",")),
                    us(r["p50"]["median"]), us(r["p99"]["median"]),
                    "%.1f" % cpu["median"],
                    "%.0f%%" % (100 * r["busy"]["median"]),
                    "%.3g" % checks.ratio(r, base)["median"] if base else ""))

    return table(("path", "requests/s", "spread", "p50 ms", "p99 ms",
                  "CPU µs", "busy", "of plain"), out)


def latency(rows):
    return table(("exchange", "Plaid ms", "p50 added ms", "spread",
                  "p99 added ms"),
                 [(r["label"], r["delay"], us(r["p50"]["median"]),
                   "%s to %s" % (us(r["p50"]["low"]), us(r["p50"]["high"])),
                   us(r["p99"]["median"])) for r in rows])


def memory(rows):
    return table(("under way", "number", "answered", "KiB each",
                  "static p50 ms, idle", "beside", "p99 ms, idle", "beside"),
                 [("%s, %s" % (r["transport"], r["scheme"]), r["number"],
                   r["answered"], "%.1f" % (r["each"] / 1024),
                   us(r["idle"]["p50"]), us(r["beside"]["p50"]),
                   us(r["idle"]["p99"]), us(r["beside"]["p99"]))
                  for r in rows])


def concurrency(rows):
    return table(("connections", "plain req/s", "p50 ms", "curl req/s",
                  "p50 ms", "CPU µs", "subrequest req/s", "p50 ms",
                  "CPU µs"),
                 [(r["connections"], round(r["plain"]["rate"]),
                   us(r["plain"]["p50"]), round(r["curl_http"]["rate"]),
                   us(r["curl_http"]["p50"]),
                   "%.1f" % r["curl_http"]["cpu"],
                   round(r["subrequest_http"]["rate"]),
                   us(r["subrequest_http"]["p50"]),
                   "%.1f" % r["subrequest_http"]["cpu"]) for r in rows])


def bodies(rows):
    return table(("body", "bytes", "CPU µs, plain", "searched", "ns a byte"),
                 [(r["kind"], r["size"], "%.1f" % r["plain"],
                   "%.1f" % r["search"], "%.2f" % r["per_byte"])
                  for r in rows])


def store(rows):
    return table(("tokens kept", "replays/s", "CPU µs"),
                 [(r["tokens"], round(r["rate"]), "%.1f" % r["cpu"])
                  for r in rows])


def http2(rates):
    return table(("HTTP/2 clients", "requests/s", "spread"),
                 [(key.replace("_", ", "), round(r["median"]),
                   "%d to %d" % (r["low"], r["high"]))
                  for key, r in rates.items()])


def instructions(rows):
    return table(("instructions", "each", "budget"),
                 [(r["name"], r["each"], r["budget"]) for r in rows])


SECTIONS = (
    ("throughput", "Throughput", throughput),
    ("latency", "Latency that an exchange adds", latency),
    ("memory", "Many exchanges under way, Plaid takes %d s"
     % (systems.HOLD // 1000), memory),
    ("concurrency", "Growth with concurrency, http", concurrency),
    ("bodies", "Growth with the body, no token in it", bodies),
    ("store", "Replayed posts by tokens in the store", store),
    ("http2", "Clients over HTTP/2", http2),
    ("instructions", "Instructions by callgrind", instructions),
)


def markdown(results, facts, options):
    out = ["# What was measured\n",
           "By `make bench`: %d rounds of %d s, %d connections, the paths "
           "in turn; medians. Everything is on one machine over loopback, so "
           "read ratios, not figures. \"of plain\" is the speed relative to "
           "`proxy_pass` without the module: by requests a second where both "
           "workers were busy, else by CPU time. CPU µs is what the measured "
           "processes use for a request, TLS and the way to the app "
           "included.\n"
           % (options.rounds, options.seconds, options.connections)]

    verdicts = checks.every(results)

    if verdicts:
        out.append("## Promises\n")
        out.append(table(("promise", "measured", ""),
                         [(t, v, "pass" if ok else "**FAIL**")
                          for t, v, ok in verdicts]))

    for name, why in results.get("failures", ()):
        out.append("**%s FAILED:** %s\n" % (name, why))

    for key, title, show in SECTIONS:
        if key in results:
            out.append("## %s\n" % title)
            if key == "throughput":
                out.append("![requests a second](throughput.svg)\n")
            out.append(show(results[key]))

    out.append("## Machine\n")
    out.append(table(("", ""), facts))

    return "\n".join(out)


def write(results, bench, options, directory):
    """Writes the three files, and returns the text of the report."""

    os.makedirs(directory, exist_ok=True)
    facts = machine(bench, options)
    text = markdown(results, facts, options)

    with open(os.path.join(directory, "results.md"), "w") as f:
        f.write(text)

    with open(os.path.join(directory, "results.json"), "w") as f:
        json.dump({"machine": dict(facts), "results": results}, f, indent=1)
        f.write("\n")

    if "throughput" in results:
        with open(os.path.join(directory, "throughput.svg"), "w") as f:
            f.write(plot.bars(results["throughput"]))

    return text
