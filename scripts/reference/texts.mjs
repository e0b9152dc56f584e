// The corpus on which tokenizers are compared: Unicode classes, control characters, emoji, scripts, numbers, blanks, added tokens inside
// words, long inputs, and random mixtures. The same texts on every run.
import { nextRandom } from './random.mjs';

const written = [
  '', ' ', '  ', 'a', 'Hello world', 'Hello, y\'all! How are you 😁 ?', 'The quick brown fox jumps over the lazy dog.',
  'the the the The THE tHe', 'It\'s what I\'d say: we\'re here, they\'ve gone, you\'ll see, I\'m not, don\'t!', 'IT\'S WE\'RE I\'M I\'LL \'S \'T',
  'it’s a ‘quoted’ “word” — and – more… «ok»', 'under_score kebab-case camelCase PascalCase snake_case_2', 'e.g. i.e. U.S.A. 3.14 1,000,000.00 $5 €7 £8 ¥9',
  'https://example.org/a?b=c&d=%20#frag user@mail.example', 'C:\\path\\file.txt /usr/lib/x.so', 'if (x<=3 && y!=4) { return a[i]->b; } // done',
  'def f(x):\n    return x ** 2\n\n\n\tprint(f(3))\r\n', '{"key": [1, 2, 3], "other": null}', '#hashtag @mention $TICK 50% & more',
  'a+b=c; a*b^2/(c-d)|e~f`g', '!!! ??? ... ,,, ;;; ::: --- ___', '([{<>}])', '"""\'\'\'```',
  'Ein schöner Tag, nicht wahr? Größe, Straße, Fuß, ẞ, ǅ, ǆ', 'L\'été, c\'est où? Ça va, garçon? œuvre, æ', '¿Dónde está el niño? ¡Aquí! mañana',
  'Zażółć gęślą jaźń', 'Příliš žluťoučký kůň úpěl ďábelské ódy', 'Árvíztűrő tükörfúrógép', 'İstanbul\'da ışık, IĞDIR, ığdır', 'Þórður æðsti, ð, Å Å',
  'Съешь же ещё этих мягких французских булок', 'Ξεσκεπάζω την ψυχοφθόρα βδελυγμία ΣΊΣΥΦΟΣ ς σ', 'Բարեւ աշխարհ', 'გამარჯობა მსოფლიო ᲒᲐᲛ', 'שלום עולם, מה שלומך?',
  'مرحبا بالعالم، كيف حالك؟ ١٢٣٤', 'سلام دنیا ۱۲۳ می‌خواهم', 'नमस्ते दुनिया, क्षत्रिय ज्ञान', 'বাংলা ভাষা ড়', 'ਪੰਜਾਬੀ', 'ગુજરાતી', 'தமிழ் மொழி', 'తెలుగు', 'ಕನ್ನಡ', 'മലയാളം ൿ', 'සිංහල',
  'ภาษาไทย น้ำ ที่นี่', 'ພາສາລາວ', 'བོད་སྐད།', 'မြန်မာဘာသာ', 'ភាសាខ្មែរ', 'ᠮᠣᠩᠭᠣᠯ', 'አማርኛ ቋንቋ', 'ᏣᎳᎩ ꮳꮃꭹ', 'Tiếng Việt ậ ằ ễ ỡ',
  '今天天气很好。我们去公园吧！', '東京都に住んでいます。カタカナ、ひらがな、漢字。', '한국어 문장입니다. 각 힣', 'ㄱㄴㄷ 각 ᄀᄁ', '臺灣 ㄅㄆㄇ', '𠀀𠀁 𪛖 𫝀 𬺰 𮯠', '豈更車 﨎 丽',
  'ｆｕｌｌｗｉｄｔｈ　ＡＢＣ１２３！？', 'ｶﾞｷﾞｸﾞ ﾊﾝｶｸ ｶﾅ', '々〆〇ヶー ー〜～', '①②③ ⅷ Ⅻ ½ ¼ ² ³ ₄ ⁵ ㍿ ㎏ ㋿ ㏂', 'ﬁ ﬂ ﬃ ﬆ ĳ Ǉ ŉ ſ ẛ ẛ̣ K Ω',
  'é e\u0301 ê\u0323 e\u0323\u0302 ệ', 'a\u0301\u0323b\u0323\u0301 o\u0308\u0304 ȫ', 'q\u0307\u0323 q\u0323\u0307', 'Z͑ͫ̓ͪ̂ͫ̽͏̴̙̤̞͉͚̯̞̠͍A̴̵̜̰͔ͫ͗͢L̠ͨͧͩ͘G̴̻͈͍͔̹̑͗̎̅͛́Ǫ̵̹̻̝̳͂̌̌͘!͖̬̰̙̗̿̋ͥͥ̂ͣ̐́́͜͞', 'क़ ख़ ग़ ड़', '각\u11A8 가\u11A7', '\u0344\u0F73\u0F75\u0F81\u2ADC',
  '\u1100\u1161\u11A8\uAC00\u11A8', 'Å\u0323 \u212B\u0323', '\u0B47\u0B3E \u0DDC\u0DCA', '\uFDFA \uFDFB \uFB1D \u05D9\u05B4', '\u0958 \u09DC \u0F43',
  '😀 😃😄 👍 👍🏽 👩‍💻 👨‍👩‍👧‍👦 🏳️‍🌈 🏴‍☠️ 🇩🇪🇫🇷🇯🇵 🏴󠁧󠁢󠁥󠁮󠁧󠁿', '☺️ ☺︎ ❤️‍🔥 ✌🏿 ✊🏻✊🏼✊🏾', '#️⃣ 1️⃣ *️⃣ ©️ ®️ ™️', '🤦🏼‍♂️ facepalm 🧑🏾‍🤝‍🧑🏻', '🪿🫨🫩 🩷', '👁️‍🗨️x👀y',
  '\u200d\u200c\u200b\u200e\u200f\u2060\ufeffx', 'a\u200bb\u200cc\u200dd\u00ade', 'tab\there', 'new\nline', 'cr\rlf\r\n', '\n\n\n', ' \n \n ', '\t\t  \t', 'a  b   c    d     e',
  ' leading', 'trailing ', '  both  ', 'a\u00a0b\u1680c\u2000d\u2003e\u2009f\u202fg\u205fh\u3000i', 'a\u2028b\u2029c\u0085d', 'a\u000bb\u000cc', 'a\u001cb\u001dc\u001ed\u001fe',
  'nul\u0000mid', '\u0001\u0002\u0007\u0008\u000e\u001b\u007f\u0080\u009f', '\ufffd\ufffe\uffff\u{1fffe}\u{10ffff}', '\ue000\uf8ff\u{f0000}', '\ufff9a\ufffab\ufffb', '\u180e\u061c\u2066x\u2069', '\u202eright\u202c',
  '0', '0123456789', '1234567', '12 345 6789', '3.14159', '-42 +7 1e10 0xFF 0b101', '2024-11-24T12:34:56Z', '1/2 ٣٫١٤ ४२ ๔๒ 𝟘𝟙𝟚 １２３', '99999999999999999999', '1234567890123456789012345678901234567890',
  '𝒳𝓎𝔷 𝔸𝔹ℂ 𝗕𝗼𝗹𝗱 𝙼𝚘𝚗𝚘', '𐐀𐐨 𐒰𐓘 𖹀𖹠 𞤀𞤢', '\ua7ce\ua7cf\ua7d2\ua7d4 \u{16ea0}\u{16eb8}', '\u{1e030}\u{10780}\ua7f2', '\u0378\u0530\u{50000}', '𑄰 𒀀 𓀀 𝄞 🀄 𞸀',
  '▁ ▁▁ ▁a a▁b', '_ __ ＿', 'Ġ Ċ ĠHello Ä', '## ##a a##b', '</w> a</w>', '<0x41><0x0A>', '<s></s><unk><pad><mask>', '[CLS] [SEP] [PAD] [UNK] [MASK]', '<|endoftext|><|im_start|>user',
  'hello[SEP]world', 'hello [MASK] world', 'hello[MASK]world', '[mask] [Mask] [MASK', '[[MASK]]', 'x<mask>y', 'x <mask> y', 'x   <mask>   y', '<mask>', ' <mask>', '<mask> ', '<mask><mask>', '<s>hi</s>', '< s >', '<S>',
  'pre<|im_end|>post', '<|im_start|>system\nYou are.<|im_end|>\n', '<|begin_of_text|>x<|eot_id|>', '<|begin_of_text|', '<start_of_turn>user\nhi<end_of_turn>',
  'NEWTOKEN', 'newtoken', 'aNEWTOKENb', 'a NEWTOKEN b', 'NEWTOKEN, NEWTOKEN.', 'NEWTOKENS', 'SOLO', 'a SOLO b', 'aSOLO SOLOb SOLO_ _SOLO', '(SOLO)', 'éSOLOé SOLO\u0301', 'left', 'a   LEFT b', 'a LEFT   b', 'a RIGHT   b', 'a   RIGHT b', 'LEFTRIGHT  LEFT', 'RIGHT   LEFT',
  'ÀCCENT', 'àccent', 'A\u0300CCENT x', 'Ｆull', 'full TOKEN two', 'TOKEN', 'TOKEN TWO', 'TOKENTWO', 'TOK', 'two blanks:  .', 'eight:        .', 'mixed:   \t  \n   .',
  'a\u0300\u0301\u0302\u0303\u0304\u0305', '\u0301a', '\u0301', '\u200d', '👩‍', '\u{1F3FD}', 'x\u{E0067}', '\u20E3 a\u20DD', '\u0903\u0982', 'ⓐⒶ🄰🅐🅰', 'ªº ʰʲ ᴬ ˇ', 'ⅠⅡ ↀ 〇 ᛮ', 'ǅ ᾈ ῼ', '‿⁀ ﹏', '﹣ － ‐ ‑ ‒ – — ―', '〈〉「」『』【】（）', '×÷±≠≤≥∞∑√∫', '$¢£¤¥₿₹฿', '^`´¨¯˙ ꜀', '©®°¶§†‡•‣', '\u2800⠁⠃', '─│┌┐█▓', '♔♕♖♗♘♙ ♠♥♦♣', '☀☁☂ ✓✗ ➔→⇒',
  'Word\u00adbreak', 'co\u2011op', 'naïve café résumé', 'NAÏVE CAFÉ RÉSUMÉ', 'ŒUVRE ŒUF', 'ﷺ', 'ㅎㅎㅎ ㅋㅋ', '^_^ :-) ;-( <3 xD ¯\\_(ツ)_/¯', 'C++ C# F# .NET', 'a.b.c...d', 'the-end', 'x²+y³', 'H₂O', '5°C', '½ cup', '100%', 'AT&T', 'Σίσυφος ΣΑΣ', 'ΑΣ ΑΣΑ', 'straße STRASSE', 'ı I i İ', 'ſs ſt Kelvin K', '\'ſ \'S x\'s X\'T \'re \'RE',
];

const alphabets = [
  [0x20, 0x7e], [0x20, 0x7e], [0x61, 0x7a], [0xa0, 0xff], [0x100, 0x24f], [0x300, 0x36f], [0x370, 0x3ff], [0x400, 0x52f], [0x5d0, 0x5ea], [0x600, 0x6ff], [0x900, 0x97f],
  [0xe00, 0xe7f], [0x1100, 0x11ff], [0x1e00, 0x1fff], [0x2000, 0x206f], [0x2070, 0x209f], [0x20a0, 0x20cf], [0x2100, 0x218f], [0x2190, 0x27bf], [0x3000, 0x30ff], [0x4e00, 0x9fff],
  [0xac00, 0xd7a3], [0xf900, 0xfaff], [0xfb00, 0xfdff], [0xfe00, 0xffef], [0x10000, 0x107ff], [0x11000, 0x12000], [0x1d400, 0x1d7ff], [0x1f000, 0x1faff], [0x20000, 0x2a6df], [0xe0000, 0xe01ef], [0, 0x1f], [0x80, 0x9f],
];

function mixtures(count, length, alphabetsEach) {
  const texts = [];
  for (let i = 0; i < count; i++) {
    const chosen = Array.from({ length: alphabetsEach }, () => alphabets[nextRandom(alphabets.length)]);
    let text = '';
    for (let k = 0; k < length; k++) {
      const [first, last] = chosen[nextRandom(chosen.length)];
      text += nextRandom(7) === 0 ? ' ' : String.fromCodePoint(first + nextRandom(last - first + 1));
    }
    texts.push(text);
  }
  return texts;
}

// Samples of each general category, as far as these exist in Unicode 15.
function categories() {
  const names = 'Lu Ll Lt Lm Lo Mn Mc Me Nd Nl No Pc Pd Ps Pe Pi Pf Po Sm Sc Sk So Zs Cf'.split(' ');
  return names.flatMap(name => {
    const test = new RegExp(`^\\p{${name}}$`, 'u');
    const all = [];
    for (let c = 0; c < 0x1fb00; c++) {
      if ((c < 0xd800 || c > 0xdfff) && test.test(String.fromCodePoint(c))) {
        all.push(c);
      }
    }
    return [0, 1].map(part => Array.from({ length: 12 }, (_, i) =>
      String.fromCodePoint(all[Math.floor(((i * 2 + part) * all.length) / 24)]) + (i % 3 === 2 ? ' ' : i % 3 === 1 ? 'a' : '')).join(''));
  });
}

const words = written.join(' ').split(' ').filter(word => /^[a-zA-Z',.]+$/.test(word));
const sentence = count => Array.from({ length: count }, () => words[nextRandom(words.length)]).join(' ');
const long = [
  sentence(400), 'a'.repeat(600), 'ab'.repeat(150), 'é'.repeat(120), '漢字'.repeat(80), '😀'.repeat(60), ' '.repeat(200), '\n'.repeat(60), '1'.repeat(200), '-'.repeat(150), 'x '.repeat(100), 'ABC'.repeat(40),
  'supercalifragilisticexpialidocious'.repeat(5), '<mask>'.repeat(20), '[MASK] '.repeat(20), 'aA1 '.repeat(40),
];
export const texts = [...written, ...categories(), ...mixtures(30, 24, 2), ...mixtures(20, 30, 6), ...long];
export const pairs = [
  ['one two', 'three four five'], ['', ''], ['a', ''], ['', 'b'], ['Hello [MASK] there', 'x<mask>y'], [sentence(12), sentence(5)], [sentence(4), sentence(14)], [sentence(9), sentence(9)],
];
