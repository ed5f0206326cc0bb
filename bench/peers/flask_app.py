"""Flask and requests, in front of the app; run by gunicorn."""

import os

import requests
from flask import Flask, Response, request

app = Flask(__name__)

plaid = requests.Session()
plaid.headers.update({"PLAID-CLIENT-ID": "bench_id", "PLAID-SECRET": "bench",
                      "Plaid-Version": "2020-09-14"})
plaid.verify = os.environ["BENCH_CA"]
plaid.trust_env = False

backend = requests.Session()
backend.trust_env = False

for session in plaid, backend:
    adapter = requests.adapters.HTTPAdapter(pool_maxsize=64)
    session.mount("http://", adapter)
    session.mount("https://", adapter)

PLAID = os.environ["BENCH_PLAID"] + "/item/public_token/exchange"
APP = os.environ["BENCH_APP"]


@app.post("/")
def exchange():
    body = request.get_data()
    headers = {"Content-Type": request.content_type}
    token = request.form.get("public_token")

    if token:
        reply = plaid.post(PLAID, json={"public_token": token}, timeout=15)

        if reply.status_code != 200:
            return Response(status=400 if reply.status_code == 400 else 502)

        headers["X-Plaid-Access-Token"] = reply.json()["access_token"]

    answer = backend.post(APP, data=body, headers=headers, timeout=60)

    return Response(answer.content, answer.status_code)
