#!/usr/bin/env python3
"""Writes the manual page of the configuration to standard output, for conf/agent.ini.5:

    scripts/config_manual.py build/debug/test/ffl-config-keys >conf/agent.ini.5

Each fact has one source: keys, defaults and accepted forms are the program's (ffl-config-keys prints its table), what a key is for
stands in the comments of conf/agent.ini, and here is only what joins them. test/check_config_manual.sh refuses a page that differs.
"""
import json
import pathlib
import re
import subprocess
import sys

INI = pathlib.Path(__file__).resolve().parent.parent / "conf/agent.ini"
WEBHOOK = "webhook GLOB"  # as the program's table names the sections of webhooks

SECTIONS = {
    "server": "The FindFace Lite server.",
    "webhooks": "Which webhooks this device serves.",
    "ingest": "How events arrive: the HTTP API.",
    "delivery": "How events are posted to the targets of webhooks.",
    "queue": "The queue on disk.",
    "log": "The log.",
}
HEAD = r""".\" Made by scripts/config_manual.py: edit the comments of conf/agent.ini instead.
.TH FFL\-AGENT.INI 5 "" "ffl\-agent" "File Formats"
.SH NAME
ffl\-agent.ini, agent.ini \- configuration of the edge agent for FindFace Lite webhooks
.SH SYNOPSIS
.I /etc/ffl\-agent/agent.ini
.SH DESCRIPTION
.BR ffl\-agent (8)
reads this file when it starts and on SIGHUP
.RB ( "systemctl reload ffl\-agent" ).
An unknown section or key, a key that stands twice and a value that is not accepted are errors: the agent does not start, and on SIGHUP
keeps what it has."""
TAIL = r""".SH EXAMPLES
A device with a server:
.PP
.RS
.nf
[server]
url = https://findface.example
username = door\-7
password_file = password
.fi
.RE
.PP
A device without one:
.PP
.RS
.nf
[webhooks]
file = webhooks.json
.fi
.RE
.SH FILES
.TP
.I /etc/ffl\-agent/agent.ini
The configuration of the service;
.B \-\-config
and
.B $FFL_AGENT_CONFIG
name another.
.TP
.I /usr/share/ffl\-agent/agent.ini
One with every key and its default.
.SH SEE ALSO
.BR ffl\-agent (8),
.BR systemd.exec (5)
"""


def fail(message):
    sys.exit(f"config_manual.py: {message}")


def literal(text):
    """As it is typed: not hyphenated, and without quotes and dashes that the formatter makes prettier."""
    return r"\%" + text.replace("\\", r"\e").replace("-", r"\-").replace("'", r"\(aq").replace("`", r"\(ga").replace("^", r"\(ha")


def bold(text):
    return rf"\fB{literal(text)}\fR"


def prose(text):
    """Text of a comment: code and the names of keys in bold, one sentence a line."""
    def words(part):
        return re.sub(r"[a-z]+(?:_[a-z]+)+|\[[a-z]+\]", lambda name: bold(name[0]), part.replace("\\", r"\e"))

    parts = [bold(part) if at % 2 else words(part) for at, part in enumerate(text.split("`"))]
    lines = re.sub(r"\. (?=[A-Z0-9\\])", ".\n", "".join(parts)).split("\n")
    return "\n".join(r"\&" + line if line[:1] in ".'" else line for line in lines)


def read_ini(text):
    """({(section, key): (comment, value)}, the head of the file, the comment above the example of a webhook's section)."""
    keys, above, section, head, intro = {}, [], "", "", ""
    for line in [*text.splitlines(), ""]:
        set_to = re.fullmatch(r"# (\w+) = (.*)" if section == WEBHOOK else r"(\w+) = ?(.*)", line)
        if re.fullmatch(r"# \[webhook .*\]", line):
            section, intro, above = WEBHOOK, " ".join(above), []
        elif set_to:
            keys[section, set_to[1]], above = (" ".join(above), set_to[2]), []
        elif line.startswith("["):
            section, above = line.strip("[]"), []
        elif line.startswith("#"):
            above.append(line[1:].strip() or "\n")
        else:
            head, above = head or " ".join(above), []
    return keys, head, intro


def entry(key, text, value):
    shown = bold(value) if value else "empty"
    word = "Example" if key["section"] == WEBHOOK else "Default"
    return [".TP", f".B {literal(key['key'])}", prose(text), ".br", f"Accepted: {prose(key['form'])}.", f"{word}: {shown}."]


def page(keys, ini):
    written, head, intro = read_ini(ini)
    lines = [HEAD]
    for paragraph in head.split("\n"):
        lines += [".PP", prose(paragraph.strip())]
    lines.append(".SH SECTIONS AND KEYS")
    section = ""
    own = {(key["section"], key["key"]) for key in keys}
    if unknown := sorted(set(written) - own):
        fail(f"{INI}: {unknown}: not in the program's table of keys")
    for key in keys:
        name = key["section"], key["key"]
        if key["section"] != section:
            section = key["section"]
            if section != WEBHOOK and section not in SECTIONS:
                fail(f"[{section}]: expected a line about it in SECTIONS")
            lines += [f'.SS "[{literal(section)}]"', prose(intro) if section == WEBHOOK else SECTIONS[section]]
        if name not in written:
            fail(f"{INI}: [{name[0]}] {name[1]}: expected a line with the key")
        text, example = written[name]
        if not text and section == WEBHOOK and ("delivery", name[1]) in own:
            text = "Instead of that of [delivery]."
        if not text:
            fail(f"{INI}: [{name[0]}] {name[1]}: expected a comment above it")
        lines += entry(key, text, key.get("default", example))
    return "\n".join(lines) + "\n" + TAIL


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    keys = json.loads(subprocess.run([sys.argv[1]], check=True, capture_output=True, text=True).stdout)
    sys.stdout.write(page(keys, INI.read_text(encoding="utf-8")))


if __name__ == "__main__":
    main()
