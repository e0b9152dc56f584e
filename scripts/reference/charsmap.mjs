// A small map of SentencePiece's kind: NFKC of Latin, CJK and compatibility characters, composed accents, blanks and control characters,
// compiled into a double-array trie in the layout of darts-clone.
export function buildCharsmap() {
  const rules = new Map();
  const add = (from, to) => from !== to && rules.set(from, to);
  for (const [first, last] of [[0xa0, 0x17f], [0x1c4, 0x1f5], [0x2000, 0x206f], [0x2070, 0x209f], [0x2100, 0x218f], [0x2460, 0x24ff], [0x3000, 0x3000], [0x3300, 0x33ff], [0xf900, 0xf930], [0xfb00, 0xfb06], [0xff01, 0xffe6]]) {
    for (let c = first; c <= last; c++) {
      add(String.fromCodePoint(c), String.fromCodePoint(c).normalize('NFKC'));
    }
  }
  for (const letter of 'aeiouAEIOUncsz') {
    for (const mark of '\u0300\u0301\u0302\u0303\u0308\u030c\u0327') {
      add(letter + mark, (letter + mark).normalize('NFKC'));
    }
  }
  for (let c = 1; c < 0x20; c++) {
    rules.set(String.fromCharCode(c), c === 9 || c === 10 || c === 13 ? ' ' : '');
  }
  for (const c of '\u200b\u200c\u200d\u00ad\ufeff\u007f') {
    rules.set(c, '');
  }
  rules.set('\u2028', ' ');

  const values = [];
  let size = 0;
  const root = { children: new Map(), value: -1 };
  for (const [from, to] of rules) {
    let node = root;
    for (const byte of Buffer.from(from)) {
      if (!node.children.has(byte)) {
        node.children.set(byte, { children: new Map(), value: -1 });
      }
      node = node.children.get(byte);
    }
    node.value = size;
    const bytes = Buffer.from(to + '\0');
    values.push(bytes);
    size += bytes.length;
  }

  const units = [0];
  const used = new Set([0]);
  const bases = new Set();
  const place = (node, position) => {
    const labels = [...node.children.keys()].sort((a, b) => a - b);
    const needed = node.value >= 0 ? [0, ...labels] : labels;
    let base = 1;
    while (bases.has(base) || needed.some(label => used.has(base ^ label))) {
      base++;
    }
    bases.add(base);
    needed.forEach(label => used.add(base ^ label));
    units[position] = ((units[position] ?? 0) | ((position ^ base) << 10) | (node.value >= 0 ? 1 << 8 : 0)) >>> 0;
    if (node.value >= 0) {
      units[base] = (node.value | 0x80000000) >>> 0;
    }
    for (const label of labels) {
      units[base ^ label] = label;
    }
    for (const label of labels) {
      place(node.children.get(label), base ^ label);
    }
  };
  place(root, 0);
  const blob = Buffer.alloc(4 + units.length * 4);
  blob.writeUInt32LE(units.length * 4, 0);
  for (let i = 0; i < units.length; i++) {
    blob.writeUInt32LE(units[i] ?? 0, 4 + i * 4);
  }
  return Buffer.concat([blob, ...values]).toString('base64');
}
