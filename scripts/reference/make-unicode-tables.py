#!/usr/bin/python3
"""Writes src/OnnxEmbed.Models/Tokenizers/Unicode/unicode.txt from the Unicode Character Database 15.0.

usage: make-unicode-tables.py DIR      DIR holds UnicodeData.txt, DerivedAge.txt, DerivedCoreProperties.txt,
                                       CompositionExclusions.txt, Scripts.txt, PropertyValueAliases.txt, emoji/emoji-data.txt
                                       (Debian's package unicode-data 15.0.0 puts them into /usr/share/unicode)

The tokenizers library (0.23.2) sees characters as the versions of Unicode that its parts were made with do, so code points that are
newer than such a version are left out here, by their age:
  normalisation forms   decompositions up to 12.0, combining classes up to 9.0      unicode-normalization-alignments 0.1.12
  StripAccents          marks of 9.0                                                the same
  BertNormalizer        control, format and nonspacing marks of 8.0                 unicode_categories 0.1.1
  Punctuation           punctuation of 8.0 and the ASCII signs that BERT counts     the same
  UnicodeScripts        scripts of 9.0
Categories that changed since are listed below as corrections; all sets were compared with the library code point by code point.
"""
import sys

DIRECTORY = sys.argv[1] if len(sys.argv) > 1 else "/usr/share/unicode"
OUTPUT = "src/OnnxEmbed.Models/Tokenizers/Unicode/unicode.txt"


def lines(name):
    for line in open(f"{DIRECTORY}/{name}", encoding="utf-8"):
        line = line.split("#")[0].strip()
        if line:
            yield [part.strip() for part in line.split(";")]


def span(text):
    first, _, last = text.partition("..")
    return range(int(first, 16), int(last or first, 16) + 1)


def ranges(points):
    out = []
    for point in sorted(points):
        if out and out[-1][1] == point - 1:
            out[-1][1] = point
        else:
            out.append([point, point])
    return " ".join(f"{a:X}" if a == b else f"{a:X}-{b:X}" for a, b in out)


age = {point: tuple(map(int, version.split("."))) for text, version in lines("DerivedAge.txt") for point in span(text)}
category, decomposition, combining, first = {}, {}, {}, 0
for fields in (line.rstrip("\n").split(";") for line in open(f"{DIRECTORY}/UnicodeData.txt", encoding="utf-8")):
    point = int(fields[0], 16)
    if fields[1].endswith("First>"):
        first = point
        continue
    for one in range(first, point + 1) if fields[1].endswith("Last>") else [point]:
        category[one] = fields[2]
    if fields[5]:
        decomposition[point] = fields[5]
    if fields[3] != "0":
        combining[point] = int(fields[3])
excluded = {point for fields in lines("CompositionExclusions.txt") for point in span(fields[0])}
script = {point: name for text, name in lines("Scripts.txt") for point in span(text)}


def of(categories, version):
    return {point for point, value in category.items() if value in categories and age[point] <= version}


out = ["# Made by scripts/reference/make-unicode-tables.py from the Unicode Character Database 15.0; do not edit."]
for kind in (False, True):
    for point, text in sorted(decomposition.items()):
        if text.startswith("<") == kind and age[point] <= (12, 0):
            parts = [part for part in text.split() if not part.startswith("<")]
            out.append(f"{'K' if kind else 'X' if point in excluded else 'D'} {point:X} {' '.join(part.lstrip('0') for part in parts)}")
for value in sorted(set(combining.values())):
    points = [point for point, one in combining.items() if one == value and age[point] <= (9, 0)]
    if points:
        out.append(f"C {value} {ranges(points)}")
marks = of({"Mn", "Mc", "Me"}, (9, 0)) - {0x111C9} | {0x1CF2, 0x1CF3}
nonspacing = of({"Mn"}, (8, 0)) - {0x1885, 0x1886, 0xA9BD, 0x111C9} | {0x1734}
punctuation = of({"Pc", "Pd", "Ps", "Pe", "Pi", "Pf", "Po"}, (8, 0)) | {0x166D, 0x111C9} | set(map(ord, "$+<=>^`|~"))
control = of({"Cc", "Cf", "Co"}, (8, 0)) - set(map(ord, "\t\n\r")) | {0, 0xFFFD}
for name, points in (("Mark9", marks), ("Nonspacing8", nonspacing), ("Punctuation8", punctuation), ("Control8", control)):
    out.append(f"S {name} {ranges(points)}")
for name, derived, categories in (("OtherAlphabetic", "Alphabetic", {"Lu", "Ll", "Lt", "Lm", "Lo", "Nl"}), ("OtherLowercase", "Lowercase", {"Ll"}),
                                  ("OtherUppercase", "Uppercase", {"Lu"})):
    points = {point for text, value in lines("DerivedCoreProperties.txt") if value == derived for point in span(text)}
    if name == "OtherAlphabetic":
        new = "363-36F 897 1DD3-1DE6 10D69 10EFC 113B8-113C0 113C2 113C5 113C7-113CA 113CC-113CD 1611E-1612E"
        points.update(point for part in new.split() for point in span(part.replace("-", "..")))
    out.append(f"S {name} {ranges(point for point in points if category.get(point) not in categories)}")
# What 15.1 and 16.0 added to scripts that were there, and to the alphabetic marks.
NEW = {
    "Han": "2EBF0-2EE5D",
    "Latin": "A7CB-A7CD A7DA-A7DC",
    "Cyrillic": "1C89-1C8A",
    "Common": "2427-2429 2FFC-2FFF 31E4-31E5 31EF 1CC00-1CCF9 1CD00-1CEB3 1F8B2-1F8BB 1F8C0-1F8C1 1FA89 1FA8F 1FABE 1FAC6 1FADC 1FADF "
              "1FAE9 1FBCB-1FBEF",
}
for name, text in NEW.items():
    script.update({point: name for part in text.split() for point in span(part.replace("-", ".."))})
for name in sorted(set(script.values())):
    out.append(f"P {name} {ranges(point for point, one in script.items() if one == name)}")
emoji = {}
for text, name in lines("emoji/emoji-data.txt"):
    emoji.setdefault(name, set()).update(span(text))
for name in sorted(emoji):
    out.append(f"P {name} {ranges(emoji[name])}")
for fields in lines("PropertyValueAliases.txt"):
    if fields[0] == "sc" and fields[2] in set(script.values()):
        out.append(f"A {fields[1]} {fields[2]}")
old = {0x589: "Common", 0x61C: "Common", 0x953: "Devanagari", 0x954: "Devanagari"}
seen = {point: old.get(point, name) for point, name in script.items() if age.get(point, (99,)) <= (9, 0)}
for name in sorted(set(seen.values())):
    out.append(f"Q {name} {ranges(point for point, one in seen.items() if one == name)}")
open(OUTPUT, "w", encoding="ascii", newline="\n").write("\n".join(out) + "\n")
