#!/usr/bin/env python3
# Refuses a using-declaration or an alias within a .cpp file that nothing in that file uses. First it
# proves on samples that it finds them.
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent
DECLARED = re.compile(r"^using (?:(?:\w+::)+(\w+);|(\w+) = )", re.MULTILINE)


def unused(text):
    """[(line, name)]"""
    text = re.sub(r"//.*", "", text)
    found = []
    for declared in DECLARED.finditer(text):
        name = declared[1] or declared[2]
        uses = rf"\b{name}\b"
        if len(re.findall(uses, text)) == len(re.findall(uses, declared[0])):
            found.append((text.count("\n", 0, declared.start()) + 1, name))
    return found


for sample, expected in (("using a::Row;\nRow row;\n", []),
                         ("using a::Row;\nusing b::c::Text;\n// Row\nText text;\n", [(1, "Row")]),
                         ("\nusing Row = a::Line;\nRow row;\n", []),
                         ("\nusing Rows = std::vector<int>;\nint RowsRead;\n", [(2, "Rows")])):
    if unused(sample) != expected:
        sys.exit(f"check_using.py: in {sample!r} it found {unused(sample)} instead of {expected}")

faults = [f"{path.relative_to(ROOT)}:{line}: nothing uses {name}: expected no such declaration"
          for folder in ("agent", "common", "test") for path in sorted((ROOT / folder).rglob("*.cpp"))
          for line, name in unused(path.read_text())]
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
