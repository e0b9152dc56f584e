// xorshift32 with a fixed seed: the same data on every run.
let state = 0x9e3779b9;

export function nextRandom(limit) {
  state ^= state << 13;
  state ^= state >>> 17;
  state ^= state << 5;
  return (state >>> 0) % limit;
}
