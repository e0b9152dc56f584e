#!/usr/bin/python3
"""Writes tests/OnnxEmbed.Models.Tests/Tokenizers/Data/normal-forms.json.gz: texts and their forms C, D, KC, KD by Python's unicodedata.

usage: make-normal-forms.py DIR     DIR holds DerivedAge.txt (Debian's package unicode-data: /usr/share/unicode)

Only characters of Unicode 9.0 and before come in, whose forms and combining classes no later version changes.
"""
import gzip
import json
import random
import sys
import unicodedata

points = []
for line in open(f"{sys.argv[1] if len(sys.argv) > 1 else '/usr/share/unicode'}/DerivedAge.txt", encoding="utf-8"):
    line = line.split("#")[0].strip()
    if line:
        text, version = [part.strip() for part in line.split(";")]
        first, _, last = text.partition("..")
        if tuple(map(int, version.split("."))) <= (9, 0):
            points += [p for p in range(int(first, 16), int(last or first, 16) + 1) if not 0xD800 <= p < 0xE000]
marks = [p for p in points if unicodedata.combining(chr(p)) and p not in (0x1CF2, 0x1CF3)]
changing = [p for p in points if unicodedata.normalize("NFKD", chr(p)) != chr(p) and not 0xAC00 <= p < 0xD7A4]
jamo = list(range(0x1100, 0x1200)) + list(range(0xAC00, 0xD7A4, 97)) + list(range(0xAC01, 0xD7A4, 101))
random.seed(1)
texts = []
for _ in range(260):
    kinds = random.choices([changing, marks, jamo, points, range(0x20, 0x250)], weights=[4, 4, 1, 1, 3], k=random.randint(2, 14))
    texts.append("".join(chr(random.choice(kind)) for kind in kinds))
texts += ["".join(chr(p) for p in changing[i:i + 24]) for i in range(0, len(changing), 24)]
forms = {form: [unicodedata.normalize(form, text) for text in texts] for form in ("NFC", "NFD", "NFKC", "NFKD")}
data = json.dumps({"texts": texts, **forms}, ensure_ascii=True, separators=(",", ":")).encode()
with gzip.GzipFile("tests/OnnxEmbed.Models.Tests/Tokenizers/Data/normal-forms.json.gz", "wb", mtime=0) as file:
    file.write(data)
