// Makes elements. Texts become text nodes: nothing that a server answers is ever read as markup.

const SVG = "http://www.w3.org/2000/svg";

function fill(node, given, children) {
  for (const [name, value] of Object.entries(given)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, act] of Object.entries(value)) node.addEventListener(event, act);
    else if (name === "style") for (const [property, set] of Object.entries(value)) node.style.setProperty(property, set);
    else if (name in node && !(node instanceof SVGElement) && name !== "list" && name !== "form") node[name] = value;
    else node.setAttribute(name, value === true ? "" : value);
  }
  node.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== false));
  return node;
}

/** An element; `given` holds attributes, properties, `on` and `style`. */
export const el = (name, given = {}, ...children) => fill(document.createElement(name), given, children);

/** The same in SVG. */
export const svg = (name, given = {}, ...children) => fill(document.createElementNS(SVG, name), given, children);

/** A share, as people read it. */
export const percent = (share) => `${(100 * share).toFixed(share > 0.0005 && share < 0.01 ? 1 : 0)} %`;

/** A number with a few digits, as people read it. */
export const number = (value) => new Intl.NumberFormat("en", { maximumSignificantDigits: 4 }).format(value);

/** Bytes, as people read them. */
export const bytes = (count) =>
  count < 1e6 ? `${Math.max(1, Math.round(count / 1e3))} kB` : `${(count / 1e6).toFixed(1)} MB`;

/** A moment of a sound. */
export const clock = (seconds) =>
  `${Math.floor(seconds / 60)}:${(seconds % 60).toFixed(1).padStart(4, "0")}`;

/** A bar for a share, told in words beside it. */
export function bar(name, share, kind = "") {
  const fillIn = el("span", { className: `fill ${kind}` });
  fillIn.style.width = `${100 * share}%`;
  return el("div", { className: "bar" }, el("span", { className: "name" }, name),
    el("span", { className: "track", ariaHidden: "true" }, fillIn), el("span", { className: "share" }, percent(share)));
}

const held = [];

/** An address for bytes that an answer shows; it ends when the next answer is shown. */
export function shownBlob(blob) {
  const url = URL.createObjectURL(blob);
  held.push(url);
  return url;
}

/** Lets go of the bytes at these addresses. */
export const forget = (urls) => { for (const url of urls) URL.revokeObjectURL(url); };
/** The addresses that were given out since the last time. */
export const shownSince = () => held.splice(0);
