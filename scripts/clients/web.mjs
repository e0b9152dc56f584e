// Runs the sentence_embedding output of packages in onnxruntime-web in headless Chromium and compares it with what OnnxEmbed wrote into
// EXPECTED.json (within 1e-5):  node web.mjs EXPECTED.json   (CHROMIUM names the browser; default chromium)
// The page gets token ids and masks of one padded batch, so that nothing but the graph is compared.
import { spawn } from 'node:child_process';
import fs from 'node:fs';
import http from 'node:http';
import os from 'node:os';
import path from 'node:path';

const TOLERANCE = 1e-5;
const expected = JSON.parse(fs.readFileSync(process.argv[2], 'utf8'));
const dist = path.resolve('node_modules/onnxruntime-web/dist');
const types = { '.mjs': 'text/javascript', '.wasm': 'application/wasm', '.html': 'text/html' };

const batches = expected.packages.map(({ path: directory, pooling, ids }) => {
  const length = Math.max(...ids.map((row) => row.length));
  const padded = ids.map((row) => [...row, ...Array(length - row.length).fill(0)]);
  const mask = ids.map((row) => [...row.map(() => 1), ...Array(length - row.length).fill(0)]);
  return { name: path.basename(directory), pooling, dims: [ids.length, length], ids: padded.flat(), mask: mask.flat() };
});

const page = `<!doctype html><script type="module">
import * as ort from '/dist/ort.wasm.min.mjs';
ort.env.wasm.wasmPaths = '/dist/';
ort.env.wasm.numThreads = 1;
const post = (what, value) => fetch(what, { method: 'POST', body: JSON.stringify(value) });
try {
  const batches = await (await fetch('/batches')).json();
  for (let i = 0; i < batches.length; i++) {
    const { dims, ids, mask } = batches[i];
    const model = new Uint8Array(await (await fetch('/model/' + i)).arrayBuffer());
    const session = await ort.InferenceSession.create(model, { executionProviders: ['wasm'] });
    const values = { input_ids: ids, attention_mask: mask };
    const feeds = Object.fromEntries(session.inputNames.map((name) =>
      [name, new ort.Tensor('int64', BigInt64Array.from(values[name] ?? ids.map(() => 0), BigInt), dims)]));
    const output = await session.run(feeds, ['sentence_embedding']);
    await post('/vectors/' + i, Array.from(output.sentence_embedding.data, (x) => Number.isFinite(x) ? x : null));
    await session.release();
  }
  await post('/done', null);
} catch (e) {
  await post('/done', String(e && e.message || e));
}
</script>`;

let passed = 0;
let failed = 0;
let finish;
const done = new Promise((resolve) => { finish = resolve; });
const server = http.createServer((request, response) => {
  const url = decodeURIComponent(new URL(request.url, 'http://localhost').pathname);
  const send = (type, body) => response.writeHead(200, { 'content-type': type }).end(body);
  if (request.method === 'POST') {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const value = JSON.parse(Buffer.concat(parts).toString());
      send('text/plain', '');
      if (url === '/done') return finish(value);
      const i = Number(url.split('/')[2]);
      const wanted = expected.packages[i].vectors.flat();
      const worst = value.length === wanted.length && !value.includes(null)
        ? wanted.reduce((most, x, at) => Math.max(most, Math.abs(x - value[at])), 0) : Infinity;
      worst <= TOLERANCE ? passed++ : failed++;
      console.log(`${worst <= TOLERANCE ? 'ok    ' : 'FAILED'} ${batches[i].name}: sentence_embedding (${batches[i].pooling}) in `
        + `onnxruntime-web in Chromium, largest difference ${worst.toExponential(1)}`);
    });
  } else if (url === '/') send('text/html', page);
  else if (url === '/batches') send('application/json', JSON.stringify(batches));
  else if (url.startsWith('/model/')) {
    send('application/octet-stream', fs.readFileSync(path.join(expected.packages[Number(url.slice(7))].path, 'onnx', 'model.onnx')));
  } else if (url.startsWith('/dist/') && fs.existsSync(path.join(dist, path.basename(url)))) {
    send(types[path.extname(url)] ?? 'application/octet-stream', fs.readFileSync(path.join(dist, path.basename(url))));
  } else response.writeHead(404).end();
});

server.listen(0, '127.0.0.1', () => {
  const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'onnxembed-web-'));
  const browser = spawn(process.env.CHROMIUM ?? 'chromium', [
    '--headless=new', '--no-sandbox', '--disable-gpu', '--disable-dev-shm-usage', `--user-data-dir=${profile}`,
    `http://127.0.0.1:${server.address().port}/`,
  ], { stdio: 'ignore' });
  browser.on('error', (e) => finish(`the browser did not start: ${e.message}`));
  const limit = setTimeout(() => finish('the browser took longer than 10 minutes'), 600_000);
  done.then((error) => {
    clearTimeout(limit);
    browser.kill();
    server.close();
    server.closeAllConnections();
    browser.once('exit', () => fs.rmSync(profile, { recursive: true, force: true, maxRetries: 50, retryDelay: 100 }));
    if (error) console.log(`FAILED ${error}`);
    console.log(`${passed} passed, ${failed + (error ? 1 : 0)} failed`);
    process.exitCode = !error && failed === 0 && passed === batches.length ? 0 : 1;
  });
});
