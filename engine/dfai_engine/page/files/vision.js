// The Vision services: what is in a picture, drawn over it.

import { bar, el, percent, shownBlob, svg } from "./dom.js";
import { pictureInput, USUAL } from "./inputs.js";

const MB = 2 ** 20;
const DRAWINGS = { "A drawn street": "street" };
const NEWER = [...USUAL, "image/webp", "image/tiff", "image/x-icon"];
const input = (mostBytes, types) => (context) => pictureInput(context, { drawings: DRAWINGS, mostBytes, types });
const python = (...lines) => (picture) => [`df = pd.DataFrame({"path": [${JSON.stringify(picture?.file.name ?? "street.png")}]})`, ...lines];
const share = (part, whole) => `${(100 * part) / whole}%`;

/** The picture with things over it: `boxes` are {x, y, w, h, label}, `shapes` SVG in the picture's own pixels. */
export function overlay(picture, { boxes = [], shapes = [] } = {}) {
  if (!picture.width) return el("p", { className: "none" }, picture.note);
  const frames = boxes.map(({ x, y, w, h, label }, at) => {
    const frame = el("span", { className: `box kind-${at % 6}` }, label ? el("span", { className: "label" }, label) : null);
    frame.style.left = share(x, picture.width);
    frame.style.top = share(y, picture.height);
    frame.style.width = share(w, picture.width);
    frame.style.height = share(h, picture.height);
    // A label stays within the picture: inside a box at the top, leftwards from one at the right.
    if (y < 0.06 * picture.height) frame.classList.add("low");
    if (x > 0.6 * picture.width) frame.classList.add("east");
    return frame;
  });
  const image = el("img", { src: picture.url, alt: `The picture ${picture.file.name}`, width: picture.width, height: picture.height });
  const plane = shapes.length ? svg("svg", { viewBox: `0 0 ${picture.width} ${picture.height}`, "aria-hidden": "true" }, shapes) : null;
  const node = el("figure", { className: "picture" }, el("div", { className: "canvas" }, image, plane, frames), picture.note ? el("figcaption", { className: "dim" }, picture.note) : null);
  node.frames = frames;
  return node;
}

/** Hovering or focusing a line in a list lights up what it is about. */
export const pointing = (node, mark) => {
  if (!mark) return node;
  for (const [event, on] of [["mouseenter", true], ["mouseleave", false], ["focus", true], ["blur", false]]) {
    node.addEventListener(event, () => mark.classList.toggle("lit", on));
  }
  node.tabIndex = 0;
  return node;
};

const analyze = (features) => (picture, ask) => ask({
  path: "/computervision/imageanalysis:analyze", query: { "api-version": "2024-02-01", features }, file: picture.file,
}).then(({ body }) => body);
const older = (visualFeatures) => (picture, ask) => ask({
  path: "/vision/v3.2/analyze", query: { visualFeatures }, file: picture.file,
}).then(({ body }) => body);

function things(body, picture) {
  const found = body.objectsResult.values.map(({ boundingBox, tags: [tag] }) => ({ ...boundingBox, label: `${tag.name} ${percent(tag.confidence)}`, tag }));
  const shown = overlay(picture, { boxes: found });
  return el("div", {}, shown, el("p", { className: "caption" }, body.captionResult.text),
    el("h2", {}, found.length ? `Objects: ${found.length}` : "No objects that the model knows"),
    el("ul", { className: "chips" }, found.map(({ tag }, at) => pointing(el("li", {}, tag.name), shown.frames?.[at]))),
    el("h2", {}, "Tags"), el("div", { className: "bars" }, body.tagsResult.values.slice(0, 10).map((tag) => bar(tag.name, tag.confidence))));
}

function text(body, picture) {
  const lines = body.readResult.blocks.flatMap((block) => block.lines);
  const polygons = lines.map((line) => svg("polygon", { points: line.boundingPolygon.map(({ x, y }) => `${x},${y}`).join(" "), class: "line" }));
  if (!lines.length) return el("div", {}, overlay(picture), el("p", { className: "none" }, "There is no text in this picture that could be read."));
  return el("div", {}, overlay(picture, { shapes: polygons }), el("h2", {}, "Text"),
    el("ol", { className: "lines" }, lines.map((line, at) => {
      const sure = Math.min(...line.words.map((word) => word.confidence));
      return pointing(el("li", {}, el("span", {}, line.text), el("span", { className: "dim" }, percent(sure))), polygons[at]);
    })));
}

async function thumbnails(picture, ask) {
  const query = (smartCropping) => ({ width: 240, height: 240, smartCropping });
  const made = [];
  for (const smart of ["true", "false"]) {
    const { body } = await ask({ path: "/vision/v3.2/generateThumbnail", query: query(smart), file: picture.file });
    made.push(shownBlob(body));
  }
  return made;
}

const swatch = (name, value) => {
  const patch = el("span", { className: "patch", ariaHidden: "true" });
  patch.style.background = value;
  return el("li", {}, patch, el("span", {}, name), el("code", {}, value));
};
const CSS_NAMES = { Black: "#000", Blue: "#1d5fd0", Brown: "#7b4a2a", Grey: "#808080", Gray: "#808080", Green: "#2a8a3e", Orange: "#ee7a1b", Pink: "#ee88aa", Purple: "#7a3ba8", Red: "#d22f27", Teal: "#1c8c8c", White: "#fff", Yellow: "#f0c91f" };

function colours({ color }) {
  const named = (what, name) => {
    const patch = el("span", { className: "patch", ariaHidden: "true" });
    patch.style.background = CSS_NAMES[name] ?? "transparent";
    return el("li", {}, patch, el("span", {}, what), el("span", { className: "dim" }, name));
  };
  return el("ul", { className: "swatches" }, swatch("Accent", `#${color.accentColor}`), named("Foreground", color.dominantColorForeground),
    named("Background", color.dominantColorBackground), color.dominantColors.map((name) => named("Dominant", name)),
    el("li", {}, color.isBWImg ? "Black and white" : "In colour"));
}

export const VISION = [
  {
    id: "analyze_image", family: "Vision", name: "Tags and objects", needs: ["AnalyzeImage"],
    lead: "What is in a picture, and where.",
    input: input(20 * MB, NEWER), ask: analyze("tags,caption,objects"), show: things,
    python: python('df.ai.analyze_image("path", features=["tags", "caption", "objects"])'),
  },
  {
    id: "read_text", family: "Vision", name: "Text in a picture", needs: ["Read"],
    lead: "Printed text, line by line, where it stands.",
    input: input(20 * MB, NEWER), ask: analyze("read"), show: text, python: python('df.ai.read_text("path", include=["lines"])'),
  },
  {
    id: "thumbnail", family: "Vision", name: "Thumbnail", needs: ["GenerateThumbnail"],
    lead: "A small picture cut to what matters in it, beside one that is cut to the middle.",
    input: input(4 * MB), ask: thumbnails, python: python('df.ai.thumbnail("path", width_px=240, height_px=240)'),
    show: ([smart, middle], picture) => el("div", {}, el("div", { className: "pair" },
      el("figure", {}, el("img", { src: smart, alt: "The thumbnail around what matters", width: 240, height: 240 }), el("figcaption", {}, "Around what matters")),
      el("figure", {}, el("img", { src: middle, alt: "The thumbnail around the middle", width: 240, height: 240 }), el("figcaption", {}, "Around the middle"))),
      picture.note ? el("p", { className: "dim" }, picture.note) : null),
  },
  {
    id: "moderate_image", family: "Vision", name: "Moderation", needs: ["AdultContent"],
    lead: "Whether a picture shows what not everybody should see. Racy and gory pictures are not judged here.",
    input: input(4 * MB), ask: older("Adult"), python: python('df.ai.moderate_image("path")'),
    show: ({ adult }, picture) => el("div", {}, el("p", { className: `verdict ${adult.isAdultContent ? "negative" : "positive"}` }, adult.isAdultContent ? "Flagged" : "Not flagged"),
      bar("adult", adult.adultScore, "negative"), picture.note ? el("p", { className: "dim" }, picture.note) : null),
  },
  {
    id: "colours", family: "Vision", name: "Colours", needs: ["AnalyzeImage"],
    lead: "The colours that a picture lives by.",
    input: input(4 * MB), ask: older("Color"), python: python('df.ai.analyze_image("path", features="color", api_version="v3.2")'),
    show: (body, picture) => el("div", {}, colours(body), picture.note ? el("p", { className: "dim" }, picture.note) : null),
  },
];
