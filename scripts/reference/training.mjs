// Small vocabularies from counted pieces: enough to exercise each model, not to be good.
export function count(pieces) {
  const counts = new Map();
  for (const piece of pieces) {
    counts.set(piece, (counts.get(piece) ?? 0) + 1);
  }
  return counts;
}

const byCount = ([a, n], [b, m]) => m - n || (a < b ? -1 : 1);

export const top = (counts, most, least = 1) => [...counts].filter(([, n]) => n >= least).sort(byCount).slice(0, most).map(([piece]) => piece);

/** Tokens and merges of byte-pair encoding: `first` tokens, then characters, then what merging makes. */
export function trainBpe(pieces, { first = [], characters, merges: most, prefix = '', suffix = '' }) {
  const words = [...count(pieces)].map(([piece, n]) => {
    const all = [...piece];
    return { n, symbols: all.map((c, i) => (i ? prefix : '') + c + (i + 1 === all.length ? suffix : '')) };
  });
  const alphabet = characters ?? top(count(words.flatMap(word => word.symbols)), 260, 2);
  const vocab = [...new Set([...first, ...alphabet])];
  const known = new Set(vocab);
  const merges = [];
  while (merges.length < most) {
    const pairs = new Map();
    for (const { n, symbols } of words) {
      for (let i = 0; i + 1 < symbols.length; i++) {
        if (known.has(symbols[i]) && known.has(symbols[i + 1])) {
          const key = symbols[i] + '\u0000\u0000' + symbols[i + 1];
          pairs.set(key, (pairs.get(key) ?? 0) + n);
        }
      }
    }
    const [best] = top(pairs, 1, 2);
    if (!best) {
      break;
    }
    const [left, right] = best.split('\u0000\u0000');
    const merged = left + right.slice(prefix.length);
    merges.push([left, right]);
    if (!known.has(merged)) {
      known.add(merged);
      vocab.push(merged);
    }
    for (const word of words) {
      for (let i = 0; i + 1 < word.symbols.length; i++) {
        if (word.symbols[i] === left && word.symbols[i + 1] === right) {
          word.symbols.splice(i, 2, merged);
        }
      }
    }
  }
  return { vocab, merges };
}

/** [token, score] pairs: frequent substrings of pieces and their characters. */
export function trainUnigram(pieces, { first, most }) {
  const counts = new Map();
  const taken = new Set(first.map(([token]) => token));
  for (const [piece, n] of count(pieces)) {
    const all = [...piece];
    for (let i = 0; i < all.length && i < 40; i++) {
      for (let length = 1; length <= 7 && i + length <= all.length; length++) {
        const part = all.slice(i, i + length).join('');
        if (!taken.has(part)) {
          counts.set(part, (counts.get(part) ?? 0) + n);
        }
      }
    }
  }
  const single = [...counts].filter(([part, n]) => [...part].length === 1 && n >= 2).sort(byCount).slice(0, 250);
  const longer = [...counts].filter(([part, n]) => [...part].length > 1 && n >= 3)
    .sort(([a, n], [b, m]) => m * [...b].length - n * [...a].length || (a < b ? -1 : 1)).slice(0, most);
  const total = [...single, ...longer].reduce((sum, [, n]) => sum + n, 0);
  return [...first, ...[...longer, ...single].map(([part, n]) => [part, Math.log(n / total)])];
}

/** Tokens of WordPiece: frequent beginnings and continuations. */
export function trainWordPiece(pieces, { first, most, prefix = '##' }) {
  const starts = new Map();
  const rest = new Map();
  for (const [piece, n] of count(pieces)) {
    const all = [...piece];
    for (let i = 0; i < Math.min(all.length, 12); i++) {
      for (let length = 1; length <= 6 && i + length <= all.length; length++) {
        const part = all.slice(i, i + length).join('');
        const counts = i === 0 ? starts : rest;
        counts.set(part, (counts.get(part) ?? 0) + n);
      }
    }
  }
  return [...new Set([...first, ...top(starts, most, 2), ...top(rest, most, 3).map(part => prefix + part)])];
}
