"""The figures of all programs as a table: medians, their spread, and the ratio to the first program."""
import statistics
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    key: str
    section: str
    label: str
    unit: str
    higher_is_better: bool = False


def thousands(number):
    return f"{number:,}".replace(",", " ")


def rows(size):
    """Every row that a run of this size can have, in the order of the table."""
    most, waiting = thousands(size.most), thousands(size.waiting)
    full, steady, disk, rest = "16 producers at full load", "200 events/s", "disk, per event", "memory and time"
    table = [
        Row("full.delivered", full, "delivered", "/s", True),
        Row("full.accepted", full, "accepted", "/s", True),
        Row("full.cpu", full, "CPU", "us/event"),
        Row("full.p50", full, "latency p50", "ms"),
        Row("full.p99", full, "latency p99", "ms"),
        Row("slow.5", full, "accepted, each fsync +5 ms", "/s", True),
        Row("slow.20", full, "accepted, each fsync +20 ms", "/s", True),
        Row("many.delivered", full, "delivered, 64 producers", "/s", True),
        Row("batches.delivered", full, "delivered, NDJSON of 100", "/s", True),
        Row("steady.p50", steady, "latency p50", "ms"),
        Row("steady.p99", steady, "latency p99", "ms"),
        Row("steady.cpu", steady, "CPU", "us/event"),
        Row("hanging.p50", steady, "latency p50, 64 targets hang", "ms"),
        Row("hanging.p99", steady, "latency p99, 64 targets hang", "ms"),
        Row("hanging.p99_times", steady, "p99 with 64 that hang to none", "times"),
        Row("most.p50", steady, f"latency p50, {most} waiting", "ms"),
        Row("most.p99", steady, f"latency p99, {most} waiting", "ms"),
        Row("most.p50_times", steady, f"p50 with {most} to none waiting", "times"),
        Row("most.cpu", steady, f"CPU, {most} waiting", "us/event"),
    ]
    for what, unit in (("fsyncs", "fsyncs"), ("bytes", "B")):
        for window in (0, 20):
            for rate in (*size.rates, 200, "full"):
                at = "full load" if rate == "full" else f"{rate}/s"
                table.append(Row(f"{what}.{rate}.{window}", disk, f"{at}, commit window {window} ms", unit))
    return table + [
        Row("rss.idle", rest, "memory idle", "KiB"),
        Row("rss.full", rest, "memory at full load, peak", "KiB"),
        Row("rss.growth", rest, "growth in 2nd half of full load", "KiB"),
        Row("rss.waiting", rest, f"memory, {waiting} waiting", "KiB"),
        Row("rss.most", rest, f"memory, {most} waiting", "KiB"),
        Row("most.settle", rest, f"until at rest with {most} waiting", "s"),
        Row("drain", rest, f"drain of {waiting}", "/s", True),
        Row("idle.wakeups", rest, "wake-ups idle", "/s"),
        Row("start.empty", rest, "start, empty queue", "ms"),
        Row("start.most", rest, f"start, {most} waiting", "ms"),
    ]


def shown(value):
    if abs(value) >= 1000:
        return thousands(round(value))
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"


def spread(values):
    """The range of the values, in parts of a hundred of their median; nothing for one value."""
    middle = statistics.median(values)
    if len(values) < 2 or middle == 0:
        return ""
    low, high = (min(values) / middle - 1) * 100, (max(values) / middle - 1) * 100
    return f"{low:+.0f}..{high:+.0f}%"


def ratio(first, other):
    """How many times of the first program's figure: the median over the turns, which share their noise."""
    if len(first) != len(other) or min(first) <= 0 or min(other) <= 0:
        return None
    return statistics.median(b / a for a, b in zip(first, other))


def lines(table, figures, programs):
    """The printed table. `figures`: {program: {row key: [value of each turn]}}."""
    first = programs[0]
    heading = ["", "unit"]
    for program in programs:
        heading += [program, "spread"] + (["ratio"] if program != first else [])
    out = [heading]
    section = None
    for row in table:
        if not any(row.key in figures[program] for program in programs):
            continue
        if row.section != section:
            section = row.section
            out.append([f"-- {section}" + ("; + more is better, others less" if len(out) == 1 else "")])
        cells = [("+ " if row.higher_is_better else "  ") + row.label, row.unit]
        for program in programs:
            values = figures[program].get(row.key, [])
            cells += [shown(statistics.median(values)), spread(values)] if values else ["", ""]
            if program != first:
                times = ratio(figures[first][row.key], values) if values and figures[first].get(row.key) else None
                cells.append("" if times is None else f"x{times:.2f}")
        out.append(cells)
    widths = [max(len(cells[i]) for cells in out if len(cells) > i and len(cells) > 1) for i in range(len(heading))]

    def line(cells):
        if len(cells) == 1:
            return cells[0]
        text = [cell.ljust(widths[i]) if i < 2 else cell.rjust(widths[i]) for i, cell in enumerate(cells)]
        return "  ".join(text).rstrip()

    return [line(cells) for cells in out]
