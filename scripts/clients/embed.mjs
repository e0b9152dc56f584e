// Embeds the texts of a JSON file (an array of strings) with the feature-extraction pipeline of @huggingface/transformers, in batches of 32 in
// the order of the file, and prints the seconds that each round took, without loading:
//   node embed.mjs PACKAGE TEXTS.json THREADS ROUNDS [VECTORS.json]
// The vectors of the first 8 texts go to VECTORS.json.
import fs from 'node:fs';
import path from 'node:path';
import { env, pipeline } from '@huggingface/transformers';

const BATCH = 32;
const [directory, file, threads, rounds, vectors] = process.argv.slice(2);
env.allowRemoteModels = false;
env.allowLocalModels = true;
env.localModelPath = path.dirname(path.resolve(directory)) + path.sep;

const texts = JSON.parse(fs.readFileSync(file, 'utf8'));
const extract = await pipeline('feature-extraction', path.basename(directory), {
  dtype: 'fp32',
  device: 'cpu',
  session_options: { intraOpNumThreads: Number(threads), interOpNumThreads: 1 },
});
await extract(texts.slice(0, BATCH), { pooling: 'mean', normalize: true });
if (vectors) fs.writeFileSync(vectors, JSON.stringify((await extract(texts.slice(0, 8), { pooling: 'mean', normalize: true })).tolist()));
for (let round = 0; round < Number(rounds); round++) {
  const start = performance.now();
  let count = 0;
  for (let i = 0; i < texts.length; i += BATCH) {
    const output = await extract(texts.slice(i, i + BATCH), { pooling: 'mean', normalize: true });
    count += output.dims[0];
  }
  if (count !== texts.length) throw new Error(`${texts.length} texts gave ${count} vectors`);
  console.log((performance.now() - start) / 1000);
}
