// Writes tests/OnnxEmbed.Models.Tests/Tokenizers/Data/{texts,tokenizers}.json.gz: the corpus, and one small tokenizer.json for each kind of
// published tokenizer, with the components of that kind and a vocabulary trained on the corpus. usage: node make-tokenizers.mjs
import { gzipSync } from 'node:zlib';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import tokenizersLibrary from 'tokenizers';
import { buildCharsmap } from './charsmap.mjs';
import { pairs, texts } from './texts.mjs';
import { count, top, trainBpe, trainUnigram, trainWordPiece } from './training.mjs';

const { Tokenizer, byteLevelAlphabet } = tokenizersLibrary;
const data = join(dirname(fileURLToPath(import.meta.url)), '../../tests/OnnxEmbed.Models.Tests/Tokenizers/Data');

const added = (content, id, flags = '') => ({
  id, content, single_word: flags.includes('w'), lstrip: flags.includes('l'), rstrip: flags.includes('r'), normalized: flags.includes('n'), special: !flags.includes('p'),
});
const template = (single, pair, ids) => {
  const read = text => text.split(' ').map(part => {
    const [id, type] = part.split(':');
    return id.startsWith('$') ? { Sequence: { id: id.slice(1), type_id: +(type ?? 0) } } : { SpecialToken: { id, type_id: +(type ?? 0) } };
  });
  return { type: 'TemplateProcessing', single: read(single), pair: read(pair), special_tokens: Object.fromEntries(Object.entries(ids).map(([id, n]) => [id, { id, ids: [n], tokens: [id] }])) };
};
const regex = expression => ({ Regex: expression });
const literal = text => ({ String: text });
const split = (pattern, behavior = 'Isolated', invert = false) => ({ type: 'Split', pattern, behavior, invert });
const byteLevel = (add_prefix_space = false, use_regex = true) => ({ type: 'ByteLevel', add_prefix_space, trim_offsets: true, use_regex });
const metaspace = (prepend_scheme = 'always', splits = true) => ({ type: 'Metaspace', replacement: '▁', prepend_scheme, split: splits });
const sequence = (...normalizers) => ({ type: 'Sequence', normalizers });
const steps = (...pretokenizers) => ({ type: 'Sequence', pretokenizers });
const bert = (lowercase, strip_accents = null, handle_chinese_chars = true) => ({ type: 'BertNormalizer', clean_text: true, handle_chinese_chars, strip_accents, lowercase });
const bytes = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`);

// What the library's own normalizer and pre-tokenizer make of the corpus is what the model is trained on.
function piecesOf(normalizer, pre_tokenizer) {
  const bare = Tokenizer.fromString(JSON.stringify({
    version: '1.0', truncation: null, padding: null, added_tokens: [], normalizer, pre_tokenizer, post_processor: null, decoder: null,
    model: { type: 'WordLevel', vocab: { a: 0 }, unk_token: 'a' },
  }));
  const [normal, pre] = [bare.getNormalizer(), bare.getPreTokenizer()];
  return texts.flatMap(text => {
    const clean = normalizer ? normal.normalizeString(text) : text;
    return pre_tokenizer ? pre.preTokenizeString(clean).map(([piece]) => piece) : [clean];
  }).filter(piece => piece.length > 0);
}

const made = {};
function make(name, { normalizer = null, pre_tokenizer = null, post_processor = null, decoder = null, tokens = [], model, truncation = null, padding = null }) {
  made[name] = {
    version: '1.0', truncation, padding, added_tokens: tokens, normalizer, pre_tokenizer, post_processor, decoder, model: model(piecesOf(normalizer, pre_tokenizer)),
  };
}

const ids = tokens => Object.fromEntries(tokens.map((token, id) => [token, id]));
const wordPiece = (first, most, rest = {}) => pieces => ({
  type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, ...rest, vocab: ids(trainWordPiece(pieces, { first, most })),
});
const bpe = (settings, { pairsOfMerges = false, ...options } = {}) => pieces => {
  const { vocab, merges } = trainBpe(pieces, { merges: 220, ...settings });
  return {
    type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: settings.prefix ?? null, end_of_word_suffix: settings.suffix ?? null, fuse_unk: false, byte_fallback: false, ignore_merges: false,
    ...options, vocab: ids(vocab), merges: pairsOfMerges ? merges : merges.map(merge => merge.join(' ')),
  };
};
const unigram = (first, most, rest = {}) => pieces => ({ type: 'Unigram', unk_id: 0, byte_fallback: false, ...rest, vocab: trainUnigram(pieces, { first, most }) });
const wordLevel = (first, most) => pieces => ({ type: 'WordLevel', unk_token: '[UNK]', vocab: ids([...new Set([...first, ...top(count(pieces), most, 2)])]) });
const alphabet = byteLevelAlphabet().sort();

const bertTokens = ['[PAD]', '[UNK]', '[CLS]', '[SEP]', '[MASK]'];
const bertTemplate = template('[CLS]:0 $A:0 [SEP]:0', '[CLS]:0 $A:0 [SEP]:0 $B:1 [SEP]:1', { '[CLS]': 2, '[SEP]': 3 });
make('bert-uncased', {
  normalizer: bert(true), pre_tokenizer: { type: 'BertPreTokenizer' }, post_processor: bertTemplate, decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
  tokens: bertTokens.map((token, id) => added(token, id)), model: wordPiece(bertTokens, 160),
  truncation: { direction: 'Right', max_length: 24, strategy: 'LongestFirst', stride: 0 },
  padding: { strategy: 'BatchLongest', direction: 'Right', pad_to_multiple_of: 8, pad_id: 0, pad_type_id: 0, pad_token: '[PAD]' },
});
make('bert-cased', {
  normalizer: bert(false, false, true), pre_tokenizer: { type: 'BertPreTokenizer' }, post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
  decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
  tokens: [...bertTokens.slice(0, 4).map((token, id) => added(token, id)), added('[MASK]', 4, 'l')], model: wordPiece(bertTokens, 150, { max_input_chars_per_word: 12 }),
});
make('bert-accents', {
  normalizer: bert(false, true, false), pre_tokenizer: { type: 'BertPreTokenizer' }, post_processor: bertTemplate,
  tokens: [...bertTokens.map((token, id) => added(token, id)), added('ÀCCENT', 5, 'np'), added('NEWTOKEN', 6, 'np'), added('SOLO', 7, 'npw')], model: wordPiece([...bertTokens, 'ÀCCENT', 'NEWTOKEN', 'SOLO'], 90),
});
make('gpt2', {
  pre_tokenizer: byteLevel(), post_processor: { type: 'ByteLevel', add_prefix_space: true, trim_offsets: false, use_regex: true }, decoder: byteLevel(true),
  tokens: [added('<|endoftext|>', 0, 'n')], model: bpe({ first: ['<|endoftext|>'], characters: alphabet }),
});
const robertaTokens = ['<s>', '<pad>', '</s>', '<unk>', '<mask>'];
make('roberta', {
  pre_tokenizer: byteLevel(true), post_processor: { type: 'RobertaProcessing', sep: ['</s>', 2], cls: ['<s>', 0], trim_offsets: true, add_prefix_space: true }, decoder: byteLevel(true),
  tokens: [...robertaTokens.slice(0, 4).map((token, id) => added(token, id, 'n')), added('<mask>', 4, 'l')], model: bpe({ first: robertaTokens, characters: alphabet }),
  truncation: { direction: 'Left', max_length: 20, strategy: 'LongestFirst', stride: 0 },
});
const llamaWords = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const llamaTokens = ['<|begin_of_text|>', '<|end_of_text|>', '<|eot_id|>', '<|im_start|>', '<|im_end|>'];
make('llama3', {
  pre_tokenizer: steps(split(regex(llamaWords)), byteLevel(false, false)), decoder: byteLevel(true),
  post_processor: { type: 'Sequence', processors: [byteLevel(true), template('<|begin_of_text|>:0 $A:0', '<|begin_of_text|>:0 $A:0 <|begin_of_text|>:1 $B:1', { '<|begin_of_text|>': 0 })] },
  tokens: llamaTokens.map((token, id) => added(token, id)), model: bpe({ first: [...llamaTokens, 'Hello', 'ĠĠĠĠ', 'ĠåŃĹ'], characters: alphabet }, { ignore_merges: true, pairsOfMerges: true }),
});
make('qwen2', {
  normalizer: { type: 'NFC' }, pre_tokenizer: steps(split(regex(llamaWords.replace('{1,3}', ''))), byteLevel(false, false)), post_processor: byteLevel(), decoder: byteLevel(),
  tokens: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'].map((token, id) => added(token, id)), model: bpe({ first: ['<|endoftext|>', '<|im_start|>', '<|im_end|>'], characters: alphabet }),
});
const sentencePieceTokens = ['<unk>', '<s>', '</s>'];
make('llama2', {
  normalizer: sequence({ type: 'Prepend', prepend: '▁' }, { type: 'Replace', pattern: literal(' '), content: '▁' }),
  post_processor: template('<s>:0 $A:0', '<s>:0 $A:0 <s>:1 $B:1', { '<s>': 1 }),
  decoder: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: literal('▁'), content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }] },
  tokens: sentencePieceTokens.map((token, id) => added(token, id)),
  model: bpe({ first: [...sentencePieceTokens, ...bytes], merges: 160 }, { unk_token: '<unk>', fuse_unk: true, byte_fallback: true }),
});
make('mistral', {
  pre_tokenizer: metaspace('first', false), post_processor: template('<s>:0 $A:0', '<s>:0 $A:0 <s>:1 $B:1', { '<s>': 1 }),
  decoder: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: literal('▁'), content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }] },
  tokens: [...sentencePieceTokens.map((token, id) => added(token, id)), added('<mask>', 3, 'lr')],
  model: bpe({ first: [...sentencePieceTokens, '<mask>', ...bytes], merges: 150 }, { unk_token: '<unk>', fuse_unk: true, byte_fallback: true, pairsOfMerges: true }),
});
make('gemma', {
  normalizer: { type: 'Replace', pattern: literal(' '), content: '▁' }, pre_tokenizer: split(literal(' '), 'MergedWithPrevious'),
  post_processor: template('<bos>:0 $A:0', '<bos>:0 $A:0 <bos>:1 $B:1', { '<bos>': 2 }),
  decoder: { type: 'Sequence', decoders: [{ type: 'Replace', pattern: literal('▁'), content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }] },
  tokens: [...['<pad>', '<eos>', '<bos>', '<unk>', '<start_of_turn>', '<end_of_turn>'].map((token, id) => added(token, id)), added('\n\n', 6, 'p'), added('▁▁', 7, 'p')],
  model: bpe({ first: ['<pad>', '<eos>', '<bos>', '<unk>', '<start_of_turn>', '<end_of_turn>', '\n\n', '▁▁', ...bytes.slice(0, 200)], merges: 140 }, { unk_token: '<unk>', fuse_unk: true, byte_fallback: true }),
});
make('bpe-unknown', {
  normalizer: { type: 'Lowercase' }, pre_tokenizer: { type: 'Whitespace' }, decoder: { type: 'BPEDecoder', suffix: '</w>' },
  tokens: [added('[UNK]', 0)], model: bpe({ first: ['[UNK]'], merges: 150, suffix: '</w>', characters: [...'abcdefghijklmnopqrstuvwxyz'].flatMap(c => [c, c + '</w>']) }, { unk_token: '[UNK]' }),
});
make('bpe-prefix', {
  pre_tokenizer: { type: 'WhitespaceSplit' }, tokens: [added('[UNK]', 0), added('TOKEN TWO', 1, 'np'), added('TOKEN', 2, 'np')],
  model: bpe({ first: ['[UNK]', 'TOKEN TWO', 'TOKEN'], merges: 150, prefix: '##', characters: [...'abcdefghijklmnopqrstuvwxyzé'].flatMap(c => [c, '##' + c]) }, { unk_token: '[UNK]', fuse_unk: true }),
});
make('clip', {
  normalizer: sequence({ type: 'NFC' }, { type: 'Replace', pattern: regex('\\s+'), content: ' ' }, { type: 'Lowercase' }),
  pre_tokenizer: steps(split(regex("<\\|startoftext\\|>|<\\|endoftext\\|>|'s|'t|'re|'ve|'m|'ll|'d|[\\p{L}]+|[\\p{N}]|[^\\s\\p{L}\\p{N}]+"), 'Removed', true), byteLevel()),
  post_processor: { type: 'RobertaProcessing', sep: ['<|endoftext|>', 1], cls: ['<|startoftext|>', 0], trim_offsets: false, add_prefix_space: false }, decoder: byteLevel(),
  tokens: [added('<|startoftext|>', 0, 'n'), added('<|endoftext|>', 1)],
  model: bpe({ first: ['<|startoftext|>', '<|endoftext|>'], suffix: '</w>', characters: alphabet.flatMap(c => [c, c + '</w>']), merges: 150 }, { unk_token: '<|endoftext|>' }),
});
make('neox', {
  normalizer: { type: 'NFC' }, pre_tokenizer: byteLevel(), decoder: byteLevel(true), post_processor: byteLevel(),
  tokens: [added('<|endoftext|>', 0), added('<|padding|>', 1), ...[8, 4, 3, 2].map((n, i) => added(' '.repeat(n), 2 + i, 'np')), added('LEFT', 6, 'lp'), added('RIGHT', 7, 'rp'), added('SOLO', 8, 'wp'), added('NEWTOKEN', 9, 'nwlrp')],
  model: bpe({ first: ['<|endoftext|>', '<|padding|>', ...[8, 4, 3, 2].map(n => ' '.repeat(n)), 'LEFT', 'RIGHT', 'SOLO', 'NEWTOKEN'], characters: alphabet, merges: 120 }),
});
make('deepseek', {
  pre_tokenizer: steps(split(regex('\\p{N}{1,3}')), split(regex('[一-龥぀-ゟ゠-ヿ]+')), split(regex("[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+")), byteLevel(false, false)),
  decoder: byteLevel(), tokens: [added('<|endoftext|>', 0)], model: bpe({ first: ['<|endoftext|>'], characters: alphabet, merges: 120 }),
});
make('bloom', {
  pre_tokenizer: steps(split(regex(' ?[^(\\s|[.,!?…。，、।۔،])]+')), byteLevel(false, false)), decoder: byteLevel(), tokens: [added('<unk>', 0), added('<s>', 1)], model: bpe({ first: ['<unk>', '<s>'], characters: alphabet, merges: 120 }),
});
make('gpt4o', {
  pre_tokenizer: steps(split(regex("[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+")), byteLevel(false, false)),
  decoder: byteLevel(), tokens: [added('<|endoftext|>', 0)], model: bpe({ first: ['<|endoftext|>'], characters: alphabet, merges: 120 }, { ignore_merges: true }),
});
const charsmap = { type: 'Precompiled', precompiled_charsmap: buildCharsmap() };
const xlmTokens = [['<s>', 0], ['<pad>', 0], ['</s>', 0], ['<unk>', 0]];
make('xlm-roberta', {
  normalizer: sequence(charsmap, { type: 'Replace', pattern: regex(' {2,}'), content: ' ' }), pre_tokenizer: metaspace(), decoder: metaspace(),
  post_processor: template('<s>:0 $A:0 </s>:0', '<s>:0 $A:0 </s>:0 </s>:0 $B:0 </s>:0', { '<s>': 0, '</s>': 2 }),
  tokens: [...xlmTokens.map(([token], id) => added(token, id)), added('<mask>', 4, 'l')], model: unigram([...xlmTokens, ['<mask>', 0]], 260, { unk_id: 3 }),
});
make('t5', {
  normalizer: charsmap, pre_tokenizer: steps({ type: 'WhitespaceSplit' }, metaspace()), decoder: metaspace(), post_processor: template('$A:0 </s>:0', '$A:0 </s>:0 $B:0 </s>:0', { '</s>': 1 }),
  tokens: [added('<pad>', 0), added('</s>', 1), added('<unk>', 2)], model: unigram([['<pad>', 0], ['</s>', 0], ['<unk>', 0]], 220, { unk_id: 2 }),
});
make('unigram-bytes', {
  normalizer: sequence({ type: 'Strip', strip_left: true, strip_right: true }, { type: 'NFKC' }, { type: 'Lowercase' }), pre_tokenizer: metaspace('first'), decoder: metaspace('first'),
  tokens: [added('<unk>', 0), added('<mask>', 1, 'r')], model: unigram([['<unk>', 0], ['<mask>', -1], ...bytes.map(byte => [byte, -20])], 200, { byte_fallback: true }),
});
make('unigram-whole', { normalizer: { type: 'NFKD' }, pre_tokenizer: metaspace('never', false), decoder: metaspace('never'), model: unigram([['<unk>', 0]], 180) });
make('words', {
  normalizer: sequence({ type: 'NFKD' }, { type: 'StripAccents' }, { type: 'Lowercase' }), pre_tokenizer: { type: 'Whitespace' }, tokens: [added('[UNK]', 0), added('NEWTOKEN', 1, 'np')], model: wordLevel(['[UNK]', 'NEWTOKEN'], 400),
});
make('words-nmt', {
  normalizer: sequence({ type: 'Nmt' }, { type: 'NFD' }, { type: 'Strip', strip_left: false, strip_right: true }),
  pre_tokenizer: steps({ type: 'Punctuation', behavior: 'MergedWithPrevious' }, { type: 'Digits', individual_digits: true }, { type: 'CharDelimiterSplit', delimiter: ' ' }), model: wordLevel(['[UNK]'], 400),
});
make('words-scripts', {
  normalizer: { type: 'Replace', pattern: regex('[\\p{Cc}\\p{Cf}]+'), content: '' }, pre_tokenizer: steps({ type: 'UnicodeScripts' }, { type: 'Digits', individual_digits: false }, split(regex('[\\p{P}\\p{S}]'), 'Contiguous')), model: wordLevel(['[UNK]'], 400),
});
make('words-splits', {
  normalizer: { type: 'ByteLevel' }, pre_tokenizer: steps(split(literal('Ġ'), 'MergedWithNext'), split(regex('(?<=[a-z])(?=[A-Z])')), split(regex('[^a-zA-Z&&[^ĠÃ]]{2,}+'), 'Removed'), { type: 'FixedLength', length: 6 }), model: wordLevel(['[UNK]'], 400),
});

mkdirSync(data, { recursive: true });
const write = (name, value) => writeFileSync(join(data, `${name}.json.gz`), gzipSync(JSON.stringify(value), { level: 9 }));
write('texts', { texts, pairs });
write('tokenizers', made);
console.log(`${texts.length} texts, ${Object.keys(made).length} tokenizers`);
