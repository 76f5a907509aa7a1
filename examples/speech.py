# %% [markdown]
# # Speech: said, heard, translated
#
# A station announces its trains in three languages. We have the announcements as texts: speak them, write the sounds to
# files, listen to them again, and put what was said into English. Then we look at one of them: its waveform, with each
# word where it was heard.
#
# All of it is answered by the embedded engine, SVOX Pico and Whisper base: no key, no network. With
# `dfai.configure(target=dfai.azure("westeurope"))` the same lines ask Azure.
#
# `pip install "dfai[speech,plot]"`

# %%
import io
import time
import wave
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np
import pandas as pd

import dfai

OUT = Path("out")
OUT.mkdir(exist_ok=True)


def player(sound: bytes) -> object:
    """A player, where a notebook can show one."""
    try:
        from IPython.display import Audio
    except ImportError:
        return f"{len(sound):,} bytes of sound"
    return Audio(data=sound)


# %% [markdown]
# ## Speak
#
# A voice for each row, by its language. The sounds are files of their own (WAV, unless another format is asked for).

# %%
announcements = pd.DataFrame(
    {
        "id": ["berlin", "madrid", "london"],
        "language": ["de-DE", "es-ES", "en-GB"],
        "text": [
            "Der Zug zur Küste fährt in wenigen Minuten vom zweiten Bahnsteig ab.",
            "El tren a la costa sale del segundo andén dentro de unos minutos.",
            "The train to the coast leaves from the second platform in a few minutes.",
        ],
    }
)
start = time.perf_counter()
spoken = announcements.ai.synthesize_speech("text", language=dfai.col("language"))
took_s = time.perf_counter() - start
heard_s = spoken["audio_duration_s"].sum()
print(f"{len(spoken)} announcements, {heard_s:.1f} s of speech, made in {took_s:.1f} s.")
print(spoken[["id", "audio_duration_s"]].to_string(index=False))

written = spoken.ai.write_files("audio", f"{OUT}/announcements/{{id}}.wav")
print(f"Files: {int(written['written_error'].isna().sum())} in {OUT / 'announcements'}")

# %% [markdown]
# Listen to one:

# %%
player(spoken["audio"][0])

# %% [markdown]
# ## Listen
#
# The files are read where the work is done. We do not say which language each is in; it is told from the sound.

# %%
files = written[["id", "language", "text"]].assign(path=[f"{OUT}/announcements/{name}.wav" for name in written["id"]])
heard = files.ai.transcribe("path", include=["words"])
for said, found, language in zip(heard["text"], heard["transcript"], heard["transcript_language"], strict=True):
    print(f"{language:6} said:  {said}\n       heard: {found}")

# %% [markdown]
# ## Translate

# %%
english = heard.ai.translate_speech("path", to="en")
print(english[["id", "translation"]].to_string(index=False))

# %% [markdown]
# ## See
#
# Each word stands where it was heard.


# %%
def samples(path: str) -> tuple[np.ndarray, int]:
    """The samples of a WAV file from -1 to 1, and how many there are a second."""
    with wave.open(io.BytesIO(Path(path).read_bytes())) as file:
        pcm = np.frombuffer(file.readframes(file.getnframes()), np.int16)
        return pcm / 32_768, file.getframerate()


figure, axes = plt.subplots(2, 1, figsize=(11, 5), layout="constrained")
for axis, (_, row) in zip(axes, heard[heard["id"].isin(["berlin", "london"])].iterrows(), strict=True):
    sound, rate_hz = samples(row["path"])
    axis.plot(np.arange(len(sound)) / rate_hz, sound, linewidth=0.4, color="#2a6f97")
    for number, word in enumerate(row["transcript_words"]):
        begin_s, end_s = word["start_s"], word["start_s"] + word["duration_s"]
        axis.axvspan(begin_s, end_s, color="#e9c46a", alpha=0.45 if number % 2 else 0.2, linewidth=0)
        height = 0.86 if number % 2 else 0.74
        axis.text((begin_s + end_s) / 2, height, word["text"], ha="center", va="center", fontsize=8)
    axis.set(xlim=(0, len(sound) / rate_hz), ylim=(-0.65, 0.95), yticks=[], ylabel=row["id"])
    axis.spines[["top", "right", "left"]].set_visible(False)
axes[-1].set_xlabel("seconds")
figure.savefig(OUT / "speech_words.png", dpi=120)
print(f"Words over time: {OUT / 'speech_words.png'}")

# %% [markdown]
# ## With markup
#
# A column may hold SSML. What is not well-formed is its own row's error, and says where.

# %%
marked = pd.DataFrame(
    {
        "ssml": [
            "Platform two.",
            'Platform <break time="1s"/> two.',
            '<prosody rate="0.6">Platform two.</prosody>',
            'At <say-as interpret-as="time" format="hms12">16:05</say-as>.',
            "Platform <break> two.",
        ]
    }
)
marked = marked.ai.synthesize_speech("ssml", markup="ssml")
print(marked[["ssml", "audio_duration_s", "audio_error_message"]].to_string(index=False, max_colwidth=60))
