"""The sentence encoders: against a plain reference on a made-up model, and with the real weights where present."""

from __future__ import annotations

import math
import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from dfai_engine import weights
from dfai_engine.language import encoders
from dfai_engine.language.encoders.e5 import E5, FILE, read_e5, unpack_rows
from dfai_engine.language.encoders.use import CHUNKS, FILTERS, HIDDEN, OUT, USE, WIDTHS, WORD, _Arrays

WIDTH, LAYERS, HEADS, INNER, POSITIONS = 32, 2, 4, 64, 512
PIECES = ["<s>", "<pad>", "</s>", "<unk>", "\u2581", "a", "b", "c", "\u2581ab", "\u2581query", ":", "q", "u"]
EPS = 1e-12

needs_e5 = pytest.mark.skipif("e5" not in encoders.available(), reason="the weights are not here: models pull embed")
needs_use = pytest.mark.skipif("use" not in encoders.available(), reason="the weights are not here: models pull text")


def quantised(values: np.ndarray) -> bytes:
    """Rows of floats as blocks of 32: a half-float scale, then a nibble each."""
    packed = bytearray()
    for block in values.reshape(-1, 32):
        scale = np.float16(np.abs(block).max() / 7 or 1)
        nibbles = np.clip(np.round(block / np.float32(scale)) + 8, 0, 15).astype(np.uint8)
        packed += scale.tobytes() + (nibbles[:16] | nibbles[16:] << 4).tobytes()
    return bytes(packed)


def small_e5(folder: Path) -> Path:
    """Write a model of 13 words and two layers in the file's format."""
    rng = np.random.default_rng(5)
    plain, packed = {}, {}
    packed["emb.word"] = rng.normal(size=(len(PIECES), WIDTH))
    plain["emb.pos"] = rng.normal(size=POSITIONS * WIDTH)
    plain["emb.type"] = rng.normal(size=2 * WIDTH)
    norms = ["emb.ln"]
    for i in range(LAYERS):
        for name, outputs, inputs in (
            ("q", WIDTH, WIDTH),
            ("k", WIDTH, WIDTH),
            ("v", WIDTH, WIDTH),
            ("ao", WIDTH, WIDTH),
            ("fi", INNER, WIDTH),
            ("fo", WIDTH, INNER),
        ):
            packed[f"l{i}.{name}.w"] = rng.normal(size=(outputs, inputs)) / math.sqrt(inputs)
            plain[f"l{i}.{name}.b"] = rng.normal(size=outputs) / 4
        norms += [f"l{i}.aln", f"l{i}.oln"]
    for name in norms:
        plain[f"{name}.w"] = rng.normal(1, 0.1, size=WIDTH)
        plain[f"{name}.b"] = rng.normal(size=WIDTH) / 4
    arrays = {name: (1, values.size, quantised(values)) for name, values in packed.items()}
    arrays |= {name: (0, values.size, values.astype("<f4").tobytes()) for name, values in plain.items()}

    blob = "".join(PIECES).encode()
    ends = np.cumsum([0, *(len(piece.encode()) for piece in PIECES)])
    head = b"E5S1" + struct.pack("<I7ifi", 1, WIDTH, LAYERS, HEADS, INNER, len(PIECES), POSITIONS, 2, EPS, 32)
    head += struct.pack("<5iQ", len(PIECES), 0, 2, 1, 3, len(blob)) + ends.astype("<u4").tobytes()
    head += np.linspace(-1, -2, len(PIECES)).astype("<f4").tobytes() + blob
    normaliser = struct.pack("<IBI", ord("A"), 1, ord("a")) + struct.pack("<IB", ord("\t"), 0)
    head += struct.pack("<iI", 2, len(normaliser)) + normaliser + struct.pack("<i", len(arrays))
    at = len(head) + sum(2 + len(name) + struct.calcsize("<BIQQ") for name in arrays)
    body = b""
    for name, (kind, count, data) in arrays.items():
        head += struct.pack("<H", len(name)) + name.encode()
        head += struct.pack("<BIQQ", kind, count, at + len(body), len(data))
        body += data
    folder.mkdir(exist_ok=True)
    (folder / FILE).write_bytes(head + body)
    return folder


def reference(encoder: E5, ids: Sequence[int]) -> np.ndarray:
    """One text through the network, word by word and head by head."""

    def norm(x: np.ndarray, gain: np.ndarray, bias: np.ndarray) -> np.ndarray:
        return (x - x.mean()) / math.sqrt(x.var() + EPS) * gain + bias

    words = unpack_rows(encoder._words)
    xs = [norm(words[i] + encoder._places[at], encoder._gain, encoder._bias) for at, i in enumerate(ids)]
    size = WIDTH // HEADS
    for layer in encoder._layers:
        qkv = [x @ layer.qkv_w + layer.qkv_b for x in xs]
        mixed = []
        for mine in qkv:
            parts = []
            for head in range(HEADS):
                here = slice(head * size, (head + 1) * size)
                q = mine[:WIDTH][here]
                scores = np.array([q @ other[WIDTH : 2 * WIDTH][here] / math.sqrt(size) for other in qkv])
                shares = np.exp(scores) / np.exp(scores).sum()
                parts.append(sum(s * other[2 * WIDTH :][here] for s, other in zip(shares, qkv, strict=True)))
            mixed.append(np.concatenate(parts))
        xs = [
            norm(x + m @ layer.out_w + layer.out_b, layer.attention_gain, layer.attention_bias)
            for x, m in zip(xs, mixed, strict=True)
        ]
        inner = [x @ layer.inner_w + layer.inner_b for x in xs]
        inner = [np.array([v * (1 + math.erf(v / math.sqrt(2))) / 2 for v in row]) for row in inner]
        xs = [
            norm(x + row @ layer.outer_w + layer.outer_b, layer.output_gain, layer.output_bias)
            for x, row in zip(xs, inner, strict=True)
        ]
    mean = np.mean(xs, axis=0)
    return np.asarray(mean / np.linalg.norm(mean))


@pytest.fixture(scope="module")
def e5(tmp_path_factory: pytest.TempPathFactory) -> E5:
    return read_e5(small_e5(tmp_path_factory.mktemp("e5")))


def test_e5_computes_what_a_plain_reading_of_the_network_computes(e5: E5) -> None:
    texts = ["ab", "a b c", "cab ab ba", "b", "a b c"]

    vectors = e5.embed(texts)

    assert vectors.shape == (5, WIDTH)
    for text, vector in zip(texts, vectors, strict=True):
        np.testing.assert_allclose(vector, reference(e5, e5._ids(text)), atol=2e-5)


def test_e5_reads_its_normaliser_and_its_pieces(e5: E5) -> None:
    names = [PIECES[i] for i in e5._ids("A\tB  c")]

    assert names[0] == "<s>"
    assert names[-1] == "</s>"
    assert "".join(names[1:-1]).startswith("\u2581query:\u2581a")


def test_e5_cuts_a_text_at_the_last_position(e5: E5) -> None:
    assert len(e5._ids("abc" * 1000)) == POSITIONS
    np.testing.assert_allclose(np.linalg.norm(e5.embed(["abc" * 1000]), axis=1), 1, atol=1e-5)


def test_a_damaged_e5_file_is_refused_with_a_sentence(tmp_path: Path) -> None:
    whole = (small_e5(tmp_path) / FILE).read_bytes()

    for damaged, message in (
        (b"XXXX" + whole[4:], "not an E5S1 file"),
        (whole[:200], "outside the file"),
        (whole[:-64], "outside the file"),
        (whole.replace(b"l1.q.w", b"l1.z.w"), "no array named 'l1.q.w'"),
    ):
        (tmp_path / FILE).write_bytes(damaged)
        with pytest.raises(ValueError, match=message):
            read_e5(tmp_path)


class Letters:
    """Stands in for the sentence pieces: one id a letter, between a beginning and an end."""

    def encode(self, texts: list[str], *, add_bos: bool, add_eos: bool) -> list[list[int]]:
        return [[1] * add_bos + [ord(letter) % 34 for letter in text] + [2] * add_eos for text in texts]


def small_use(missing: str = "") -> USE:
    rng = np.random.default_rng(6)

    def normal(*shape: int) -> np.ndarray:
        return (rng.normal(size=shape) / math.sqrt(shape[0])).astype(np.float32)

    arrays = {f"q{i + 1}": rng.integers(0, 64, size=(2, WORD), dtype=np.uint8) for i in range(CHUNKS)}
    arrays |= {"lo": -3 * np.ones(CHUNKS, np.float32), "scale": np.full(CHUNKS, 0.1, np.float32)}
    for k in WIDTHS:
        arrays |= {f"proj{k}": normal(WORD, FILTERS), f"proj_b{k}": normal(FILTERS)}
        arrays |= {f"ln_g{k}": np.ones(FILTERS, np.float32), f"ln_b{k}": normal(FILTERS)}
        arrays |= {f"w1_{k}": normal(k * FILTERS, FILTERS), f"b1_{k}": normal(FILTERS)}
        arrays |= {f"w2_{k}": normal(k * FILTERS, FILTERS), f"b2_{k}": normal(FILTERS)}
    joined = WORD + FILTERS * len(WIDTHS)
    arrays |= {"ln_g": np.ones(joined, np.float32), "ln_b": normal(joined)}
    arrays |= {"cnn_W": normal(joined, OUT), "cnn_b": normal(OUT)}
    arrays |= {"d0": normal(OUT, HIDDEN), "d1": normal(HIDDEN, HIDDEN), "p1": normal(OUT, HIDDEN)}
    arrays |= {"d2": normal(HIDDEN, OUT), "d3": normal(OUT, OUT), "p3": normal(HIDDEN, OUT)}
    arrays.pop(missing, None)
    return USE(_Arrays(Path("weights.npz"), arrays), Letters())


def test_use_gives_a_text_the_same_vector_alone_and_among_others() -> None:
    encoder = small_use()
    texts = ["short", "a somewhat longer text", "x", "", "short", "y" * 5000, "the last one"]

    together = encoder.embed(texts)
    alone = np.concatenate([encoder.embed([text]) for text in texts])

    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-5)


def test_use_sees_the_order_of_words() -> None:
    vectors = small_use().embed(["abcdef", "fedcba"])

    assert vectors[0] @ vectors[1] < 0.999


def test_use_without_one_of_its_arrays_is_refused_with_its_name() -> None:
    with pytest.raises(ValueError, match=r"array 'w2_3' is missing, wanted \(768, 256\)"):
        small_use(missing="w2_3")


@pytest.mark.parametrize("name", [pytest.param("e5", marks=needs_e5), pytest.param("use", marks=needs_use)])
def test_a_translation_is_nearer_than_another_sentence(name: str) -> None:
    pairs = [
        ("The train leaves at eight.", "Der Zug fährt um acht."),
        ("I love this song.", "Me encanta esta canción."),
        ("My phone is broken.", "Mon téléphone est cassé."),
        ("Where is the library?", "図書館はどこですか。"),
        ("It will rain tomorrow.", "Завтра будет дождь."),
    ]
    encoder = encoders.load(name)

    likeness = encoder.embed([a for a, _ in pairs]) @ encoder.embed([b for _, b in pairs]).T

    assert likeness.argmax(axis=1).tolist() == [0, 1, 2, 3, 4]
    assert likeness.argmax(axis=0).tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", [pytest.param("e5", marks=needs_e5), pytest.param("use", marks=needs_use)])
def test_threads_share_one_encoder_and_get_the_same_vectors(name: str) -> None:
    texts = ["One sentence.", "Ein zweiter Satz, etwas länger.", "第三句。", "broken \ud800 surrogate"]
    with ThreadPoolExecutor(4) as pool:
        loaded = list(pool.map(encoders.load, [name] * 4))
        answers = list(pool.map(lambda encoder: encoder.embed(texts), loaded))

    assert all(encoder is loaded[0] for encoder in loaded)
    for answer in answers:
        np.testing.assert_array_equal(answer, answers[0])


def test_without_weights_no_encoder_is_available_and_the_error_says_how_to_get_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DFAI_MODELS", str(tmp_path))

    assert encoders.available() == []
    with pytest.raises(weights.ModelMissing, match="dfai models pull embed"):
        encoders.load("e5")
