#!/usr/bin/env python3
"""Writes the test vectors in test/tokenizers/synthetic with Hugging Face tokenizers (0.23.1).

usage: gen-tokenizer-vectors.py OUTPUT_DIR [TEXTS.json TOKENIZER.json VECTORS.json]

With four arguments it encodes the texts of one file of vectors with a tokenizer, and writes another.

Real tokenizer.json files use few of the format's components. This builds small ones that use the
others and records what Hugging Face's own library makes of them: pieces of normalizers,
pre-tokenizers and decoders (components.json), regular expressions in Oniguruma's syntax
(regexes.json), and whole tokenizers (models.json). Run it again only to add cases.
"""

import json
import pathlib
import random
import sys

from tokenizers import Tokenizer

TEXTS = [
    "", " ", "a", "  two  spaces ", "Hello, world! It's 12345 o'clock.", "\n\n x\r\n\ty \n",
    "naïve café – ÀÉ", "e\u0301a\u0300 \u212b \u1100\u1161\u11a8", "日本語、テスト。한국어",
    "ﬁﬂ ½² Ⅷ 〇 ٣٤", "İstanbul ß ẞ ſ K ΑΣ", "a\u180eb\u0085c\u00a0d\u2028e\u200df\u3000g",
    "😀👩‍👩‍👧 ok", "don't We'LL 'S'", "x_y-z+w=1 <tag> $9.99 #a @b", "▁under▁score  ▁ x",
    "<s> hi </s><mask>  and<mask> [X] [x]", "tok TOK tokens tok.tok  tok ", "caf\u00e9 cafe\u0301",
    "\u0000\u0001\u001b[0m\u007f", "aaaa aaaaa abab", "Ünïcödé wörd\u0308s", "हिन्दी ไทย", "１２３ＡＢＣ",
    "<0x41> <0xZZ>", "12 34,567 8.9e10", "…—“quoted”—…", "\U0001d518\U0001d52b", "\ufeffbom",
]

STRING = {"String": "ab"}


def regex(pattern):
    return {"Regex": pattern}


def split(pattern, behavior="Isolated", invert=False):
    return {"type": "Split", "pattern": pattern, "behavior": behavior, "invert": invert}


NORMALIZERS = [
    {"type": "NFC"}, {"type": "NFD"}, {"type": "NFKC"}, {"type": "NFKD"}, {"type": "Lowercase"},
    {"type": "StripAccents"}, {"type": "Nmt"}, {"type": "ByteLevel"},
    {"type": "Strip", "strip_left": True, "strip_right": True},
    {"type": "Strip", "strip_left": True, "strip_right": False},
    {"type": "Strip", "strip_left": False, "strip_right": True},
    {"type": "Prepend", "prepend": "▁"},
    {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
    {"type": "Replace", "pattern": regex(r"\s+"), "content": " "},
    {"type": "Replace", "pattern": regex(r"x*"), "content": "-"},
    {"type": "Replace", "pattern": {"String": "a.b"}, "content": ""},
    {"type": "Sequence", "normalizers": [
        {"type": "NFD"}, {"type": "StripAccents"}, {"type": "Lowercase"},
        {"type": "Replace", "pattern": {"String": " "}, "content": "_"}]},
    {"type": "Sequence", "normalizers": []},
]

BEHAVIORS = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]

PRE_TOKENIZERS = (
    [{"type": "ByteLevel", "add_prefix_space": p, "trim_offsets": True, "use_regex": r}
     for p in (False, True) for r in (False, True)]
    + [split(regex(r"\s+|\d"), b, i) for b in BEHAVIORS for i in (False, True)]
    + [split(STRING, b) for b in BEHAVIORS]
    + [split({"String": "."}), split(regex(r"a*"), "MergedWithNext")]
    + [{"type": "Punctuation", "behavior": b} for b in BEHAVIORS]
    + [{"type": "Digits", "individual_digits": d} for d in (False, True)]
    + [{"type": "Whitespace"}, {"type": "WhitespaceSplit"}, {"type": "BertPreTokenizer"},
       {"type": "CharDelimiterSplit", "delimiter": "-"}, {"type": "FixedLength", "length": 3}]
    + [{"type": "Metaspace", "replacement": "▁", "prepend_scheme": s, "split": p}
       for s in ("first", "never", "always") for p in (False, True)]
    + [{"type": "Sequence", "pretokenizers": [
        {"type": "WhitespaceSplit"}, {"type": "Digits", "individual_digits": True},
        {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": True},
        {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": False,
         "use_regex": True}]}]
)

DECODERS = [
    {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
    {"type": "ByteFallback"}, {"type": "Fuse"},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always", "split": True},
    {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "never", "split": True},
    {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
    {"type": "Replace", "pattern": {"String": "bc"}, "content": "-"},
    {"type": "Replace", "pattern": regex(r"[a-c]+"), "content": "<>"},
    {"type": "Strip", "content": "▁", "start": 1, "stop": 0},
    {"type": "BPEDecoder", "suffix": "</w>"},
    {"type": "Sequence", "decoders": [
        {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
        {"type": "ByteFallback"}, {"type": "Fuse"},
        {"type": "Strip", "content": " ", "start": 1, "stop": 0}]},
    {"type": "Sequence", "decoders": [
        {"type": "ByteLevel", "add_prefix_space": True, "trim_offsets": True, "use_regex": True},
        {"type": "Strip", "content": "a", "start": 2, "stop": 0},
        {"type": "Replace", "pattern": regex("b$"), "content": "!"}]},
]

TOKENS = ["▁a", "▁▁b", "bc", "abc", "Ġthe", "Ã©", "Ã", "©", "ðŁĺ", "Ģ", "<0xE2>", "<0x96>", "<0x81>",
          "<0xFF>", "<0x41>", "<0xzz>", "low</w>", "er</w>", "</w>", "日本", "▁", " ", "", "a a", "é"]

REGEXES = [
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
    r"(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+"
    r"[\p{Ll}\p{Lm}\p{Lo}\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n/]*"
    r"|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[!\"#$%&'()*+,\-./:;<=>?@\[\\\]^_`{|}~][A-Za-z]+|[^\r\n\p{L}\p{P}\p{S}]?[\p{L}\p{M}]+"
    r"| ?[\p{P}\p{S}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    r"[一-龥぀-ゟ゠-ヿ]+", r"[\p{Han}&&[^本]]+|\p{Hiragana}|\p{^L}+", r"\w+", r"\W", r"\s", r"\S+",
    r"[^\S\n]+", r"[\W\d]+", r"\h+", r"\H", r"[\h.]+", r"[\H&&\w]", r"\v|\t", r"\d{2}+", r"\d{2}?",
    r"\d{,2}", r"a{1", r"x++y|o+?", r"^.", r".$", r"(?m:d.*)", r"(?mi)IT.*", r"o(?i)C|w", r"\bt", r"\B",
    r"(?<=l)l|(?<!l)l", r"(?<q>[a-z])\k<q>", r"(l)\1", r"[[:punct:]]+", r"[[:alpha:][:digit:]]+",
    r"[[:^space:]]", r"\p{Alnum}+|\p{Punct}", r"\p{Uppercase_Letter}+\P{Ll}?", r"[a-c[x-z]]+",
    r"[^a-y[0-3]]+", r"[]a]+", r"[a-]+", r"[\]\-e]+", r"\x{65e5}|\u672C|\x41", r"\101|\n", r"(?x: l l # two" "\n)",
    r"(?#note)e|(?>l+)o", r"\R|k", r"\A.|.\z", r"[^\n]\Z", r"\N+", r"\O", r"(?i)ſ|ǆ|σ|k", r"(?i:ÀÉ)",
    r"(?=o)|e", r"", r"[\p{L}--]+", r"\p{Greek}|\p{Cyrillic}+|\p{Emoji}", r"[\x{1F600}-\x{1F64F}]",
    r"a|ab|abc", r"[^[:alnum:]]+", r"\e|\a|\cA", r"[\d-z]+", r"(?:a|(?:b(?=a)))+", r"\p{Nd}+|\p{No}", r"[[:^punct:]]+", r"[[:word:]&&\P{L}]+",
    r"[[a-z]&&[^aeiou]&&[^t]]+", r"\p{Space}+|\p{Upper}", r"\Qa", r"(?-i:a)(?i-m:B)?", r"'(?i:[sdmt]|ll|ve|re)"
    r"|[^\r\n\p{L}\p{N}]?+\p{L}++|\p{N}{1,3}+| ?[^\s\p{L}\p{N}]++[\r\n]*+|\s++$|\s*[\r\n]|\s+(?!\S)|\s",
]


def added(id, content, **options):
    token = {"id": id, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
             "normalized": False, "special": False}
    return token | options


def document(vocab, merges, added_tokens=(), **rest):
    model = {"type": "BPE", "dropout": None, "unk_token": None, "continuing_subword_prefix": None,
             "end_of_word_suffix": None, "fuse_unk": False, "byte_fallback": False,
             "ignore_merges": False, "vocab": {t: i for i, t in enumerate(vocab)}, "merges": merges}
    model |= rest.pop("model", {})
    out = {"version": "1.0", "truncation": None, "padding": None, "added_tokens": list(added_tokens),
           "normalizer": None, "pre_tokenizer": None, "post_processor": None, "decoder": None,
           "model": model}
    return out | rest


def byte_chars():
    plain = [*range(33, 127), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    other = [b for b in range(256) if b not in plain]
    table = {b: chr(b) for b in plain} | {b: chr(256 + i) for i, b in enumerate(other)}
    return [table[b] for b in range(256)]


BYTE_LEVEL = {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": True}
LLAMA_DECODER = DECODERS[10]
TEMPLATE = {"type": "TemplateProcessing",
            "single": [{"SpecialToken": {"id": "<s>", "type_id": 0}},
                       {"Sequence": {"id": "A", "type_id": 0}},
                       {"SpecialToken": {"id": "</s>", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<s>": {"id": "<s>", "ids": [1], "tokens": ["<s>"]},
                               "</s>": {"id": "</s>", "ids": [2, 2], "tokens": ["</s>", "</s>"]}}}


def models():
    base = ["<unk>", "<s>", "</s>"] + [f"<0x{b:02X}>" for b in range(256)]
    letters = ["▁", "a", "b", "e", "h", "i", "l", "o", "t", "k", "n", "s", "d", "é", "日", "x", "."]
    merges = [["▁", "t"], ["h", "e"], ["▁t", "o"], ["▁to", "k"], ["l", "l"], ["he", "ll"], ["▁", "▁"],
              ["a", "a"], ["aa", "a"], ["aa", "aa"], ["a", "b"], ["ab", "ab"], ["e", "n"], ["l", "o"]]
    joined = ["".join(m) for m in merges]
    specials = [added(0, "<unk>", special=True), added(1, "<s>", special=True, rstrip=True),
                added(2, "</s>", special=True, lstrip=True)]
    vocab = base + letters + joined
    n = len(vocab)
    metaspace = {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}
    yield "llama", document(
        vocab, merges, specials + [added(n, "<mask>", lstrip=True, rstrip=True)],
        model={"unk_token": "<unk>", "byte_fallback": True, "fuse_unk": True},
        normalizer={"type": "Sequence", "normalizers": [
            {"type": "Prepend", "prepend": "▁"},
            {"type": "Replace", "pattern": {"String": " "}, "content": "▁"}]},
        post_processor=TEMPLATE, decoder=LLAMA_DECODER)
    yield "metaspace-first", document(
        vocab, [" ".join(m) for m in merges], specials + [added(n, "[X]", normalized=True)],
        model={"unk_token": "<unk>", "byte_fallback": True}, normalizer={"type": "Lowercase"},
        pre_tokenizer=metaspace, post_processor=TEMPLATE,
        decoder={"type": "Sequence", "decoders": [
            {"type": "ByteFallback"},
            {"type": "Metaspace", "replacement": "▁", "prepend_scheme": "first", "split": False}]})
    for fuse in (False, True):
        yield f"unknown-{fuse}", document(
            ["<unk>"] + letters + joined, merges, [added(0, "<unk>", special=True)],
            model={"unk_token": "<unk>", "fuse_unk": fuse},
            pre_tokenizer={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always",
                           "split": True},
            decoder={"type": "Metaspace", "replacement": "▁", "prepend_scheme": "always",
                     "split": True})
    yield "no-unknown", document(letters + joined, merges, pre_tokenizer={"type": "WhitespaceSplit"})
    words = ["a", "b", "o", "k", "t", "n", "e", "##a", "##b", "##o", "##k", "##t", "##n</w>", "##e",
             "##k</w>", "a</w>", "##ok", "tok", "tok</w>", "##ok</w>", "##ab", "##en</w>", "aab"]
    yield "affixes", document(
        words, [["##o", "##k"], ["##o", "##k</w>"], ["t", "##ok"], ["t", "##ok</w>"], ["##a", "##b"],
                ["a", "##ab"], ["##e", "##n</w>"]],
        model={"continuing_subword_prefix": "##", "end_of_word_suffix": "</w>"},
        pre_tokenizer={"type": "Whitespace"}, decoder={"type": "BPEDecoder", "suffix": "</w>"})
    chars = byte_chars()
    merges = [["Ġ", "t"], ["h", "e"], ["Ġt", "o"], ["Ġto", "k"], ["l", "l"], ["Ã", "©"], ["ð", "Ł"],
              ["ðŁ", "ĺ"], ["a", "a"], ["aa", "aa"], ["Ġ", "Ġ"], ["ĠĠ", "ĠĠ"]]
    vocab = chars + ["".join(m) for m in merges] + ["Hello", "Ġo"]
    n = len(vocab)
    yield "ignore-merges", document(
        vocab, merges, [added(n, "tok", single_word=True), added(n + 1, "<mask>", lstrip=True),
                        added(n + 2, "\n", normalized=True, rstrip=True), added(n + 3, "<mask> "),
                        added(n + 4, "CAFÉ", normalized=True)],
        model={"ignore_merges": True}, pre_tokenizer=BYTE_LEVEL, decoder=BYTE_LEVEL,
        normalizer={"type": "Sequence", "normalizers": [{"type": "NFC"}, {"type": "Lowercase"}]},
        post_processor={"type": "Sequence", "processors": [
            BYTE_LEVEL, {"type": "RobertaProcessing", "sep": ["tok", n], "cls": ["<mask>", n + 1],
                         "trim_offsets": True, "add_prefix_space": True}]})
    yield "prefix-space", document(
        vocab, merges, [added(n, "[x]", special=True, normalized=True, single_word=True),
                        added(n + 1, "tok", special=True, lstrip=True, rstrip=True, single_word=True)],
        pre_tokenizer=BYTE_LEVEL | {"add_prefix_space": True}, decoder=BYTE_LEVEL,
        normalizer={"type": "Strip", "strip_left": True, "strip_right": False},
        post_processor={"type": "BertProcessing", "sep": ["[x]", n], "cls": ["tok", n + 1]})
    yield "bytes-first", document(
        vocab, merges, [added(n, " é", normalized=True)], normalizer={"type": "ByteLevel"},
        pre_tokenizer=split(regex("Ġ+")), decoder=BYTE_LEVEL)


def component(name, value):
    vocab = byte_chars()
    tokenizer = Tokenizer.from_str(json.dumps(document(vocab, [], **{name: value})))
    part = getattr(tokenizer, name)
    if name == "normalizer":
        cases = [[t, part.normalize_str(t)] for t in TEXTS]
    elif name == "pre_tokenizer":
        cases = [[t, [p for p, _ in part.pre_tokenize_str(t)]] for t in TEXTS]
    else:
        random.seed(7)
        lists = [[t] for t in TOKENS] + [random.choices(TOKENS, k=random.randint(1, 9)) for _ in range(60)]
        cases = [[tokens, part.decode(tokens)] for tokens in lists]
    return {"component": name, "json": value, "cases": cases}


def whole(name, value):
    tokenizer = Tokenizer.from_str(json.dumps(value))
    random.seed(name)
    alphabet = ["a", "b", "aa", " ", "  ", "tok", "hello", "é", "日", "x", ".", "\n", "<mask>", "<s>", "[X]",
                "\t", "</s>", "K", "😀", "▁", "é", "n", "e", "CAFÉ", "café"]
    texts = TEXTS + ["".join(random.choices(alphabet, k=random.randint(1, 20))) for _ in range(60)]
    vectors = []
    for text in texts:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        vectors.append({"text": text, "ids": ids,
                        "with_special": tokenizer.encode(text, add_special_tokens=True).ids,
                        "decoded": tokenizer.decode(ids, skip_special_tokens=False)})
    decodes = []
    for _ in range(60):
        size = tokenizer.get_vocab_size()
        ids = [random.randrange(size) if random.random() < 0.5 else random.randrange(3)
               for _ in range(random.randint(1, 12))]
        decodes.append({"ids": ids, "decoded": tokenizer.decode(ids, skip_special_tokens=False),
                        "skipped": tokenizer.decode(ids, skip_special_tokens=True)})
    return {"name": name, "json": value, "size": tokenizer.get_vocab_size(), "vectors": vectors,
            "decodes": decodes}


def write(path, rows):
    lines = ",\n".join(json.dumps(row, ensure_ascii=False, separators=(",", ":")) for row in rows)
    path.write_text(f"[\n{lines}\n]\n", encoding="utf-8")


def real(texts, tokenizer, out):
    tokenizer = Tokenizer.from_file(tokenizer)
    rows = []
    for text in [row["text"] for row in json.loads(pathlib.Path(texts).read_text())] + TEXTS:
        ids = tokenizer.encode(text, add_special_tokens=False).ids
        decoded = tokenizer.decode(ids, skip_special_tokens=False)
        rows.append({"text": text, "ids": ids, "decoded": decoded})
    write(pathlib.Path(out), rows)


def main():
    out = pathlib.Path(sys.argv[1])
    if len(sys.argv) == 5:
        return real(*sys.argv[2:])
    write(out / "components.json",
          [component("normalizer", v) for v in NORMALIZERS]
          + [component("pre_tokenizer", v) for v in PRE_TOKENIZERS]
          + [component("decoder", v) for v in DECODERS])
    rows = []
    for pattern in REGEXES:
        try:
            rows.append(component("pre_tokenizer", split(regex(pattern))))
        except Exception as error:
            print(f"{pattern!r}: {error}", file=sys.stderr)
            rows.append({"component": "pre_tokenizer", "json": split(regex(pattern)), "error": True})
    write(out / "regexes.json", rows)
    write(out / "models.json", [whole(name, value) for name, value in models()])


if __name__ == "__main__":
    main()
