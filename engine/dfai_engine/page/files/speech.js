// The Speech services: what is said, what it means in English, texts read aloud, voices compared.

import { Told } from "./ask.js";
import { bar, bytes, clock, el, percent, shownBlob } from "./dom.js";
import { choice, samples } from "./inputs.js";
import { converted, soundInput, speaking, spoken } from "./sounds.js";

const LOCALES = [["", "Detect"], ["en-US", "English"], ["de-DE", "German"], ["es-ES", "Spanish"], ["fr-FR", "French"], ["it-IT", "Italian"], ["pt-PT", "Portuguese"], ["ja-JP", "Japanese"], ["zh-CN", "Chinese"]];
const SENTENCE = "The train to the harbour leaves at half past nine. Please keep your ticket until the end of the journey.";
const SENTENCES = {
  "An announcement": ["en-US-Pico", SENTENCE],
  "Une annonce": ["fr-FR-Pico", "Le train pour le port part à neuf heures et demie. Gardez votre billet jusqu'à la fin du voyage."],
  "Eine Ansage": ["de-DE-Pico", "Der Zug zum Hafen fährt um halb zehn. Bitte behalten Sie Ihre Fahrkarte bis zum Ende der Reise."],
};
const SLOW = "Listening. A sound takes a part of its own length, and the first one loads the model.";
const CARE = "How somebody sounds is personal data. Ask before you record or compare voices. docs/responsible-use.md says more.";
const API = { "api-version": "2025-10-15" };

const READ_ALOUD = Object.fromEntries(Object.entries(SENTENCES).map(([name, [voice, text]]) => [name, () => spoken(text, voice)]));

function hearing(context) {
  const sound = soundInput(context, { made: READ_ALOUD });
  const language = choice("Spoken in", LOCALES, context.shared.locale ?? "", (value) => { context.shared.locale = value; });
  return {
    ...sound,
    nodes: [...sound.nodes, el("div", { className: "row between" }, el("span"), language.node)],
    ready: () => false,
    read: () => ({ file: sound.read(), locale: language.value, player: sound.player }),
  };
}

const heard = (more = {}) => ({ file, locale }, ask) => ask({
  path: "/speechtotext/transcriptions:transcribe", query: API,
  form: { audio: file, definition: { ...(locale ? { locales: [locale] } : {}), ...more } },
}).then(({ body }) => body);

function transcript(body, { player }) {
  if (!body.phrases.length) return el("p", { className: "none" }, "No speech was heard in this sound.");
  const words = [];
  const lines = body.phrases.map((phrase) => el("li", {},
    el("span", { className: "time" }, clock(phrase.offsetMilliseconds / 1000)),
    el("span", {}, phrase.words?.length ? phrase.words.flatMap((word) => {
      const node = el("button", { type: "button", className: "word", title: `${clock(word.offsetMilliseconds / 1000)}: play from here`, on: { click: () => {
        player.currentTime = word.offsetMilliseconds / 1000;
        player.play();
      } } }, word.text);
      words.push({ node, from: word.offsetMilliseconds, to: word.offsetMilliseconds + word.durationMilliseconds });
      return [node, " "];
    }) : phrase.text),
    el("span", { className: "dim" }, `${phrase.locale} ${percent(phrase.confidence)}`)));
  player.ontimeupdate = () => {
    const now = 1000 * player.currentTime;
    for (const word of words) word.node.classList.toggle("lit", now >= word.from && now < word.to && !player.paused);
  };
  return el("div", {}, el("p", { className: "spoken" }, body.combinedPhrases.map(({ text }) => text).join(" ")), el("h2", {}, "With times"), el("ol", { className: "phrases" }, lines));
}

const file = (value) => JSON.stringify(value?.file.name ?? "call.wav");

// ---- spoken --------------------------------------------------------------------------------------------------------

let voices = null;

function saying({ run, shared }) {
  const area = el("textarea", { id: "say", rows: 4, value: shared.say ?? "", placeholder: "Type a text to be read aloud.", on: { input: () => { shared.say = area.value; } } });
  const voice = choice("Voice", voices ?? [["en-US-Pico", "English (United States), Pico"]], shared.voice ?? "en-US-Pico", (value) => { shared.voice = value; });
  const rate = choice("Speed", [["-25%", "Slow"], ["0%", "As usual"], ["+30%", "Fast"]], "0%");
  const put = (name, text) => { area.value = shared.say = text; shared.voice = voice.select.value = name; run(); };
  return {
    nodes: [
      el("label", { htmlFor: "say", className: "head" }, "Text"), area,
      el("div", { className: "row between" }, samples("Sample texts", Object.entries(SENTENCES).map(([name, [who, text]]) => [name, () => put(who, text)])),
        el("span", { className: "row" }, voice.node, rate.node)),
    ],
    read: () => {
      if (!area.value.trim()) throw new Told("There is no text yet: type one, or choose a sample.");
      return { text: area.value, voice: voice.value, rate: rate.value, voices: voice.select };
    },
  };
}

async function say(value, ask) {
  if (!voices) {
    const { body } = await ask({ method: "GET", path: "/cognitiveservices/voices/list" });
    voices = body.map((one) => [one.ShortName, `${one.LocaleName}, ${one.LocalName}`]);
    value.voices.replaceChildren(...voices.map(([name, shown]) => el("option", { value: name, selected: name === value.voice }, shown)));
  }
  return (await ask(speaking(value))).body;
}

// ---- compared ------------------------------------------------------------------------------------------------------

const VOICES = "/speaker-recognition/verification/text-independent/profiles";
const SPEAKERS = { "api-version": "2021-09-05" };

async function compare({ one, other }, ask) {
  const profile = (await ask({ path: VOICES, query: { ...SPEAKERS, lifetimeInSec: 60 }, json: { locale: "en-us" } })).body.profileId;
  try {
    await ask({ path: `${VOICES}/${profile}/enrollments`, query: { ...SPEAKERS, ignoreMinLength: "true" }, file: one, type: "audio/wav" });
    return (await ask({ path: `${VOICES}/${profile}:verify`, query: { ...SPEAKERS, ignoreMinLength: "true" }, file: other, type: "audio/wav" })).body;
  } finally {
    // It would end by itself after a minute.
    await ask({ method: "DELETE", path: `${VOICES}/${profile}`, query: SPEAKERS }).catch(() => null);
  }
}

export const SPEECH = [
  {
    id: "transcribe", family: "Speech", name: "Transcript", needs: ["Transcribe"], slow: SLOW,
    lead: "What is said, word by word with its time. A click on a word plays from there.", verb: "Listen",
    input: hearing, ask: heard(), show: transcript,
    python: (value) => [`df = pd.DataFrame({"path": [${file(value)}]})`, 'df.ai.transcribe("path", include=["words", "segments"])'],
  },
  {
    id: "translate_speech", family: "Speech", name: "Translation", needs: ["TranslateSpeech"], slow: SLOW,
    lead: "What is said in another language, in English.", verb: "Listen",
    input: hearing, ask: heard({ enhancedMode: { enabled: true, task: "translate", targetLanguage: "en" } }), show: transcript,
    python: (value) => [`df = pd.DataFrame({"path": [${file(value)}]})`, 'df.ai.translate_speech("path", to="en", include=["segments"])'],
  },
  {
    id: "synthesize_speech", family: "Speech", name: "Text read aloud", needs: ["SynthesizeSpeech"],
    lead: "A text as a sound, in one of the voices that this server has.", verb: "Read aloud",
    input: saying, ask: say,
    show: (sound) => {
      const url = shownBlob(sound);
      return el("div", {}, el("audio", { controls: true, src: url, ariaLabel: "The text, read aloud" }),
        el("p", {}, el("a", { href: url, download: "spoken.wav" }, `Save as WAV, ${bytes(sound.size)}`)));
    },
    python: (value) => [`df = pd.DataFrame({"text": [${JSON.stringify(value?.text ?? SENTENCE)}]})`, `df.ai.synthesize_speech("text", voice=${JSON.stringify(value?.voice ?? "en-US-Pico")})`],
  },
  {
    id: "verify_speaker", family: "Speech", name: "Compare voices", needs: ["TextIndependent_VerifyProfile"], verb: "Compare",
    lead: "Whether the same person speaks in two sounds. Nothing is kept.", care: CARE,
    input: (context) => {
      const run = () => { if (one.ready() && other.ready()) context.run(); };
      const said = (voice, text) => () => spoken(text, voice);
      const one = soundInput({ ...context, run }, { name: "first", label: "First sound", made: { "A voice": said("en-US-Pico", SENTENCE) } });
      const other = soundInput({ ...context, run }, { name: "second", label: "Second sound", made: {
        "The same voice": said("en-US-Pico", "Good morning. The library opens at eight and closes at six in the evening."),
        "Another": said("it-IT-Pico", "Buongiorno. La biblioteca apre alle otto e chiude alle sei di sera."),
      } });
      return {
        nodes: el("div", { className: "two" }, el("div", {}, one.nodes), el("div", {}, other.nodes)),
        leave: () => { one.leave(); other.leave(); },
        ready: () => false,
        read: async () => ({ one: await converted(one.read()), other: await converted(other.read()) }),
      };
    },
    ask: compare,
    show: ({ recognitionResult, score }) => el("div", {},
      el("p", { className: `verdict ${recognitionResult === "accept" ? "positive" : ""}` }, recognitionResult === "accept" ? "The same speaker, the model thinks" : "Two speakers, the model thinks"),
      bar("score", score)),
    python: (value) => [`df = pd.DataFrame({"one": [${JSON.stringify(value?.one.name ?? "one.wav")}], "other": [${JSON.stringify(value?.other.name ?? "other.wav")}]})`, 'df.ai.verify_speaker("one", "other")'],
  },
];
