// The Face services: where faces are, and whether two are one person's.

import { Told } from "./ask.js";
import { bar, el, svg } from "./dom.js";
import { pictureInput } from "./inputs.js";
import { overlay, pointing } from "./vision.js";

const MB = 2 ** 20;
const CARE = "Faces are personal data. Ask the people in a picture first, and decide nothing about anybody by this answer alone. docs/responsible-use.md says what the models get wrong.";
const DRAWINGS = { "Two drawn faces": "faces" };

async function detect(picture, ask) {
  const { body } = await ask({
    path: "/face/v1.0/detect",
    query: { returnFaceId: "false", returnFaceLandmarks: "true", returnFaceAttributes: "headPose,blur", detectionModel: "detection_03" },
    file: picture.file,
  });
  return body;
}

function faces(found, picture) {
  if (!found.length) return el("div", {}, overlay(picture), el("p", { className: "none" }, "No face was found in this picture."));
  const boxes = found.map(({ faceRectangle: { left, top, width, height } }, at) => ({ x: left, y: top, w: width, h: height, label: `${at + 1}` }));
  const radius = Math.max(2, picture.width / 200);
  const dots = found.flatMap(({ faceLandmarks }) => Object.values(faceLandmarks ?? {}).map(({ x, y }) => svg("circle", { cx: x, cy: y, r: radius, class: "point" })));
  const shown = overlay(picture, { boxes, shapes: dots });
  return el("div", {}, shown, el("ol", { className: "lines" }, found.map(({ faceRectangle, faceAttributes }, at) => {
    const { headPose, blur } = faceAttributes ?? {};
    const turned = headPose ? `turned ${Math.round(headPose.yaw)}°, tilted ${Math.round(headPose.roll)}°` : "";
    return pointing(el("li", {}, el("span", {}, `Face ${at + 1}, ${faceRectangle.width} pixels wide`),
      el("span", { className: "dim" }, [turned, blur ? `blur ${blur.blurLevel}` : ""].filter(Boolean).join(", "))), shown.frames?.[at]);
  })));
}

async function compare({ one, other }, ask) {
  const ids = [];
  for (const [picture, which] of [[one, "first"], [other, "second"]]) {
    // Remembered for a minute, the shortest time that the protocol has.
    const { body } = await ask({
      path: "/face/v1.0/detect", query: { returnFaceId: "true", recognitionModel: "recognition_04", faceIdTimeToLive: 60 }, file: picture.file,
    });
    if (!body.length) throw new Told(`No face was found in the ${which} picture.`, { title: "Nothing found" });
    ids.push(body[0].faceId);
  }
  return (await ask({ path: "/face/v1.0/verify", json: { faceId1: ids[0], faceId2: ids[1] } })).body;
}

export const FACES = [
  {
    id: "detect_faces", family: "Faces", name: "Find faces", needs: ["DetectFaces"],
    lead: "Where faces are, and the points of the eyes. Nobody is recognised.", care: CARE,
    input: (context) => pictureInput(context, { name: "faces", drawings: DRAWINGS, mostBytes: 6 * MB }), ask: detect, show: faces,
    python: (picture) => [`df = pd.DataFrame({"path": [${JSON.stringify(picture?.file.name ?? "faces.png")}]})`, 'df.ai.detect_faces("path", include=["landmarks"])'],
  },
  {
    id: "verify_faces", family: "Faces", name: "Compare faces", needs: ["VerifyFaces"],
    lead: "Whether the largest face of one picture and the largest of another are the same person's.", care: CARE, verb: "Compare",
    input: (context) => {
      const run = () => { if (one.ready() && other.ready()) context.run(); };
      const one = pictureInput({ ...context, run }, { name: "first", label: "First picture", drawings: { "A drawn face": "face-one" }, mostBytes: 6 * MB, alone: false });
      const other = pictureInput({ ...context, run }, { name: "second", label: "Second picture", drawings: { "The same again": "face-one-again", "Somebody else": "face-two" }, mostBytes: 6 * MB, alone: false });
      return {
        nodes: el("div", { className: "two" }, el("div", {}, one.nodes), el("div", {}, other.nodes)),
        ready: () => one.ready() && other.ready(),
        read: async () => ({ one: await one.read(), other: await other.read() }),
      };
    },
    ask: compare,
    show: ({ isIdentical, confidence }) => el("div", {},
      el("p", { className: `verdict ${isIdentical ? "positive" : ""}` }, isIdentical ? "The same person, the model thinks" : "Two persons, the model thinks"),
      bar("confidence", confidence)),
    python: (value) => [`df = pd.DataFrame({"one": [${JSON.stringify(value?.one.file.name ?? "one.jpg")}], "other": [${JSON.stringify(value?.other.file.name ?? "other.jpg")}]})`, 'df.ai.verify_faces("one", "other")'],
  },
];
