// Seconds that transformers.js and the tokenizers library take on one core for the texts of FOLDER/texts.json with each tokenizer of
// FOLDER/tokenizers.json, as JSON on standard output; run by the benchmark `tokenize`. usage: node tokenizer-speed.mjs FOLDER ROUNDS
import { readFileSync } from 'node:fs';
import { join } from 'node:path';

process.env.RAYON_NUM_THREADS = '1';
const { default: native } = await import('tokenizers');
const { PreTrainedTokenizer } = await import('@huggingface/transformers');
const [folder, rounds] = process.argv.slice(2);
const texts = JSON.parse(readFileSync(join(folder, 'texts.json')));
const result = {};

async function seconds(run) {
  const times = [];
  for (let i = 0; i <= +rounds; i++) {
    const start = performance.now();
    await run();
    times.push((performance.now() - start) / 1000);
  }
  // The first round warms up.
  const sorted = times.slice(1).sort((a, b) => a - b);
  return sorted[sorted.length >> 1];
}

for (const [name, json] of Object.entries(JSON.parse(readFileSync(join(folder, 'tokenizers.json'))))) {
  const plain = { ...json, truncation: null, padding: null };
  const library = native.Tokenizer.fromString(JSON.stringify(plain));
  result[name] = { library: await seconds(() => library.encodeBatch(texts)) };
  let other = null;
  try {
    other = new PreTrainedTokenizer(structuredClone(plain), {});
  } catch {
    continue; // it has a component that transformers.js does not know
  }
  result[name].transformers = await seconds(() => texts.forEach(text => other.encode(text)));
}
console.log(JSON.stringify(result));
