"""Makes Fixtures/tokens/tricky.tsv and unrepaired.tsv: TEXT (JSON string) <tab> ids without padding.

    python3 Scripts/make-token-vectors.py

Needs open_clip_torch 3.3 and ftfy 6.3. The ids of tricky.tsv are OpenCLIP's own. A text whose encoding ftfy guesses at
goes to unrepaired.tsv, with the ids that OpenCLIP has where that guessing is switched off.
"""
import json
import pathlib
import random
import unicodedata

import ftfy
from open_clip import tokenizer as clip

FOLDER = pathlib.Path(__file__).resolve().parent.parent / "Fixtures/tokens"
SEED = 20260101

TRICKY = [
    # Blanks and control characters.
    "a\u3000b", "a\u2028b\u2029c", "a\u0085b", "a\rb\r\nc\n\nd", "a\u1680b\u2003c\u202fd\u205fe", "a\x1cb\x1dc\x1ed\x1fe", "a\x0bb\x0cc",
    "a\x00b\x01c\x7fd", "\ufeffbom", "a\u200bb\u200cc\u200dd\u2060e", "left\u200eright\u200f", "\u202aembed\u202c", "\u206aold\u206f",
    "\ufff9note\ufffa\ufffb\ufffc", "\x1a", "\x80\x85\x91quoted\x92 \x93double\x94", "\x81\x8d\x8f\x90\x9d", "\u180emongolian",
    # Terminal escapes.
    "\x1b[31mred\x1b[0m", "\x1b[1;32;40mbold", "\x1b[Kline", "\x1b[", "\x1b[3", "\x1b]0;title\x07", "\x1b[\x1b[0m1m", "\x1b[\u0663mx",
    # Quotes, ligatures, widths.
    "\u2018a\u2019 \u201ab\u201b \u201cc\u201d \u201ed\u201f", "\u02bcn", "it\u2019s they\u2019ll we\u2019ve I\u2019m you\u2019d don\u2019t we\u2019re",
    "\ufb00\ufb01\ufb02\ufb03\ufb04\ufb05\ufb06", "\u0132\u0133 \u0149 \u01c4\u01c5\u01c6 \u01c7\u01c8\u01c9 \u01ca\u01cb\u01cc \u01f1\u01f2\u01f3",
    "\uff26\uff35\uff2c\uff2c \uff11\uff12\uff13\uff01", "\uff76\uff9e\uff77\uff9f\uff71", "\uffb1\uffc2\uffdc", "\uffe0\uffe1\uffe2\uffe3\uffe4\uffe5\uffe6\uffe8\uffed",
    "\uff06\uff41\uff4d\uff50\uff1b lt", "\uff5f\uff60\uff61\uff62\uff63\uff64\uff65", "\uff41'\uff53", "\u00e6 \u0153 \u00df \u1e9e",
    # HTML references.
    "&amp;", "&amp", "&AMP;", "&ampere", "&amp;amp;amp;amp;lt;", "&lt;b&gt;", "<b>&amp;</b>", "a < b &amp; c", "&amp;\n<\n&amp;amp;amp;", "&eacute;&EACUTE;&Eacute;&eAcute;",
    "&szlig;&SZLIG;", "&hellip;&mdash;&nbsp;x", "&notin;&notit;&not;&notx", "&NotEqualTilde;", "&#233;&#xe9;&#XE9;&#233", "&#59;", "&#59;x&#59", "&#0;&#1;&#13;&#128;&#x80;&#150;",
    "&#xD800;&#x110000;&#99999999999;", "&#xFFFE;&#x1FFFF;&#xFDD0;x", "&#;&#x;&#xg;&;& ;&&", "&#12a;", "&#00065;", "&unknown;&amp;unknown;", "&amp&lt&gt", "&lt;start_of_text&gt;",
    "&CounterClockwiseContourIntegral;", "&thisnameismuchtoolongtobeanentity;", "&copy2024 &reg", "&nGt;&fjlig;", "AT&T &t; R&D", "&ATILDE;&SUP3;", "&am\x00p;", "&#38;#59;", "&amp;#38;",
    "&acE;&bne;&caps;", "&quot;&apos;&#39;s", "it&#39;s it&#x27;s it&rsquo;s", "&nbsp", "&zwj;", "&times&timesb;", "&lang;&rang;", "&#8217;s &#8220;q&#8221;", "&amp\u037e", "&amp&#59;x", "&am&semi;p;", "&lt\u212a;",
    # Composition.
    "e\u0301 e\u0323\u0302 e\u0302\u0323 o\u031b\u0323", "\u1100\u1161\u11a8 \uac00\u11a8 \u1100\u1161", "\u212b \u2126 \u212a \u037e \u0387", "\u0958\u0929\u0931", "\u09c7\u09be \u0b47\u0b56",
    "q\u0307\u0323 d\u0307\u0323", "\u0344 \u0345 a\u0345b \u1fb3 \u03b1\u0345", "<\u0338 =\u0338 >\u0338", "\u2adc \u2add\u0338", "\U0001d15e \U0001d157\U0001d165", "\u0f71\u0f72\u0f74\u0f73",
    "a\u0315\u0300\u05ae\u0062", "\u0301a", "\u304b\u3099\u306f\u309a", "s\u0323\u0307 \u1e69", "\uf900\ufa0e\ufb1d\ufb2c", "\u1e9b\u0323", "n\u0303 N\u0303 c\u0327", "a" + "\u0301\u0323" * 20,
    "\U000110a5\U000110ba \U00011131\U00011127", "\u0cc6\u0cc2\u0cd5 \u0dd9\u0dcf\u0dca",
    # Case.
    "\u0130stanbul I\u0130\u0131i", "\u03a3\u03a3 \u039f\u03a3 \u03a3\u0391\u03a3. A\u03a3' '\u03a3", "\u01c5 \u1f88 \u1fbc \u1e9e", "\u10a0\u13a0\uab70\u2c00", "\u212b\u212a", "\U00010400\U00010428 \U0001e900",
    "\u2160\u216f\u24b6\u24d0", "\U0001d400\U0001d7d8", "\u00aa\u00ba\u02b0", "a\u00ad\u03a3\u00ad b",
    # Numerals and words.
    "\u00b2\u00b3\u00b9 \u00bd\u00be \u2167 \u2460 \u0663\u0664 \u4e00 \u3007 \u0bf0", "3\u00bd\u2154x10\u00b2", "1st 2nd 3,000.50 1e-5 0x1F", "a1b2c3", "x\u00b2+y\u00b2", "\U0001f1e9\U0001f1ea \U0001f469\u200d\U0001f52c \U0001f44d\U0001f3fd \u2764\ufe0f",
    "'s 't 're 've 'm 'll 'd", "'S 'LL 'sx 'tis", "'\u017f it'\u017f", "''s '''t", "!'s .'re", "<start_of_text>a<end_of_text>", "<START_OF_TEXT>", "<\u017ftart_of_text>", "!<end_of_text>", "<end_of_text", "<<start_of_text>>",
    "\u05e9\u05dc\u05d5\u05dd", "\u0645\u0631\u062d\u0628\u0627", "\u0928\u092e\u0938\u094d\u0924\u0947", "\u0e2a\u0e27\u0e31\u0e2a\u0e14\u0e35", "\u0539\u0587 \u0587", "\ufdfa", "\u1d6f\u1d79", "\ua64a\ua64b", "\ue000\uf8ff\U000f0000",
    "z\u0351\u036b\u0343a\u0329l\u0348g\u0334o", "\ufffd\ufffd", "a_b__c-d--e", "C:\\dir\\file.txt", "https://example.org/a?b=c&d=e&copy=f", "user@example.org", "#tag @name", "\u00a1\u00bfqu\u00e9?!", "100\u00b0C \u00b1 5%", "\u00a35 \u20ac6 \u00a57",
    "floccinaucinihilipilification", "Donaudampfschifffahrtsgesellschaftskapit\u00e4n", "ab" * 500, "\u00e9" * 120, "\U0001f600" * 90, "!" * 400, "=" * 77, "1" * 80, "a b " * 37 + "a", "a b " * 37 + "a b", "a b " * 38, "x " * 74 + "yellowish",
]

# Text that was decoded in the wrong encoding, which ftfy guesses at.
MISDECODED = ["caf\u00c3\u00a9", "\u00e2\u0080\u0099", "it\u00e2\u20ac\u2122s", "na\u00c3\u00afve fa\u00c3\u00a7ade", "\u00c2\u00a320", "schÃ¶n", "ðŸ˜€", "Ð¿Ñ€Ð¸Ð²ÐµÑ‚", "Ã la mode", "â€œquoteâ€\x9d"]


def pieces():
    """What random texts are put together from: whatever some rule treats in its own way."""
    ranges = [(0x00, 0x80), (0x20, 0x7F), (0xA0, 0x250), (0x300, 0x370), (0x370, 0x530), (0x1E00, 0x2000), (0x2000, 0x2100), (0x3040, 0x3100), (0xAC00, 0xAC80), (0xFF00, 0xFFF0)]
    whole = ["&amp;", "&eacute", "&#39;", "<", "'s", "'ll", " ", " ", " ", "cat", "dog", "House", "\x1b[0m", "\u0301", "\u0323", "\u03a3", "\u1100", "\u1161", "\u11a8", "&", ";", "\n"]
    return ranges, whole


def random_texts(count):
    source = random.Random(SEED)
    ranges, whole = pieces()
    for _ in range(count):
        text = ""
        for _ in range(source.randrange(1, 24)):
            first, end = source.choice(ranges)
            character = chr(source.randrange(first, end))
            known = unicodedata.category(character) != "Cn"
            text += character if known and source.random() < 0.5 else source.choice(whole)
        yield text


def ids(tokenizer, text):
    tokens = [tokenizer.sot_token_id] + tokenizer.encode(text) + [tokenizer.eot_token_id]
    return tokens[:tokenizer.context_length - 1] + [tokenizer.eot_token_id] if len(tokens) > tokenizer.context_length else tokens


def write(name, vectors):
    lines = (f"{json.dumps(text)}\t{' '.join(map(str, tokens))}\n" for text, tokens in vectors)
    (FOLDER / name).write_text("".join(lines), encoding="ascii")


def main(count=400):
    tokenizer = clip.SimpleTokenizer()
    fix_text = ftfy.fix_text
    same, different = [], []
    for text in dict.fromkeys(TRICKY + MISDECODED + list(random_texts(count))):
        repaired = ids(tokenizer, text)
        ftfy.fix_text = lambda text: fix_text(ftfy.fixes.fix_c1_controls(text), fix_encoding=False)
        plain = ids(tokenizer, text)
        ftfy.fix_text = fix_text
        (same if plain == repaired else different).append((text, plain))
    write("tricky.tsv", same)
    write("unrepaired.tsv", different)
    print(len(same), len(different))


if __name__ == "__main__":
    main()
