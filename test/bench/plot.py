"""The figures as an SVG: one panel a row, one bar a program, with the range of its turns."""
import html

from table import shown

WIDTH, PANEL_WIDTH, PAD = 1140, 360, 20
BAR, GAP, TITLE = 18, 8, 40
COLOURS = ["#2f6f9f", "#c7772e", "#6a8f3c"]


def text(x, y, words, size=12, colour="#222", anchor="start", weight="normal"):
    return (f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" fill="{colour}" text-anchor="{anchor}" '
            f'font-weight="{weight}">{html.escape(words)}</text>')


def panel(row, names, left, top):
    """One row's bars, of `len(names)` lines."""
    better = "more is better" if row["higher_is_better"] else "less is better"
    parts = [text(left, top + 14, row["label"], 13, weight="bold"),
             text(left, top + 29, f"{row['unit']}, {better}", 11, "#666")]
    highest = max((max(one["values"]) for one in row["programs"].values()), default=0)
    room = PANEL_WIDTH - 150
    scale = room / highest if highest > 0 else 0
    for place, name in enumerate(names):
        one = row["programs"].get(name)
        y = top + TITLE + place * (BAR + GAP)
        parts.append(text(left + 62, y + 13, name, 11, "#444", "end"))
        if one is None:
            continue
        x, long = left + 68, max(0, one["median"]) * scale
        parts.append(f'<rect x="{x}" y="{y}" width="{max(long, 1):.1f}" height="{BAR}" fill="{COLOURS[place % 3]}"/>')
        low, high = (x + max(0, value) * scale for value in (min(one["values"]), max(one["values"])))
        if high > low + 1:
            middle = y + BAR / 2
            parts.append(f'<path d="M{low:.1f} {middle}H{high:.1f}M{low:.1f} {y + 4}v{BAR - 8}M{high:.1f} {y + 4}v{BAR - 8}" '
                         'stroke="#111" stroke-width="1.2" fill="none"/>')
        parts.append(text(max(high, x + long) + 6, y + 13, shown(one["median"]), 11))
    return parts


def svg(result, names):
    """The whole picture, in as many sections as the table has."""
    place = result["machine"]
    parts = [text(PAD, 30, "ffl-agent" + "".join(f" and {name}" for name in names[1:]), 18, weight="bold"),
             text(PAD, 50, f"{place['processor']}, {place['cores']} cores, {place['file_system']}, fsync {place['fsync_ms']} ms, "
                  f"{result['when']}; bars: medians of {result['rounds']} rounds, lines: their range; queue.sync = full", 11, "#666")]
    y, column, section = 66, 0, None
    height = TITLE + len(names) * (BAR + GAP) + 16
    for row in result["rows"]:
        if row["section"] != section:
            y += height if column else 0
            section, column = row["section"], 0
            parts.append(text(PAD, y + 18, section, 15, "#2f6f9f", weight="bold"))
            y += 34
        parts += panel(row, names, PAD + column * (PANEL_WIDTH + 10), y)
        column += 1
        if column == 3:
            y, column = y + height, 0
    y += height if column else 0
    return (f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {y + 10}" width="{WIDTH}" height="{y + 10}" '
            f'font-family="sans-serif"><rect width="100%" height="100%" fill="#fff"/>{"".join(parts)}</svg>\n')
