// Loads model packages in @huggingface/transformers and in onnxruntime-node from the local disk and compares token ids (exactly) and vectors
// (within 1e-5) with what OnnxEmbed wrote into EXPECTED.json:  node check.mjs EXPECTED.json
// With --golden OUT.json it writes the token ids that transformers.js gives, as test data.
import fs from 'node:fs';
import path from 'node:path';
import { AutoModel, AutoTokenizer, env, pipeline } from '@huggingface/transformers';
import * as ort from 'onnxruntime-node';

const TOLERANCE = 1e-5;

env.allowRemoteModels = false;
env.allowLocalModels = true;

// transformers.js cuts a long text after it has added the special tokens and so loses [SEP]; the tokenizers library (Python, Rust, Text
// Embeddings Inference) and OnnxEmbed cut before. Of a cut text only the tokens before the difference are compared, and no vector.
const expected = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const golden = process.argv[3] === '--golden' ? process.argv[4] : null;
// transformers.js takes the last position; with one text at a time nothing is padded, so it is the last token.
const POOLING = { mean: 'mean', cls: 'cls', last: 'last_token' };

// Their positions count padding, so a batch padded at the left moves them, in PyTorch as well.
const FROM_THE_FIRST_COLUMN = ['bert', 'distilbert', 'electra', 'gpt2'];

let passed = 0;
let failed = 0;
const report = (ok, what) => {
  ok ? passed++ : failed++;
  console.log(`${ok ? 'ok    ' : 'FAILED'} ${what}`);
};
const largest = (a, b) => {
  if (a.length !== b.length) return Infinity;
  let worst = 0;
  for (let i = 0; i < a.length; i++) worst = Math.max(worst, Number.isFinite(a[i]) ? Math.abs(a[i] - b[i]) : Infinity);
  return worst;
};

const dot = (a, b) => a.reduce((sum, value, i) => sum + value * b[i], 0);

const goldens = {};
for (const { path: directory, pooling, normalize, max_length, ids, vectors } of expected.packages) {
  const name = path.basename(directory);
  env.localModelPath = path.dirname(directory) + path.sep;
  const tokenizer = await AutoTokenizer.from_pretrained(name);
  const theirs = [];
  const whole = [];
  let wrong = 0;
  expected.texts.forEach((text, i) => {
    const cut = tokenizer(text).input_ids.data.length > max_length;
    const got = Array.from(tokenizer(text, { truncation: true, max_length }).input_ids.data, Number);
    theirs.push(cut ? null : got);
    if (!cut) whole.push(i);
    const kept = cut ? max_length - 1 : undefined;
    if (JSON.stringify(got.slice(0, kept)) !== JSON.stringify(ids[i].slice(0, kept))) {
      wrong++;
      console.log(`       text ${JSON.stringify(text)}\n       transformers.js ${got}\n       onnxembed       ${ids[i]}`);
    }
  });
  goldens[name] = theirs;
  const cutTexts = expected.texts.length - whole.length;
  report(wrong === 0, `${name}: token ids of ${expected.texts.length} texts, ${cutTexts} of them longer than ${max_length}`);

  if (POOLING[pooling]) {
    const extract = await pipeline('feature-extraction', name, { dtype: 'fp32' });
    let worst = 0;
    for (const i of whole) {
      const output = await extract(expected.texts[i], { pooling: POOLING[pooling], normalize });
      worst = Math.max(worst, largest(Array.from(output.data), vectors[i]));
    }
    const most = worst.toExponential(1);
    report(worst <= TOLERANCE, `${name}: vectors of the feature-extraction pipeline, ${pooling} pooling, largest difference ${most}`);

    const { model_type: type } = JSON.parse(fs.readFileSync(path.join(directory, 'config.json'), 'utf8'));
    if (pooling === 'last' && !FROM_THE_FIRST_COLUMN.includes(type)) {
      extract.tokenizer.padding_side = 'left';
      const output = await extract(whole.map((i) => expected.texts[i]), { pooling: 'last_token', normalize });
      const left = largest(Array.from(output.data), whole.flatMap((i) => vectors[i]));
      report(left <= TOLERANCE, `${name}: the pipeline with a batch padded at the left, last token, largest difference ${left.toExponential(1)}`);
    }
  }

  const model = await AutoModel.from_pretrained(name, { dtype: 'fp32' });
  const batch = tokenizer(whole.map((i) => expected.texts[i]), { padding: true, truncation: true, max_length });
  const outputs = await model(batch);
  const sentence = largest(Array.from(outputs.sentence_embedding.data), whole.flatMap((i) => vectors[i]));
  report(sentence <= TOLERANCE, `${name}: output sentence_embedding of one padded batch, largest difference ${sentence.toExponential(1)}`);

  const session = await ort.InferenceSession.create(path.join(directory, 'onnx', 'model.onnx'));
  const { data, dims } = batch.input_ids;
  const values = (input) => batch[input]?.data ?? new BigInt64Array(data.length);
  const feeds = Object.fromEntries(session.inputNames.map((input) => [input, new ort.Tensor('int64', values(input), dims)]));
  const raw = await session.run(feeds, ['sentence_embedding']);
  const bare = largest(Array.from(raw.sentence_embedding.data, Number), whole.flatMap((i) => vectors[i]));
  report(bare <= TOLERANCE, `${name}: output sentence_embedding in onnxruntime-node, largest difference ${bare.toExponential(1)}`);

  // One padded batch through the pipeline, as USAGE.md says; variants are told by their cosine.
  if (fs.existsSync(path.join(path.dirname(directory), 'shipped', name))) {
    env.localModelPath = path.join(path.dirname(directory), 'shipped') + path.sep;
    for (const [dtype, least] of [['fp32', 1 - 1e-6], ['fp16', 1 - 1e-5], ['q8', 0.99]]) {
      const run = await pipeline('feature-extraction', name, { dtype });
      const rows = (await run(whole.map((i) => expected.texts[i]), { pooling: POOLING[pooling], normalize })).tolist();
      const cosine = Math.min(...rows.map((row, k) => dot(row, vectors[whole[k]]) / Math.sqrt(dot(row, row) * dot(vectors[whole[k]], vectors[whole[k]]))));
      report(cosine >= least, `${name}: shipped, ${dtype}, one padded batch of the pipeline, smallest cosine ${cosine.toFixed(7)}`);
    }
  }
}

if (golden) {
  const rows = (values) => '[\n' + values.map((value) => '  ' + JSON.stringify(value)).join(',\n') + '\n ]';
  const members = Object.entries(goldens).map(([name, ids]) => ` ${JSON.stringify(name)}: ${rows(ids)}`);
  const text = [' "made_by": "scripts/clients/check.sh --golden"', ` "texts": ${rows(expected.texts)}`, ...members].join(',\n');
  fs.writeFileSync(golden, `{\n${text}\n}\n`);
}
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed === 0 && passed > 0 ? 0 : 1);
