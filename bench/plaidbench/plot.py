"""The plot: bars of throughput, with their spread, as SVG."""

from xml.sax.saxutils import escape

WIDTH = 860
LEFT = 270
RIGHT = 110
ROW = 22
TOP = 44

COLORS = (("plain", "#8a8f98"), ("idle", "#8a8f98"), ("none", "#8a8f98"),
          ("floor", "#8a8f98"), ("curl", "#1f6feb"),
          ("subrequest", "#1f6feb"), ("replay", "#1f6feb"),
          ("refuse", "#1f6feb"), ("", "#d97706"))


def color(key):
    return next(c for start, c in COLORS if key.startswith(start))


def bars(rows):
    """An SVG document of requests a second by path."""

    rows = sorted(rows, key=lambda r: -r["rate"]["median"])
    height = TOP + ROW * len(rows) + 16
    most = max(r["rate"]["high"] for r in rows)
    scale = (WIDTH - LEFT - RIGHT) / most

    out = ['<svg xmlns="http://www.w3.org/2000/svg" width="%d" height="%d" '
           'viewBox="0 0 %d %d" font-family="sans-serif" font-size="13">'
           % (WIDTH, height, WIDTH, height),
           '<rect width="100%" height="100%" fill="#ffffff"/>',
           '<text x="12" y="24" font-size="15" fill="#1f2328">Requests a '
           'second through to the app, one worker (median, spread)</text>']

    for n, row in enumerate(rows):
        y = TOP + n * ROW
        rate = row["rate"]
        out.append('<text x="%d" y="%d" text-anchor="end" fill="#1f2328">'
                   '%s</text>' % (LEFT - 8, y + 15,
                                  escape(row["label"].replace("`", ""))))
        out.append('<rect x="%d" y="%d" width="%.1f" height="%d" '
                   'fill="%s"/>' % (LEFT, y + 3, rate["median"] * scale,
                                    ROW - 6, color(row["key"])))
        out.append('<path d="M%.1f %d H%.1f" stroke="#1f2328"/>'
                   % (LEFT + rate["low"] * scale, y + ROW // 2,
                      LEFT + rate["high"] * scale))
        out.append('<text x="%.1f" y="%d" fill="#57606a">%s</text>'
                   % (LEFT + rate["high"] * scale + 6, y + 15,
                      format(round(rate["median"]), ",")))

    out.append("</svg>")

    return "\n".join(out) + "\n"
