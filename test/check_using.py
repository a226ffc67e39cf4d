#!/usr/bin/env python3
# Refuses a using-declaration or an alias within a .cpp file that nothing in that file uses, and in what
# is shipped a using-directive: where a folder is compiled as one file, an internal name of another file
# would silently go before the names that it brings, while with a declaration the compiler tells. First
# it proves on samples that it finds them.
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


def directives(text):
    """[(line, namespace)], but for literals, which collide with nothing."""
    return [(text.count("\n", 0, found.start()) + 1, found[1])
            for found in re.finditer(r"^ *using namespace ([\w:]+);", text, re.MULTILINE)
            if not found[1].endswith("literals")]


for sample, expected in (("using a::Row;\nRow row;\n", []),
                         ("using a::Row;\nusing b::c::Text;\n// Row\nText text;\n", [(1, "Row")]),
                         ("\nusing Row = a::Line;\nRow row;\n", []),
                         ("\nusing Rows = std::vector<int>;\nint RowsRead;\n", [(2, "Rows")])):
    if unused(sample) != expected:
        sys.exit(f"check_using.py: in {sample!r} it found {unused(sample)} instead of {expected}")

if directives("using namespace std::chrono_literals;\n\n    using namespace places;\n") != [(3, "places")]:
    sys.exit("check_using.py: it does not find a using-directive")

faults = [f"{path.relative_to(ROOT)}:{line}: nothing uses {name}: expected no such declaration"
          for folder in ("agent", "common", "test") for path in sorted((ROOT / folder).rglob("*.cpp"))
          for line, name in unused(path.read_text())]
faults += [f"{path.relative_to(ROOT)}:{line}: using namespace {name}: expected a using-declaration for each name"
           for folder in ("agent", "common") for path in sorted((ROOT / folder).rglob("*.[ch]pp"))
           for line, name in directives(path.read_text())]
for fault in faults:
    print(fault)
sys.exit(1 if faults else 0)
