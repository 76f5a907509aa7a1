// How texts and pictures come in: typed, chosen, dropped, pasted, taken by a camera, or a sample.

import { Told } from "./ask.js";
import { bytes, el } from "./dom.js";

let serial = 0;
const unique = (name) => `${name}-${++serial}`;

/** A choice, with its label. */
export function choice(label, options, value, act = () => {}) {
  const id = unique("choice");
  const select = el("select", { id, on: { change: () => act(select.value) } },
    options.map(([name, shown]) => el("option", { value: name, selected: name === value }, shown)));
  return { node: el("span", { className: "field" }, el("label", { htmlFor: id }, label), select), get value() { return select.value; }, select };
}

/** Buttons that put something in and ask at once. */
export const samples = (label, made) => el("div", { className: "samples", role: "group", ariaLabel: label },
  made.map(([name, act]) => el("button", { type: "button", className: "chip", on: { click: act } }, name)));

export const LANGUAGES = [
  ["auto", "Detect"], ["en", "English"], ["de", "German"], ["es", "Spanish"], ["fr", "French"], ["it", "Italian"],
  ["pt", "Portuguese"], ["ja", "Japanese"], ["zh-Hans", "Chinese"],
];

/** A text. `texts` are samples by name. */
export function textInput({ run, shared }, { texts, language = true, most = 5120 }) {
  const id = unique("text");
  const left = el("span", { className: "dim count" });
  const count = () => {
    const length = area.value.length;
    left.textContent = length > 0.8 * most ? `${length.toLocaleString("en")} of ${most.toLocaleString("en")} characters` : "";
  };
  const area = el("textarea", {
    id, rows: 5, spellcheck: false, placeholder: "Type or paste a text, or choose one below.", value: shared.text,
    on: { input: () => { shared.text = area.value; count(); } },
  });
  const spoken = language ? choice("Written in", LANGUAGES, shared.language ?? "auto", (value) => { shared.language = value; }) : null;
  const put = (text) => {
    area.value = shared.text = text;
    if (spoken) shared.language = spoken.select.value = "auto";
    count();
    run();
  };
  count();
  return {
    nodes: [
      el("label", { htmlFor: id, className: "head" }, "Text"), area,
      el("div", { className: "row between" }, samples("Sample texts", Object.entries(texts).map(([name, text]) => [name, () => put(text)])), left, spoken?.node),
    ],
    ready: () => area.value.trim() !== "",
    read: () => {
      if (!area.value.trim()) throw new Told("There is no text yet: type one, or choose a sample.");
      return { text: area.value, language: spoken?.value ?? "auto" };
    },
  };
}

// ---- pictures ------------------------------------------------------------------------------------------------------

const filesHere = new URL(".", import.meta.url);
const blobOf = (canvas, type, quality) => new Promise((resolve) => canvas.toBlob(resolve, type, quality));

/** A drawing that came with the page, as a PNG. */
export async function drawn(name) {
  const image = new Image();
  image.src = new URL(`${name}.svg`, filesHere);
  await image.decode();
  const canvas = el("canvas", { width: image.naturalWidth, height: image.naturalHeight });
  canvas.getContext("2d").drawImage(image, 0, 0);
  const blob = await blobOf(canvas, "image/png");
  return new File([blob], `${name}.png`, { type: "image/png" });
}

const BEGINNINGS = [
  ["image/jpeg", /^\xff\xd8\xff/], ["image/png", /^\x89PNG/], ["image/gif", /^GIF8/], ["image/bmp", /^BM/], ["image/webp", /^RIFF....WEBP/s],
  ["image/tiff", /^(II\*\0|MM\0\*)/], ["image/x-icon", /^\0\0\x01\0/],
];

/** What a file is by its first bytes, as the server looks at it: names and types tell what somebody called it. */
async function typeOf(file) {
  const head = String.fromCharCode(...new Uint8Array(await file.slice(0, 16).arrayBuffer()));
  return BEGINNINGS.find(([, beginning]) => beginning.test(head))?.[0] ?? (file.type || "image/unknown");
}

/** What the browser can show of a file: {file, type, url, width, height}; without sizes where it cannot. */
export async function pictureOf(file) {
  const type = await typeOf(file);
  const url = URL.createObjectURL(file);
  const image = new Image();
  image.src = url;
  try {
    await image.decode();
    return { file, type, url, width: image.naturalWidth, height: image.naturalHeight, note: "" };
  } catch {
    return { file, type, url, width: 0, height: 0, note: "This browser cannot show the file; the server may still know it." };
  }
}

/** What all services take; Image Analysis 4.0 takes more. */
export const USUAL = ["image/jpeg", "image/png", "image/gif", "image/bmp"];
const LOSSLESS = new Set(["image/png", "image/svg+xml"]);

/** The picture as a service takes it: as it is where it may be, else written anew or smaller, which is said. */
export async function within(picture, { mostBytes, types = USUAL }) {
  const known = types.includes(picture.type);
  if ((known && picture.file.size <= mostBytes) || !picture.width) return picture;
  const image = el("img", { src: picture.url });
  await image.decode();
  const forms = LOSSLESS.has(picture.type) && picture.file.size <= mostBytes ? ["image/png", "image/jpeg"] : ["image/jpeg"];
  const longest = Math.max(picture.width, picture.height);
  for (let side = Math.min(longest, 8192); side >= Math.min(longest, 256); side = side > 4096 ? 4096 : side / 2) {
    const scale = side / longest;
    const canvas = el("canvas", { width: Math.round(picture.width * scale), height: Math.round(picture.height * scale) });
    canvas.getContext("2d").drawImage(image, 0, 0, canvas.width, canvas.height);
    for (const form of forms) {
      const blob = await blobOf(canvas, form, 0.88);
      if (!blob || blob.size > mostBytes) continue;
      const name = picture.file.name.replace(/\.\w+$/, "") + (form === "image/png" ? ".png" : scale < 1 ? "-smaller.jpg" : ".jpg");
      const made = await pictureOf(new File([blob], name, { type: form }));
      made.note = known
        ? `Made smaller for this service, which takes ${bytes(mostBytes)}: ${canvas.width} × ${canvas.height} pixels, ${bytes(blob.size)}.`
        : `Sent as ${form === "image/png" ? "PNG" : "JPEG"}: this service does not take ${picture.type.replace(/^image\/|\+xml$/g, "").toUpperCase()}.`;
      return made;
    }
  }
  return picture;
}

async function camera() {
  const video = el("video", { autoplay: true, playsInline: true, muted: true });
  const stream = await navigator.mediaDevices.getUserMedia({ video: { facingMode: "environment" }, audio: false });
  video.srcObject = stream;
  const dialog = el("dialog", { className: "camera", ariaLabel: "Take a picture" }, video,
    el("div", { className: "row end" },
      el("button", { type: "button", className: "plain", on: { click: () => dialog.close() } }, "Cancel"),
      el("button", { type: "button", className: "main", on: { click: () => dialog.close("take") } }, "Take it")));
  document.body.append(dialog);
  dialog.showModal();
  await new Promise((resolve) => dialog.addEventListener("close", resolve, { once: true }));
  let file = null;
  if (dialog.returnValue === "take" && video.videoWidth) {
    const canvas = el("canvas", { width: video.videoWidth, height: video.videoHeight });
    canvas.getContext("2d").drawImage(video, 0, 0);
    file = new File([await blobOf(canvas, "image/jpeg", 0.92)], "taken.jpg", { type: "image/jpeg" });
  }
  for (const track of stream.getTracks()) track.stop();
  dialog.remove();
  return file;
}

/** A picture; `name` is the place in `shared` that services have in common; `drawings` are samples by name. */
export function pictureInput({ run, shared }, { name = "one", label = "Picture", drawings, mostBytes, types, alone = true }) {
  const id = unique("picture");
  const about = el("span", { className: "about" });
  const thumb = el("span", { className: "thumb", ariaHidden: "true" });
  const wrong = el("span", { className: "wrong", role: "status" });
  const show = () => {
    const picture = shared.pictures[name];
    thumb.replaceChildren();
    if (picture?.width) thumb.append(el("img", { src: picture.url, alt: "" }));
    about.textContent = picture
      ? `${picture.file.name}, ${picture.width ? `${picture.width} × ${picture.height}, ` : ""}${bytes(picture.file.size)}`
      : "Drop one here, or paste it";
    zone.classList.toggle("full", Boolean(picture));
  };
  const put = async (made, fail = "The file cannot be read.") => {
    wrong.textContent = "";
    try {
      const file = await made;
      if (!file) return;
      if (!file.size) { wrong.textContent = "The file is empty."; return; }
      const old = shared.pictures[name];
      shared.pictures[name] = await pictureOf(file);
      if (old) URL.revokeObjectURL(old.url);
      show();
      run();
    } catch (fault) {
      wrong.textContent = fault.name === "NotAllowedError" ? "The browser does not lend the camera to this page."
        : fault.name === "NotFoundError" ? "There is no camera." : fail;
    }
  };
  const file = el("input", { id, type: "file", accept: "image/*", className: "unseen", on: { change: () => { put(file.files[0]); file.value = ""; } } });
  const zone = el("div", {
    className: "drop",
    on: {
      dragover: (event) => { event.preventDefault(); zone.classList.add("over"); },
      dragleave: () => zone.classList.remove("over"),
      drop: (event) => {
        event.preventDefault();
        zone.classList.remove("over");
        put(event.dataTransfer.files[0]);
      },
    },
  }, thumb, el("div", { className: "choose" },
    el("div", { className: "row" },
      file, el("label", { htmlFor: id, className: "button" }, "Choose a picture"),
      navigator.mediaDevices ? el("button", { type: "button", className: "plain", on: { click: () => put(camera()) } }, "Take one") : null),
    about, wrong,
    samples("Sample pictures", Object.entries(drawings).map(([shown, which]) => [shown, () => put(drawn(which))]))));
  const paste = (event) => {
    const pasted = [...event.clipboardData.files].find((one) => one.type.startsWith("image/"));
    if (pasted) { event.preventDefault(); put(pasted); }
  };
  if (alone) addEventListener("paste", paste);
  show();
  return {
    nodes: [el("div", { className: "head" }, label), zone],
    leave: () => removeEventListener("paste", paste),
    ready: () => Boolean(shared.pictures[name]),
    read: async () => {
      if (!shared.pictures[name]) throw new Told("There is no picture yet: choose one, or try the drawing.");
      return within(shared.pictures[name], { mostBytes, types });
    },
  };
}
