"""How well the embedded engine tells voices apart, and how fast.

    python -m benchmarks.quality_speakers [--samples FOLDER]
    python -m benchmarks.quality_speakers --speed

*samples* are WAV files (PCM, 16 bits, 16 kHz, mono) whose names say who speaks: ``speaker_a_1.wav`` and
``speaker_a_2.wav`` are one speaker's. The other voices are SVOX Pico's six, made as the benchmark runs; so there are no
two recordings of one speaker on two days or over two microphones, and real error rates are higher. Every figure in
``docs/models-speaker.md`` comes from here.
"""

from __future__ import annotations

import argparse
import itertools
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from dfai_engine.failures import ServiceFailure
from dfai_engine.speaker.encoder import encode, unit
from dfai_engine.speaker.hearing import hear
from dfai_engine.speaker.similarity import ACCEPT, SAME_COSINE, cosines, scores
from dfai_engine.speaker.spectra import RATE_HZ, mel_spectra
from dfai_engine.speaker.wav import samples_of
from dfai_engine.speech.pauses import probabilities

ROOT = Path(__file__).resolve().parents[1]
SAMPLES = ROOT.parent / "shared" / "media"
# For each voice sentences of its language.
SENTENCES = {
    "en": (
        "The train to the coast leaves at ten past nine.",
        "She put the letters back into the wooden box.",
        "Nobody could say how long the bridge had been closed.",
        "Please bring two pounds of apples and some bread.",
        "In winter the lake is covered with ice for weeks.",
        "The old clock on the wall has stopped again.",
        "We waited an hour for the rain to end.",
        "His brother works in a bakery near the station.",
    ),
    "de": (
        "Der Zug an die Küste fährt um zehn nach neun.",
        "Sie legte die Briefe zurück in die hölzerne Kiste.",
        "Niemand wusste, wie lange die Brücke schon gesperrt war.",
        "Bring bitte zwei Pfund Äpfel und etwas Brot mit.",
        "Im Winter ist der See wochenlang zugefroren.",
        "Die alte Uhr an der Wand ist wieder stehen geblieben.",
        "Wir haben eine Stunde auf das Ende des Regens gewartet.",
        "Sein Bruder arbeitet in einer Bäckerei am Bahnhof.",
    ),
    "fr": (
        "Le train pour la côte part à neuf heures dix.",
        "Elle a remis les lettres dans la boîte en bois.",
        "Personne ne savait depuis quand le pont était fermé.",
        "Apporte deux livres de pommes et un peu de pain.",
        "En hiver le lac est gelé pendant des semaines.",
        "La vieille horloge du mur s'est encore arrêtée.",
        "Nous avons attendu une heure la fin de la pluie.",
        "Son frère travaille dans une boulangerie près de la gare.",
    ),
    "es": (
        "El tren a la costa sale a las nueve y diez.",
        "Ella volvió a poner las cartas en la caja de madera.",
        "Nadie sabía desde cuándo estaba cerrado el puente.",
        "Trae dos libras de manzanas y un poco de pan.",
        "En invierno el lago está helado durante semanas.",
        "El viejo reloj de la pared se ha parado otra vez.",
        "Esperamos una hora a que dejara de llover.",
        "Su hermano trabaja en una panadería cerca de la estación.",
    ),
    "it": (
        "Il treno per la costa parte alle nove e dieci.",
        "Rimise le lettere nella scatola di legno.",
        "Nessuno sapeva da quanto tempo il ponte fosse chiuso.",
        "Porta un chilo di mele e un po' di pane.",
        "D'inverno il lago resta ghiacciato per settimane.",
        "Il vecchio orologio alla parete si è fermato di nuovo.",
        "Abbiamo aspettato un'ora che smettesse di piovere.",
        "Suo fratello lavora in un panificio vicino alla stazione.",
    ),
}
VOICES = ("en-US", "en-GB", "de-DE", "fr-FR", "es-ES", "it-IT")
RUNS = 5


@dataclass(frozen=True)
class Clip:
    """A sound, and who speaks in it."""

    name: str
    speaker: str
    samples: Any


def recorded(folder: Path) -> list[Clip]:
    """The recordings of *folder*."""
    return [
        Clip(path.stem, path.stem.rstrip("0123456789").rstrip("_"), samples_of(path.read_bytes()))
        for path in sorted(folder.glob("speaker_*.wav"))
    ]


def spoken() -> list[Clip]:
    """Pico's voices."""
    from py_nanotts import NanoTTS

    speaker = NanoTTS()
    found = []
    for voice in VOICES:
        for place, text in enumerate(SENTENCES[voice[:2]]):
            pcm = np.frombuffer(speaker.speak(text, voice=voice), "<i2").astype(np.float32) / 32_768
            found.append(Clip(f"{voice} {place}", voice, pcm))
    return found


def voice_of(samples: Any) -> Any:
    """The embedding of a sound."""
    return unit(encode(hear(samples).speech).total)


def equal_error(same: Any, different: Any) -> tuple[float, float]:
    """The rate at which as many are wrongly refused as wrongly accepted, and the cosine where that is."""
    best = (2.0, 1.0, 0.0)
    for line in np.unique(np.concatenate([same, different])):
        refused, accepted = float(np.mean(same < line)), float(np.mean(different >= line))
        best = min(best, (abs(refused - accepted), (refused + accepted) / 2, float(line)))
    return best[1], best[2]


def rates(same: Any, different: Any) -> None:
    """The equal error rate, and both rates at the engine's own line."""
    rate, line = equal_error(same, different)
    refused, accepted = np.mean(same < SAME_COSINE), np.mean(different >= SAME_COSINE)
    print(f"  equal error rate {rate:.1%} at {line:.3f}")
    print(f"  at {SAME_COSINE}: refused {refused:.1%}, accepted {accepted:.1%}")


def pairs(clips: list[Clip], voices: Any, title: str) -> None:
    """Cosines of pairs, and the error rate."""
    same, different, wrong = [], [], []
    for one, other in itertools.combinations(range(len(clips)), 2):
        cosine = float(voices[one] @ voices[other])
        alike = clips[one].speaker == clips[other].speaker
        (same if alike else different).append(cosine)
        if (cosine >= SAME_COSINE) != alike:
            wrong.append((clips[one].speaker, clips[other].speaker))
    print(f"\n{title}: {len(clips)} clips of {len({clip.speaker for clip in clips})} voices")
    print(f"  one voice:  {len(same)} pairs, cosine {min(same):.2f} to {max(same):.2f}, mean {np.mean(same):.2f}")
    of_two = f"{min(different):.2f} to {max(different):.2f}, mean {np.mean(different):.2f}"
    print(f"  two voices: {len(different)} pairs, cosine {of_two}")
    rates(np.array(same), np.array(different))
    for who in sorted(set(wrong)):
        print(f"    judged wrongly: {who[0]} and {who[1]}, {wrong.count(who)} times")


def profiles(clips: list[Clip], voices: Any) -> None:
    """Each clip against the profiles of all voices, each enrolled with its other clips."""
    names = sorted({clip.speaker for clip in clips})
    same, different, right = [], [], 0
    for place, clip in enumerate(clips):
        enrolled = []
        for name in names:
            held = [voices[at] for at, other in enumerate(clips) if other.speaker == name and at != place]
            enrolled.append(np.sum(held, axis=0))
        found = cosines(voices[place], np.stack(enrolled))
        right += names[int(np.argmax(found))] == clip.speaker
        same += [found[names.index(clip.speaker)]]
        different += [one for name, one in zip(names, found, strict=True) if name != clip.speaker]
    print(f"\nprofiles of all other clips: {len(names)} profiles")
    print(f"  own:    {len(same)} scores, cosine {min(same):.2f} to {max(same):.2f}")
    print(f"  others: {len(different)} scores, {min(different):.2f} to {max(different):.2f}")
    rates(np.array(same), np.array(different))
    print(f"  identified as the right one: {right} of {len(clips)}")


def changes() -> dict[str, Callable[[Any], Any]]:
    """What is done to a sound."""
    dice = np.random.default_rng(7)

    def noise(snr_db: float, slope: float) -> Callable[[Any], Any]:
        """Noise whose power falls with the frequency to the power of *slope*."""

        def noisy(samples: Any) -> Any:
            spectrum = np.fft.rfft(dice.normal(size=len(samples)))
            hertz = np.maximum(np.fft.rfftfreq(len(samples), 1 / RATE_HZ), 20)
            sound = np.fft.irfft(spectrum * hertz ** (-slope / 2), len(samples))
            loud = np.sqrt(np.mean(samples**2) / np.mean(sound**2) / 10 ** (snr_db / 10))
            return (samples + loud * sound).astype(np.float32)

        return noisy

    def telephone(samples: Any) -> Any:
        spectrum = np.fft.rfft(samples)
        hertz = np.fft.rfftfreq(len(samples), 1 / RATE_HZ)
        spectrum[(hertz < 300) | (hertz > 3_400)] = 0
        return np.fft.irfft(spectrum, len(samples)).astype(np.float32)

    def echo(samples: Any) -> Any:
        delay = round(0.08 * RATE_HZ)
        late = np.concatenate([np.zeros(delay, np.float32), samples[:-delay]])
        return ((samples + 0.5 * late) / 1.5).astype(np.float32)

    return {
        "a tenth as loud": lambda samples: samples * np.float32(0.1),
        "clipped, 12 dB over": lambda samples: np.clip(samples * 4 / np.abs(samples).max(), -1, 1),
        "clipped, 24 dB over": lambda samples: np.clip(samples * 16 / np.abs(samples).max(), -1, 1),
        "white noise, 20 dB": noise(20, 0),
        "white noise, 10 dB": noise(10, 0),
        "pink noise, 20 dB": noise(20, 1),
        "pink noise, 10 dB": noise(10, 1),
        "pink noise, 0 dB": noise(0, 1),
        "telephone, 300 to 3,400 Hz": telephone,
        "an echo after 80 ms": echo,
        "the first 1.5 s": lambda samples: samples[: round(1.5 * RATE_HZ)],
    }


def robustness(clips: list[Clip], voices: Any) -> None:
    """Each clip after a change, against the other clips as they are: heard, and taken for the same voice?"""
    print(f"\n{'change':28} heard     one voice: judged right, cosine       two voices: judged right, cosine")
    for name, change in {"as it is": lambda samples: samples, **changes()}.items():
        heard: int = 0
        same: list[float] = []
        different: list[float] = []
        for place, clip in enumerate(clips):
            try:
                changed = voice_of(change(clip.samples))
            except ServiceFailure:
                continue
            heard += 1
            for at, other in enumerate(clips):
                if at != place:
                    (same if other.speaker == clip.speaker else different).append(float(changed @ voices[at]))
        said = f"{name:28} {heard:3} of {len(clips)}"
        for found, right in ((same, np.array(same) >= SAME_COSINE), (different, np.array(different) < SAME_COSINE)):
            if found:
                said += f"   {right.mean():6.1%}, {min(found):.2f} to {max(found):.2f}, mean {np.mean(found):.2f}"
        print(said)


def not_speech() -> None:
    """What is no speech, and is told to be none."""
    dice = np.random.default_rng(7)
    at = np.arange(3 * RATE_HZ) / RATE_HZ
    sounds = {
        "silence": np.zeros(len(at)),
        "white noise": dice.normal(0, 0.1, len(at)),
        "brown noise": np.cumsum(dice.normal(0, 0.005, len(at))),
        "a tone of 440 Hz": 0.3 * np.sin(2 * np.pi * 440 * at),
        "a chord": sum(0.1 * np.sin(2 * np.pi * hertz * at) for hertz in (262, 330, 392)),
        "clicks": (np.arange(len(at)) % 1_600 < 20) * 0.5,
    }
    for name, sound in sounds.items():
        try:
            heard = hear(np.clip(sound, -1, 1).astype(np.float32))
            print(f"{name}: taken for {heard.speech_s:.2f} s of speech")
        except ServiceFailure as failure:
            print(f"{name}: {failure.code}")


def speed(clips: list[Clip]) -> None:
    """How many times faster than real time, in processor time of one core."""
    minute = np.concatenate([clip.samples for clip in clips] * 20)[: 60 * RATE_HZ]
    print(f"{'sound':>6} {'all':>6} {'detector':>9} {'spectra':>8} {'encoder':>8}   times real time")
    for length_s in (3, 10, 60):
        sound = minute[: length_s * RATE_HZ]
        speech = hear(sound).speech
        parts: list[Callable[[], Any]] = [
            lambda sound=sound: encode(hear(sound).speech),
            lambda sound=sound: probabilities((sound * 32_768).astype(np.int16)),
            lambda speech=speech: mel_spectra(speech),
            lambda speech=speech: encode(speech),
        ]
        found = []
        for part in parts:
            part()
            took = []
            for _ in range(RUNS):
                began = time.process_time()
                for _ in range(max(1, 30 // length_s)):
                    part()
                took.append((time.process_time() - began) / max(1, 30 // length_s))
            found.append(length_s / sorted(took)[RUNS // 2])
        print(f"{length_s:4} s {found[0]:6.0f} {found[1]:9.0f} {found[2]:8.0f} {found[3]:8.0f}")


def main() -> None:
    """The tables."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--samples", type=Path, default=SAMPLES)
    parser.add_argument("--speed", action="store_true")
    asked = parser.parse_args()
    clips = recorded(asked.samples)
    if asked.speed:
        speed(clips)
        return
    clips += spoken()
    voices = np.stack([voice_of(clip.samples) for clip in clips])
    real = [place for place, clip in enumerate(clips) if clip.name.startswith("speaker_")]
    made = [place for place in range(len(clips)) if place not in real]
    print(
        f"score: {ACCEPT} at cosine {SAME_COSINE}, {scores(np.array([0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9])).round(2)}"
    )
    pairs([clips[place] for place in real], voices[real], "recorded")
    pairs([clips[place] for place in made], voices[made], "Pico's voices")
    pairs(clips, voices, "all")
    profiles(clips, voices)
    robustness(clips, voices)
    print()
    not_speech()


if __name__ == "__main__":
    main()
