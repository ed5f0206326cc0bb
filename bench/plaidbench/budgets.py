"""Instructions of the module's own parts, as bench/budget/check has them."""

import os
import subprocess

from .systems import Failed


def measure(top, modules):
    """Rows of name, instructions and budget; none without valgrind."""

    out = subprocess.run([os.path.join(top, "bench", "budget", "check"),
                          modules], stdout=subprocess.PIPE, check=False)
    rows = []

    for line in out.stdout.decode().splitlines():
        # ok 1 - NAME: EACH of BUDGET instructions
        if " - " not in line or " of " not in line:
            continue

        name, figures = line.split(" - ", 1)[1].rsplit(": ", 1)
        words = figures.split()
        rows.append({"name": name, "each": int(words[0]),
                     "budget": int(words[2])})

    if out.returncode:
        raise Failed("a budget is exceeded:\n%s" % out.stdout.decode())

    return rows
