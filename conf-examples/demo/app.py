#!/usr/bin/env python3
"""The demo's app: it was there before, and knows nothing of the exchange.

It takes the access token from a header, reads the accounts with it, and shows
them with their sum.  Arguments: its unix socket, and the URL of Plaid.
"""

import html
import json
import os
import socketserver
import sys
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler

SOCKET, PLAID = sys.argv[1:3]
KEYS = {"client_id": "test_id", "secret": "test_secret"}


def ask_plaid(path, token):
    body = json.dumps(dict(KEYS, access_token=token)).encode()
    request = urllib.request.Request(
        PLAID + path, body, {"Content-Type": "application/json"})
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))

    with opener.open(request, timeout=5) as reply:
        return json.load(reply)


def accounts(token):
    """(name, number's end, balance) of each account, by either API."""

    if token.startswith("access-"):
        return [(a["name"], a["mask"], a["balances"]["current"])
                for a in ask_plaid("/accounts/get", token)["accounts"]]

    return [(a["meta"]["name"], a["meta"]["number"], a["balance"]["current"])
            for a in ask_plaid("/auth/get", token)["accounts"]]


PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Your accounts</title><link rel="stylesheet" href="/demo.css"></head>
<body><main><h1>Your accounts</h1><table>{rows}
<tr><th scope="row" colspan="2">Sum</th><td><b>{sum:.2f}</b></td></tr></table>
<p>The app got them with the access token that nginx put into the header
<code>X-Plaid-Access-Token</code> (item <code>{item}</code>, status
<code>{status}</code>). It never saw the public token's exchange.</p>
<p><a href="/">Again</a></p></main></body></html>
"""

ROW = "<tr><td>{}</td><td>{}</td><td>{:.2f}</td></tr>"


class App(BaseHTTPRequestHandler):

    protocol_version = "HTTP/1.1"

    def address_string(self):
        return "nginx"

    def answer(self, status, kind, text):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind + "; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        token = self.headers.get("X-Plaid-Access-Token")

        if not token:
            self.answer(400, "text/plain", "no bank was linked\n")
            return

        try:
            rows = accounts(token)
        except (urllib.error.URLError, KeyError, ValueError) as error:
            self.answer(502, "text/plain", "no accounts: %s\n" % error)
            return

        total = sum(row[2] or 0 for row in rows)
        status = self.headers.get("X-Plaid-Status")
        item = self.headers.get("X-Plaid-Item-Id") or "-"

        if "text/html" in self.headers.get("Accept", ""):
            self.answer(200, "text/html", PAGE.format(
                rows="".join(ROW.format(html.escape(name), html.escape(mask),
                                        balance)
                             for name, mask, balance in rows),
                sum=total, item=html.escape(item), status=html.escape(status)))
            return

        self.answer(200, "application/json", json.dumps(
            {"status": status, "item_id": item, "sum": round(total, 2),
             "accounts": [{"name": name, "mask": mask, "current": balance}
                          for name, mask, balance in rows]}, indent=2) + "\n")


class Server(socketserver.ThreadingMixIn, socketserver.UnixStreamServer):
    daemon_threads = True


if os.path.exists(SOCKET):
    os.unlink(SOCKET)

with Server(SOCKET, App) as server:
    os.chmod(SOCKET, 0o666)
    server.serve_forever()
