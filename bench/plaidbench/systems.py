"""What is measured, what is around it, and how it is started."""

import os
import resource
import shutil
import signal
import socket
import subprocess
import time

from . import load

SCHEMES = ("http", "https")

# How long, in milliseconds, the twin holds exchanges that are to be under way
# all at once: 10,000 TLS handshakes take several seconds of the CPUs here.
HOLD = 15000

# The delays for which the twin has a server.
DELAYS = (0, 20, 200, HOLD)

# nginx looks at the token in memory: the buffer holds any body that is sent.
BODY_BUFFER = "2m"

START_SECONDS = 15


class Failed(Exception):
    """The benchmark cannot go on; the text says why."""


def cpus():
    """The CPUs of what is measured, and those of all else."""

    every = sorted(os.sched_getaffinity(0))

    if len(every) == 1:
        return every, every

    return every[:1], every[1:]


class Process:
    """One that is started here, and stopped by its id."""

    def __init__(self, name, args, directory, env=None, measured=False):
        self.name = name
        mine, others = cpus()
        chosen = mine if measured else others

        with open(os.path.join(directory, "output.log"), "wb") as output:
            self.child = subprocess.Popen(
                args, cwd=directory, stdin=subprocess.DEVNULL, stdout=output,
                stderr=subprocess.STDOUT, env=dict(os.environ, **(env or {})),
                preexec_fn=lambda: os.sched_setaffinity(0, chosen))

    def workers(self):
        """The processes that do the work."""

        pids = load.children(self.child.pid)
        return pids or [self.child.pid]

    def stop(self):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
            try:
                self.child.wait(10)
            except subprocess.TimeoutExpired:
                self.child.kill()
                self.child.wait()


class Bench:
    """The servers of a run, their ports and their configurations."""

    def __init__(self, directory, modules, source, base):
        self.directory = directory
        self.modules = modules
        self.source = source
        self.next_port = base
        self.ports = {}
        self.processes = {}
        self.files = resource.getrlimit(resource.RLIMIT_NOFILE)[1]

        # What is at work while 10,000 exchanges are under way has two
        # descriptors for each.
        resource.setrlimit(resource.RLIMIT_NOFILE, (self.files, self.files))

        shutil.rmtree(directory, ignore_errors=True)
        os.makedirs(directory)

        self.values = {
            "CONF": directory,
            "CERT": os.path.join(directory, "tls"),
            "PEERS": os.path.join(source, "peers"),
            "FILES": str(self.files),
            # Of fewer, nginx would close idle ones before all are used.
            "CONNECTIONS": str(self.files * 2),
            "BODY_BUFFER": BODY_BUFFER,
            "LOG": "warn",
            "USER": "user root;" if os.getuid() == 0 else "",
            "ZONE": "8m",
            "APP": str(self.port("app")),
        }

        for scheme in SCHEMES:
            for delay in DELAYS:
                name = "TWIN_%s_%d" % (scheme, delay)
                self.values[name] = str(self.port(name))

        self.certificates()

    def port(self, name):
        if name not in self.ports:
            self.ports[name] = self.next_port
            self.next_port += 1

        return self.ports[name]

    def twin(self, scheme="http", delay=0):
        return "%s://127.0.0.1:%d" % (
            scheme, self.ports["TWIN_%s_%d" % (scheme, delay)])

    def certificates(self):
        """An authority of the benchmark's own, and the twin's certificate."""

        tls = self.values["CERT"]
        os.makedirs(tls)

        def openssl(*args):
            subprocess.run(("openssl",) + args, cwd=tls, check=True,
                           stdout=subprocess.DEVNULL,
                           stderr=subprocess.DEVNULL)

        with open(os.path.join(tls, "san"), "w") as san:
            san.write("subjectAltName=DNS:localhost,IP:127.0.0.1\n")

        ec = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1",
              "-nodes")
        openssl("req", "-x509", *ec, "-days", "30", "-subj", "/CN=bench ca",
                "-keyout", "ca.key", "-out", "ca.pem")
        openssl("req", *ec, "-subj", "/CN=localhost",
                "-keyout", "server.key", "-out", "server.csr")
        openssl("x509", "-req", "-days", "30", "-in", "server.csr",
                "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                "-extfile", "san", "-out", "server.pem")

    def fill(self, text, **more):
        for name, value in dict(self.values, **more).items():
            text = text.replace("@%s@" % name, str(value))

        return text

    def read(self, name):
        with open(os.path.join(self.source, "conf", name)) as conf:
            return conf.read()

    def nginx(self, name, conf, modules=(), measured=True, **more):
        """Starts conf/CONF.conf as NAME, on a port of its own."""

        prefix = os.path.join(self.directory, name)
        os.makedirs(os.path.join(prefix, "tmp"))

        more.setdefault("PORT", self.port(name))
        more.setdefault("PORT_H2", self.port(name + ".h2"))
        more["LOAD"] = "\n".join("load_module %s;" % m for m in modules)

        # A configuration that is started under another name is that name's.
        more["CONF"] = self.directory

        for part in (conf + ".conf", "common.conf", "http.conf",
                     "to_app.conf", "tls.conf"):
            text = self.read(part).replace("@CONF@/%s/" % conf,
                                           "@CONF@/%s/" % name)
            target = "nginx.conf" if part == conf + ".conf" else part

            with open(os.path.join(prefix, target), "w") as out:
                out.write(self.fill(text, **more))

        self.start(name, [nginx_binary(), "-p", prefix, "-e", "error.log",
                          "-c", os.path.join(prefix, "nginx.conf")],
                   prefix, int(more["PORT"]), measured=measured)

    def start(self, name, args, prefix, port, env=None, measured=True):
        if accepts(port):
            raise Failed("port %d of 127.0.0.1 is taken: BENCH_PORT names "
                         "the first of some fifty" % port)

        process = Process(name, args, prefix, env, measured)
        self.processes[name] = process

        end = time.monotonic() + START_SECONDS

        while time.monotonic() < end:
            if process.child.poll() is not None:
                break

            if accepts(port):
                time.sleep(0.2)
                if process.child.poll() is None:
                    return

            time.sleep(0.1)

        raise Failed("%s did not start:\n%s" % (name, self.said(prefix)))

    @staticmethod
    def said(prefix):
        text = ""

        for name in ("output.log", "error.log"):
            path = os.path.join(prefix, name)
            if os.path.exists(path):
                with open(path, errors="replace") as log:
                    text += log.read()[-1500:]

        return text

    def stop(self, name):
        self.processes.pop(name).stop()
        shutil.rmtree(os.path.join(self.directory, name),
                      ignore_errors=True)

    def stop_all(self):
        for process in list(self.processes.values()):
            process.stop()

        self.processes.clear()

    def module(self, name):
        return os.path.join(self.modules, "ngx_http_%s_module.so" % name)

    # What each server is.

    def start_around(self):
        """The twin and the app: not measured, on other CPUs."""

        servers = ""

        for scheme in SCHEMES:
            for delay in DELAYS:
                servers += TWIN_SERVER % {
                    "port": self.ports["TWIN_%s_%d" % (scheme, delay)],
                    "ssl": "ssl " if scheme == "https" else "",
                    "delay": " %dms" % delay if delay else "",
                }

        bench = [self.module("bench")]
        first = self.ports["TWIN_http_0"]

        self.nginx("twin", "twin", bench, measured=False, SERVERS=servers,
                   PORT=first)
        self.nginx("app", "app", bench, measured=False,
                   PORT=self.ports["app"])

    def upstreams(self):
        return "".join(UPSTREAM % {
            "scheme": scheme, "delay": delay,
            "port": self.ports["TWIN_%s_%d" % (scheme, delay)],
        } for scheme in SCHEMES for delay in DELAYS)

    def start_plaid(self, name="plaid", **more):
        """The module: /TRANSPORT_SCHEME_DELAY, and the same with "once"."""

        clients = self.upstreams()
        locations = ""

        for transport in ("curl", "subrequest"):
            for scheme in SCHEMES:
                for delay in DELAYS:
                    known = {
                        "name": "%s_%s_%d" % (transport, scheme, delay),
                        "transport": transport, "scheme": scheme,
                        "delay": delay, "url": self.twin(scheme, delay),
                        "path": "/item/public_token/exchange",
                        "ca": os.path.join(self.values["CERT"], "ca.pem"),
                        "tls": os.path.join(self.directory, name,
                                            "tls.conf"),
                    }
                    known["call"] = (
                        "curl" if transport == "curl"
                        else "subrequest /_%s" % known["name"])
                    known["trust"] = (TRUST % known if transport == "curl"
                                      and scheme == "https" else "")
                    clients += CLIENT % known
                    locations += LOCATION % known

                    if transport == "subrequest":
                        locations += CALL % known

        self.nginx(name, "plaid", [self.module("plaid")], CLIENTS=clients,
                   LOCATIONS=locations, **more)

    def start_plain(self):
        self.nginx("plain", "plain")

    def start_idle(self):
        self.nginx("idle", "idle", [self.module("plaid")])

    def start_floor(self):
        self.nginx("floor", "floor", [self.module("bench")],
                   UPSTREAMS=self.upstreams())

    def start_lua(self):
        ports = {}
        servers = ""

        for scheme in SCHEMES:
            for kind in ("", "SERVICE_"):
                ports["PORT_%s%s" % (kind, scheme)] = self.port(
                    "lua_%s%s" % (kind.lower(), scheme))

        for scheme in SCHEMES:
            servers += (self.read("lua_server.conf")
                        .replace("@SCHEME@", scheme))

        servers = self.fill(servers, **ports)

        self.nginx("lua", "lua",
                   [debian_module("ndk_http"), debian_module("ngx_http_lua")],
                   UPSTREAMS=self.upstreams(), SERVERS=servers,
                   PORT=ports["PORT_http"], **ports)

    def start_njs(self):
        self.nginx("njs", "njs", [debian_module("ngx_http_js")])

    def start_express(self, scheme, node_dir):
        name = "express_" + scheme
        port = self.port(name)
        prefix = os.path.join(self.directory, name)
        os.makedirs(prefix)

        self.start(name, ["node", os.path.join(self.values["PEERS"],
                                               "express.js"),
                          str(port), self.values["APP"], self.twin(scheme)],
                   prefix, port,
                   {"BENCH_NODE_DIR": node_dir, "NODE_ENV": "production",
                    "NODE_EXTRA_CA_CERTS": os.path.join(self.values["CERT"],
                                                        "ca.pem")})

    def start_flask(self, scheme):
        name = "flask_" + scheme
        port = self.port(name)
        prefix = os.path.join(self.directory, name)
        os.makedirs(prefix)

        self.start(name, ["/usr/bin/gunicorn", "--workers", "1",
                          "--worker-class", "gthread", "--threads", "16",
                          "--keep-alive", "60",
                          "--bind", "127.0.0.1:%d" % port,
                          "flask_app:app"],
                   prefix, port,
                   {"PYTHONPATH": self.values["PEERS"],
                    "PYTHONDONTWRITEBYTECODE": "1",
                    "BENCH_CA": os.path.join(self.values["CERT"], "ca.pem"),
                    "BENCH_PLAID": self.twin(scheme),
                    "BENCH_APP": "http://127.0.0.1:%s/" % self.values["APP"]})


def accepts(port):
    with socket.socket() as s:
        return s.connect_ex(("127.0.0.1", port)) == 0


def nginx_binary():
    return shutil.which("nginx") or "/usr/sbin/nginx"


def debian_module(name):
    return "/usr/lib/nginx/modules/%s_module.so" % name


TWIN_SERVER = """
    server {
        listen  127.0.0.1:%(port)d  %(ssl)sbacklog=16384;

        location / {
            bench_twin%(delay)s;
        }

        location = /_count {
            bench_counters;
        }
    }
"""

UPSTREAM = """
    upstream twin_%(scheme)s_%(delay)d {
        server     127.0.0.1:%(port)d;
        keepalive  1024;
    }
"""

CLIENT = """
    plaid_client %(name)s {
        environment   %(url)s;
        client_id     bench_id;
        secret        bench;
        transport     %(call)s;
        max_inflight  16384;
        timeout       60s;
        connect_timeout  30s;
        keepalive     1024;
        %(trust)s
    }
"""

TRUST = "ssl_name localhost; ssl_trusted_certificate %(ca)s;"

LOCATION = """
        location = /%(name)s {
            plaid_exchange  %(name)s;
            proxy_pass      http://app/;
        }

        location = /%(name)s_once {
            plaid_exchange  %(name)s;
            plaid_replay    off;
            proxy_pass      http://app/;
        }
"""

CALL = """
        location = /_%(name)s {
            internal;
            include     %(tls)s;
            proxy_connect_timeout  30s;
            proxy_pass  %(scheme)s://twin_%(scheme)s_%(delay)d%(path)s;
        }
"""
