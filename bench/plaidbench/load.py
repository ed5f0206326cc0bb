"""Load, and what it costs the processes that carry it."""

import json
import os
import subprocess
import time
import urllib.error
import urllib.request

from . import systems

TICK = os.sysconf("SC_CLK_TCK")

_run = [int(time.time()) & 0x0fffffff]


def new_run():
    """A number that is in no token of another run."""

    _run[0] += 1
    return _run[0]


def children(pid):
    try:
        with open("/proc/%d/task/%d/children" % (pid, pid)) as f:
            return [int(p) for p in f.read().split()]
    except OSError:
        return []


def cpu_seconds(pids):
    """User and system time, all threads."""

    total = 0

    for pid in pids:
        with open("/proc/%d/stat" % pid) as f:
            fields = f.read().rsplit(")", 1)[1].split()
        total += int(fields[11]) + int(fields[12])

    return total / TICK


def resident(pids):
    """Bytes of memory of their own (RssAnon)."""

    total = 0

    for pid in pids:
        with open("/proc/%d/status" % pid) as f:
            for line in f:
                if line.startswith("RssAnon:"):
                    total += int(line.split()[1]) * 1024

    return total


def get(url):
    with urllib.request.urlopen(url, timeout=10) as reply:
        return reply.read().decode()


def counters(bench):
    """What app and twin have counted, in one."""

    twin = json.loads(get(bench.twin() + "/_count"))
    app = json.loads(get("http://127.0.0.1:%s/_count" % bench.values["APP"]))

    return {"calls": twin["calls"], "requests": app["requests"],
            "tokens": app["tokens"], "wrong": app["wrong"]}


def settled(bench):
    """The counters, once what a load left behind has come to its end."""

    last = counters(bench)

    for _ in range(100):
        time.sleep(0.05)
        now = counters(bench)
        if now == last:
            break
        last = now

    return last


def post(url, body, content_type, headers=None):
    """One request; returns status and text."""

    request = urllib.request.Request(
        url, body.encode(), dict({"Content-Type": content_type},
                                 **(headers or {})))
    try:
        with urllib.request.urlopen(request, timeout=20) as reply:
            return reply.status, reply.read().decode()
    except urllib.error.HTTPError as e:
        return e.code, e.read().decode(errors="replace")


def _others():
    os.sched_setaffinity(0, systems.cpus()[1])


def wrk(source, url, seconds, connections, tokens="fresh", kind="form",
        size=0, run=None, first=0):
    """Runs wrk with post.lua and returns what it counted."""

    args = ["wrk", "-t1", "-c%d" % connections,
            "-d%ds" % max(1, round(seconds)), "--timeout", "30s", "--latency",
            "-s", os.path.join(source, "post.lua"), url, "--",
            str(run or new_run()), str(tokens), kind, str(size), str(first)]

    out = subprocess.run(args, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, preexec_fn=_others)

    for line in out.stdout.decode().splitlines():
        if line.startswith("RESULT "):
            result = json.loads(line[7:])
            result["rate"] = result["requests"] / (result["us"] / 1e6)
            return result

    raise systems.Failed("wrk has failed: %s" % out.stdout.decode()[-500:])


def timed(bench, name, url, seconds, connections, **more):
    """wrk, with the CPU time of the server "name" and all counters."""

    pids = bench.processes[name].workers()
    before = settled(bench)
    cpu = cpu_seconds(pids)

    result = wrk(bench.source, url, seconds, connections, **more)

    cpu = cpu_seconds(pids) - cpu

    after = settled(bench)

    result["cpu"] = 1e6 * cpu / max(result["requests"], 1)
    result["busy"] = cpu / (result["us"] / 1e6)

    for key in after:
        result["n_" + key] = after[key] - before[key]

    return result


def h2load(url, body_file, seconds, connections, streams):
    args = ["h2load", "-c%d" % connections, "-m%d" % streams, "-t1",
            "--duration=%d" % seconds, "--warm-up-time=0", "-d", body_file,
            "-H", "content-type: application/x-www-form-urlencoded", url]

    out = subprocess.run(args, stdout=subprocess.PIPE,
                         stderr=subprocess.STDOUT, preexec_fn=_others)
    text = out.stdout.decode()
    result = {"rate": 0, "ok": 0, "bad": 0}

    for line in text.splitlines():
        if line.startswith("finished in "):
            result["rate"] = float(line.split(",")[1].split()[0])
        elif line.startswith("status codes:"):
            numbers = [int(w) for w in line.replace(",", " ").split()
                       if w.isdigit()]
            result["ok"] = numbers[0]
            result["bad"] = sum(numbers[1:])

    if not result["ok"]:
        raise systems.Failed("h2load has failed: %s" % text[-500:])

    return result
