# An app that keeps what it was given: POST anything, and the token is in the
# header.  No Plaid library, no secret.  Under uWSGI and gunicorn alike.

import os

from flask import Flask, jsonify, request

app = Flask(__name__)


@app.route("/<path:path>", methods=["GET", "POST"])
def link(path):
    token = request.headers.get("X-Plaid-Access-Token")
    body = request.get_json() if request.is_json else request.form.to_dict()

    if not token:
        return jsonify(error="not linked", body=body), 400

    with open(os.environ["TOKENS"], "a") as tokens:
        tokens.write(token + "\n")

    return jsonify(item_id=request.headers["X-Plaid-Item-Id"],
                   status=request.headers["X-Plaid-Status"], body=body)
