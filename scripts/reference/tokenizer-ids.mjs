// Writes tests/OnnxEmbed.Models.Tests/Tokenizers/Data/ids.json.gz: the ids that the tokenizers library (the implementation in Rust, npm package
// tokenizers, native) gives for the corpus. transformers.js is asked as well; where it differs, the texts are counted and shown.
// usage: npm install && node make-tokenizers.mjs && node tokenizer-ids.mjs [--show TOKENIZER]
import { gunzipSync, gzipSync } from 'node:zlib';
import { readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import native from 'tokenizers';
import { PreTrainedTokenizer } from '@huggingface/transformers';

const data = join(dirname(fileURLToPath(import.meta.url)), '../../tests/OnnxEmbed.Models.Tests/Tokenizers/Data');
const read = name => JSON.parse(gunzipSync(readFileSync(join(data, `${name}.json.gz`))));
const { texts, pairs } = read('texts');
const tokenizers = read('tokenizers');
const show = process.argv[process.argv.indexOf('--show') + 1];
const result = { tokenizers: '0.23.2', transformers: '4.3.1', ids: {}, truncated: {}, pairs: {}, padded: {}, decoded: {}, transformersDiffers: {} };

for (const [name, json] of Object.entries(tokenizers)) {
  const plain = native.Tokenizer.fromString(JSON.stringify({ ...json, truncation: null, padding: null }));
  const encodings = [];
  for (const text of texts) {
    encodings.push((await plain.encode(text)).getIds());
  }
  result.ids[name] = encodings.map(ids => ids.join(' '));
  result.decoded[name] = [];
  for (const ids of encodings.slice(0, 40)) {
    result.decoded[name].push(await plain.decode(ids, true));
  }
  result.pairs[name] = [];
  for (const [first, second] of pairs) {
    const pair = await plain.encode(first, second);
    result.pairs[name].push([pair.getIds().join(' '), pair.getTypeIds().join(' ')]);
  }
  if (json.truncation) {
    const cut = native.Tokenizer.fromString(JSON.stringify({ ...json, padding: null }));
    result.truncated[name] = [];
    for (const text of texts) {
      result.truncated[name].push((await cut.encode(text)).getIds().join(' '));
    }
    for (const strategy of ['LongestFirst', 'OnlyFirst', 'OnlySecond']) {
      cut.setTruncation(12, { strategy, direction: json.truncation.direction.toLowerCase() });
      result.pairs[`${name} ${strategy}`] = [];
      for (const [first, second] of pairs) {
        const pair = await cut.encode(first, second).catch(() => null);
        result.pairs[`${name} ${strategy}`].push(pair ? [pair.getIds().join(' '), pair.getTypeIds().join(' ')] : null);
      }
    }
  }
  if (json.padding) {
    const padded = native.Tokenizer.fromString(JSON.stringify({ ...json, truncation: null }));
    const batch = await padded.encodeBatch(texts.slice(4, 12));
    result.padded[name] = batch.map(one => one.getIds().join(' '));
  }

  const differs = [];
  try {
    const other = new PreTrainedTokenizer(structuredClone({ ...json, truncation: null, padding: null }), {});
    texts.forEach((text, i) => {
      let ids;
      try {
        ids = other.encode(text);
      } catch (e) {
        ids = [String(e)];
      }
      if (ids.join(' ') !== result.ids[name][i]) {
        differs.push(i);
        if (show === name) {
          console.log(JSON.stringify(text.slice(0, 60)), '\n  library        ', result.ids[name][i].slice(0, 150), '\n  transformers.js', ids.join(' ').slice(0, 150));
        }
      }
    });
    result.transformersDiffers[name] = differs;
    console.log(name.padEnd(16), `${texts.length - differs.length} of ${texts.length} texts equal in transformers.js`);
  } catch (e) {
    result.transformersDiffers[name] = null;
    console.log(name.padEnd(16), `transformers.js cannot load it: ${String(e).slice(0, 90)}`);
  }
}
writeFileSync(join(data, 'ids.json.gz'), gzipSync(JSON.stringify(result), { level: 9 }));
