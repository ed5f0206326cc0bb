# Says which public_token it reads: Flask, that is Werkzeug.

from flask import Flask, jsonify, request

app = Flask(__name__)


@app.route("/<path:path>", methods=["POST"])
def read(path):
    said = {"access": request.headers.get("X-Plaid-Access-Token")}

    if request.is_json:
        body = request.get_json(silent=True)

        if isinstance(body, dict):
            said["token"] = body.get("public_token")
        else:
            said["refused"] = "no object"
    else:
        values = request.form.getlist("public_token")
        said["token"] = values if len(values) > 1 else (values or [None])[0]

    answer = jsonify(said)
    answer.headers["X-Reader"] = "yes"

    return answer
