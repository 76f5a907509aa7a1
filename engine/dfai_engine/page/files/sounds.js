// Sounds: recorded, decoded by the browser, written as WAV of 16 kHz, mono, 16 bits, which every service takes.

import { send, Told } from "./ask.js";
import { bytes, clock, el } from "./dom.js";
import { samples } from "./inputs.js";

export const RATE_HZ = 16000;
const MOST_S = 120;

/** A WAV file of samples from -1 to 1. */
export function wav(samplesOf, name) {
  const view = new DataView(new ArrayBuffer(44 + 2 * samplesOf.length));
  const word = (at, letters) => [...letters].forEach((letter, place) => view.setUint8(at + place, letter.charCodeAt(0)));
  word(0, "RIFF"); view.setUint32(4, 36 + 2 * samplesOf.length, true); word(8, "WAVEfmt ");
  view.setUint32(16, 16, true); view.setUint16(20, 1, true); view.setUint16(22, 1, true);
  view.setUint32(24, RATE_HZ, true); view.setUint32(28, 2 * RATE_HZ, true); view.setUint16(32, 2, true); view.setUint16(34, 16, true);
  word(36, "data"); view.setUint32(40, 2 * samplesOf.length, true);
  samplesOf.forEach((value, place) => view.setInt16(44 + 2 * place, Math.round(32767 * Math.max(-1, Math.min(1, value))), true));
  return new File([view.buffer], name, { type: "audio/wav" });
}

/** A sound file of any format that the browser knows, as such a WAV. */
export async function converted(file) {
  // A context of this rate decodes to it.
  const context = new OfflineAudioContext(1, 1, RATE_HZ);
  let decoded;
  try {
    decoded = await context.decodeAudioData(await file.arrayBuffer());
  } catch {
    throw new Told(`The browser cannot read ${file.name} as a sound.`, { title: "Not a sound" });
  }
  const mixed = new OfflineAudioContext(1, decoded.length, RATE_HZ);
  const source = mixed.createBufferSource();
  source.buffer = decoded;
  source.connect(mixed.destination);
  source.start();
  return wav((await mixed.startRendering()).getChannelData(0), file.name.replace(/\.\w+$/, "") + ".wav");
}

/** Records until `stop` is called: {stop, file}. */
async function recording() {
  const stream = await navigator.mediaDevices.getUserMedia({ audio: { channelCount: 1 }, video: false });
  const recorder = new MediaRecorder(stream);
  const parts = [];
  const ended = new Promise((resolve) => {
    recorder.ondataavailable = (event) => parts.push(event.data);
    recorder.onstop = resolve;
  });
  recorder.start();
  const file = ended.then(async () => {
    for (const track of stream.getTracks()) track.stop();
    return converted(new File(parts, "recorded.webm", { type: recorder.mimeType }));
  });
  return { stop: () => { if (recorder.state !== "inactive") recorder.stop(); }, file };
}

const escaped = (text) => text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");

/** The call that has a text spoken. */
export const speaking = ({ text, voice, rate = "0%" }) => ({
  path: "/cognitiveservices/v1",
  headers: { "Content-Type": "application/ssml+xml", "X-Microsoft-OutputFormat": "riff-16khz-16bit-mono-pcm" },
  text: `<speak version="1.0" xmlns="http://www.w3.org/2001/10/synthesis" xml:lang="${escaped(voice.slice(0, 5))}"><voice name="${escaped(voice)}"><prosody rate="${rate}">${escaped(text)}</prosody></voice></speak>`,
});

/** A sample: spoken by the server itself. */
export const spoken = async (text, voice) => {
  const { body } = await send(speaking({ text, voice }));
  return new File([body], `${voice}.wav`, { type: "audio/wav" });
};

/** A sound; `name` is its place in `shared`; `made` are samples by name, each a function that gives a file. */
export function soundInput({ run, shared }, { name = "one", label = "Sound", made }) {
  const about = el("span", { className: "about" });
  const wrong = el("span", { className: "wrong", role: "status" });
  const player = el("audio", { controls: true, preload: "metadata" });
  const id = `sound-${name}`;
  let current = null;
  let timer = 0;
  const show = () => {
    const sound = shared.sounds[name];
    about.textContent = sound ? `${sound.file.name}, ${bytes(sound.file.size)}` : "Drop a sound here: WAV, MP3, OGG, FLAC, M4A";
    player.hidden = !sound;
    if (sound) player.src = sound.url;
    zone.classList.toggle("full", Boolean(sound));
  };
  const put = async (from) => {
    wrong.textContent = "";
    try {
      const file = await from;
      if (!file) return;
      if (!file.size) { wrong.textContent = "The file is empty."; return; }
      if (shared.sounds[name]) URL.revokeObjectURL(shared.sounds[name].url);
      shared.sounds[name] = { file, url: URL.createObjectURL(file) };
      show();
      run();
    } catch (fault) {
      wrong.textContent = fault instanceof Told ? fault.message
        : fault.name === "NotAllowedError" ? "The browser does not lend the microphone to this page."
        : fault.name === "NotFoundError" ? "There is no microphone." : "The sound cannot be read.";
    }
  };
  const stop = () => { clearInterval(timer); current?.stop(); current = null; record.textContent = "Record"; record.classList.remove("live"); };
  const record = el("button", { type: "button", className: "plain", on: { click: async () => {
    if (current) { stop(); return; }
    const begun = recording();
    try {
      current = await begun;
    } catch (fault) {
      put(Promise.reject(fault));
      return;
    }
    const from = performance.now();
    const tick = () => {
      const seconds = (performance.now() - from) / 1000;
      record.textContent = `Stop ${clock(seconds)}`;
      if (seconds > MOST_S) stop();
    };
    tick();
    timer = setInterval(tick, 100);
    record.classList.add("live");
    put(current.file);
  } } }, "Record");
  const lent = Boolean(navigator.mediaDevices && globalThis.MediaRecorder);
  if (!lent) { record.disabled = true; record.title = "Browsers lend the microphone to localhost and https alone."; }
  const file = el("input", { id, type: "file", accept: "audio/*,video/mp4,video/webm", className: "unseen", on: { change: () => { put(file.files[0]); file.value = ""; } } });
  const zone = el("div", {
    className: "drop sound",
    on: {
      dragover: (event) => { event.preventDefault(); zone.classList.add("over"); },
      dragleave: () => zone.classList.remove("over"),
      drop: (event) => { event.preventDefault(); zone.classList.remove("over"); put(event.dataTransfer.files[0]); },
    },
  }, el("div", { className: "choose" },
    el("div", { className: "row" }, file, el("label", { htmlFor: id, className: "button" }, "Choose a sound"), record),
    about, wrong,
    samples("Sample sounds", Object.entries(made).map(([shown, make]) => [shown, () => put(make())])),
    player));
  show();
  return {
    nodes: [el("div", { className: "head" }, label), zone],
    player,
    leave: stop,
    ready: () => Boolean(shared.sounds[name]),
    read: () => {
      if (!shared.sounds[name]) throw new Told("There is no sound yet: choose one, record one, or take the sample.");
      return shared.sounds[name].file;
    },
  };
}
