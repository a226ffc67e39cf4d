#!/usr/bin/env python3
"""Checks conf/alerts.yml, conf/grafana.json and conf/runbook.md against each other and promtool.

    check_monitoring.py          rules, their unit tests, and that each alert has both a unit test and a
                                 section of the runbook
    check_monitoring.py PAGE     also that every metric, label and value which they name is on PAGE, what
                                 an agent answers at /metrics; and promtool's opinion of that page

First it proves on small faulty expressions that it finds each kind of fault.
"""
import json
import pathlib
import re
import shutil
import subprocess
import sys

import yaml

HERE = pathlib.Path(__file__).resolve().parent
CONF = HERE.parents[1] / "conf"
RUNBOOK = "/usr/share/doc/ffl-agent/runbook.md#"

# What Prometheus itself adds.
ADDED_LABELS = {"instance", "job"}
ADDED_METRICS = {"up": set(), "ALERTS": {"alertname", "alertstate", "severity", "name", "webhook"}}
WORDS = set("""
    and or unless on ignoring group_left group_right by without offset bool
    sum min max count avg topk time rate increase changes histogram_quantile label_replace clamp_min
    absent label_values query_result
    """.split())


def rules(text):
    return [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]


def alert_names():
    return {rule["alert"] for rule in rules((CONF / "alerts.yml").read_text())}


def read_page(text):
    """The samples' labels of each metric: {name: [{label: value}]}."""
    page = {}
    for line in text.splitlines():
        found = re.match(r"([a-zA-Z_:][\w:]*)(?:\{(.*)\})? \S+$", line)
        if found and not line.startswith("#"):
            labels = re.findall(r'(\w+)="((?:[^"\\]|\\.)*)"', found[2] or "")
            page.setdefault(found[1], []).append(dict(labels))
    return page


def faults_of_selector(metric, matchers, page):
    if metric in ADDED_METRICS:
        known = ADDED_METRICS[metric]
        samples = None
    elif metric in page:
        samples = page[metric]
        known = set().union(*samples)
    else:
        return [f"no metric {metric}"]
    faults = []
    for label, operator, value in matchers:
        if label in ADDED_LABELS:
            continue
        if label not in known:
            faults.append(f"{metric} has no label {label}")
        elif samples is not None and "$" not in value:
            there = {sample.get(label) for sample in samples}
            wanted = value.split("|") if operator in ("=~", "!~") else [value]
            faults += [f"{metric} has no {label}={one}" for one in wanted if one not in there]
    return faults


def faults_of(expression, page, legend=""):
    """What the expression names and the page does not have."""
    faults, labels, metrics = [], set(ADDED_LABELS), 0
    text = re.sub(r'label_replace\(((?:[^"]|"[^"]*")*?),\s*"(\w+)", "[^"]*", "[^"]*", "[^"]*"\)',
                  r"label_replace(\1)", expression)
    labels |= set(re.findall(r',\s*"(\w+)", "[^"]*", "", ""\)', expression))
    listed = re.findall(r"\b(?:on|by|without|group_left|ignoring)\s*\(([^)]*)\)", text)
    text = re.sub(r"\b(?:on|by|without|group_left|ignoring)\s*\([^)]*\)", " ", text)
    text = re.sub(r"label_values\((.*), \w+\)", r"\1", text)
    text = re.sub(r"\[[^\]]*\]|\boffset \w+", " ", text)
    for metric, matchers in re.findall(r"(?<![\w$.])([a-zA-Z_:][\w:]*)\b(?!\s*\()\s*(?:\{([^}]*)\})?", text):
        if metric in WORDS:
            continue
        metrics += 1
        found = re.findall(r'(\w+)(=~|!~|!=|=)"([^"]*)"', matchers)
        faults += faults_of_selector(metric, found, page)
        for sample in page.get(metric, []):
            labels |= set(sample)
        labels |= ADDED_METRICS.get(metric, set())
    if not metrics:
        faults.append("no metric in it")
    named = [one.strip() for names in listed for one in names.split(",")]
    named += re.findall(r"\{\{\s*(\w+)\s*\}\}", legend)
    faults += [f"no label {label}" for label in named if label and label not in labels]
    return faults


def prove():
    page = read_page('a{x="1",le="2"} 3\nb 1e+06\n# HELP c no\n')
    good = ('sum by (x) (rate(a{x="1"}[5m])) * on (instance) b', 'a{x=~"$v"} > 0', 'a{instance="i"}',
            'label_replace(b == 1, "y", "z", "", "")')
    bad = ("c", 'a{y="1"}', 'a{x="2"}', 'a{x=~"1|2"}', "sum by (y) (a)", "1 + 1",
           'a / rate(c{x="1"}[5m])')
    wrong = [one for one in good if faults_of(one, page)]
    wrong += [one for one in bad if not faults_of(one, page)]
    wrong += ["legend"] if not faults_of("a", page, "{{y}}") or faults_of("a", page, "{{x}}") else []
    if wrong:
        sys.exit(f"check_monitoring.py: judges wrongly: {wrong}")


def expressions():
    """(where, expression, labels that texts name) of the alerts and of the dashboard."""
    for rule in rules((CONF / "alerts.yml").read_text()):
        texts = " ".join(rule["annotations"].values())
        named = "".join("{{%s}}" % label for label in re.findall(r"\$labels\.(\w+)", texts))
        yield rule["alert"], rule["expr"], named
    dashboard = json.loads((CONF / "grafana.json").read_text())
    for one in dashboard["annotations"]["list"]:
        yield "annotation " + one["name"], one["expr"], one["textFormat"] + one["titleFormat"]
    for one in dashboard["templating"]["list"]:
        if one["type"] == "query":
            yield "variable " + one["name"], one["query"]["query"], ""
    for panel in dashboard["panels"]:
        for target in panel.get("targets", []):
            yield "panel " + panel["title"], target["expr"], target.get("legendFormat", "")


def dashboard_faults():
    dashboard = json.loads((CONF / "grafana.json").read_text())
    variables = {one["name"] for one in dashboard["templating"]["list"]} | {"__rate_interval", "__all"}
    used = set(re.findall(r"\$\{?(\w+)", json.dumps(dashboard)))
    faults = [f"grafana.json: no variable {name}" for name in sorted(used - variables)]
    ids = [panel["id"] for panel in dashboard["panels"]]
    if len(ids) != len(set(ids)):
        faults.append("grafana.json: two panels with one id")
    taken = {}
    for panel in dashboard["panels"]:
        if panel["type"] != "row" and not panel.get("description"):
            faults.append(f"grafana.json: {panel['title']} has no description")
        place = panel["gridPos"]
        for spot in ((x, y) for x in range(place["x"], place["x"] + place["w"])
                     for y in range(place["y"], place["y"] + place["h"])):
            if taken.setdefault(spot, panel["title"]) != panel["title"] or spot[0] >= 24:
                faults.append(f"grafana.json: {panel['title']} overlaps {taken[spot]}")
                break
    named = set(re.findall(r"\bFfl[A-Z]\w+", json.dumps(dashboard)))
    return faults + [f"grafana.json: no alert {name}" for name in sorted(named - alert_names())]


def anchors(markdown):
    """As web pages of repositories make them from headings."""
    headings = re.findall(r"^#+ (.*)$", re.sub(r"(?ms)^```.*?^```", "", markdown), re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def alert_faults():
    faults = []
    known = anchors((CONF / "runbook.md").read_text())
    fires, silent = set(), set()
    for path in HERE.glob("*_test.yml"):
        for test in yaml.safe_load(path.read_text())["tests"]:
            for one in test["alert_rule_test"]:
                (fires if one["exp_alerts"] else silent).add(one["alertname"])
    for rule in rules((CONF / "alerts.yml").read_text()):
        name, notes = rule["alert"], rule["annotations"]
        if rule["labels"]["severity"] not in ("page", "ticket"):
            faults.append(f"{name}: severity is neither page nor ticket")
        faults += [f"{name}: no {note}" for note in ("summary", "description", "runbook") if not notes.get(note)]
        runbook = notes.get("runbook", "")
        if not runbook.startswith(RUNBOOK) or runbook.removeprefix(RUNBOOK) not in known:
            faults.append(f"{name}: the runbook has no section {runbook}")
        faults += [f"{name}: no unit test in which it {what}" for what, where in
                   (("fires", fires), ("keeps silent", silent)) if name not in where]
    return faults


def as_rules(where_and_expression):
    """The dashboard's expressions as promtool can read them."""
    made = []
    for number, (where, expression, _) in enumerate(where_and_expression):
        expression = re.sub(r"^(?:label_values|query_result)\((.*?)(?:, \w+)?\)$", r"\1", expression)
        expression = expression.replace("$__rate_interval", "5m")
        made.append({"record": f"dashboard:{number}", "expr": expression, "labels": {"where": where}})
    return yaml.safe_dump({"groups": [{"name": "dashboard", "rules": made}]})


def promtool_faults(page_text):
    """The page as promtool sees it, the rules and their unit tests, and the dashboard's PromQL."""
    faults = []
    calls = [(["check", "rules", str(CONF / "alerts.yml")], None),
             (["check", "rules", "/dev/stdin"], as_rules(expressions())),
             (["test", "rules", *map(str, sorted(HERE.glob("*_test.yml")))], None)]
    if page_text is not None:
        calls.append((["check", "metrics"], page_text))
    for arguments, text in calls:
        done = subprocess.run(["promtool", *arguments], input=text, capture_output=True, text=True)
        # What promtool check metrics says of names goes to standard error, with exit status 3.
        if done.returncode or (arguments[1] == "metrics" and done.stderr.strip()):
            faults.append(f"promtool {' '.join(arguments[:2])}:\n{done.stdout}{done.stderr}")
    return faults


def main(arguments):
    prove()
    text = pathlib.Path(arguments[0]).read_text() if arguments else None
    faults = alert_faults() + dashboard_faults()
    if text is not None:
        page = read_page(text)
        faults += [f"{where}: {fault}" for where, expression, legend in expressions()
                   for fault in faults_of(expression, page, legend)]
    if shutil.which("promtool"):
        faults += promtool_faults(text)
    else:
        print("check_monitoring.py: no promtool here, rules and their unit tests are not checked")
    for fault in faults:
        print(f"check_monitoring.py: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
