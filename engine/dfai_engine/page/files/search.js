// Search: documents of an index, pictures of the folders that the server was given.

import { send, Told } from "./ask.js";
import { el, shownBlob } from "./dom.js";
import { choice } from "./inputs.js";

const API = { "api-version": "2024-07-01" };

function words(context, name, more = []) {
  const field = el("input", { id: `words-${name}`, type: "search", value: context.shared[`words-${name}`] ?? "", placeholder: "Words", on: {
    input: () => { context.shared[`words-${name}`] = field.value; },
    keydown: (event) => { if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) context.run(); },
  } });
  return { nodes: [el("label", { htmlFor: field.id, className: "head" }, "Look for"), field, ...more], value: () => field.value.trim() };
}

function documents(context) {
  const index = choice("Index", [], "");
  send({ method: "GET", path: "/indexes", query: { ...API, $select: "name" } }).then(({ body }) => {
    index.select.replaceChildren(...body.value.map(({ name }) => el("option", { value: name }, name)));
  }, () => null);
  const field = words(context, "documents", [el("div", { className: "row" }, index.node)]);
  return {
    nodes: field.nodes,
    read: () => {
      if (!index.value) throw new Told("There is no index to search.");
      return { words: field.value(), index: index.value };
    },
  };
}

const text = (value) => (value === null ? "" : typeof value === "object" ? JSON.stringify(value) : String(value));

async function found({ words: search, index }, ask) {
  return (await ask({ path: `/indexes('${encodeURIComponent(index)}')/docs/search.post.search`, query: API, json: { search: search || "*", top: 10, count: true } })).body;
}

function hits(body) {
  if (!body.value.length) return el("p", { className: "none" }, "No document has these words.");
  return el("div", {}, el("p", { className: "dim" }, `${body["@odata.count"]} found`),
    el("ol", { className: "hits" }, body.value.map((hit) => el("li", {},
      el("dl", {}, Object.entries(hit).filter(([name]) => !name.startsWith("@")).map(([name, value]) => [el("dt", {}, name), el("dd", {}, text(value).slice(0, 400))]))))));
}

async function pictures({ words: q }, ask, signal) {
  const { body } = await ask({ method: "GET", path: "/bing/v7.0/images/search", query: { q, count: 24 } });
  // By the page's own requests: an <img> would bring no key.
  return Promise.all(body.value.map(async (one) => {
    const path = new URL(one.thumbnailUrl).pathname;
    const got = await send({ method: "GET", path: path.slice(path.indexOf("/bing/")) }, signal);
    return { name: one.name, url: shownBlob(got.body), width: one.thumbnail?.width, height: one.thumbnail?.height };
  }));
}

export const SEARCH = [
  {
    id: "search_index", family: "Search", name: "Documents", needs: ["SearchDocuments"], verb: "Search",
    lead: "Full-text search in an index that a frame was written to.",
    input: documents, ask: found, show: hits,
    python: (value) => [`df = pd.DataFrame({"wish": [${JSON.stringify(value?.words || "quiet room")}]})`, `df.ai.search_index("wish", among=${JSON.stringify(value?.index ?? "hotels")}, top=10)`],
  },
  {
    id: "search_images", family: "Search", name: "Pictures", needs: ["ImageSearch"], verb: "Search",
    lead: "Pictures of the folders that this server was given, by what they show, by name and by notes.",
    input: (context) => {
      const field = words(context, "pictures");
      return { nodes: field.nodes, read: () => {
        if (!field.value()) throw new Told("There are no words yet to look for.");
        return { words: field.value() };
      } };
    },
    ask: pictures,
    show: (made) => (made.length
      ? el("ul", { className: "gallery" }, made.map((one) => el("li", {}, el("img", { src: one.url, alt: one.name, width: one.width, height: one.height }), el("span", {}, one.name))))
      : el("p", { className: "none" }, "No picture has these words.")),
    python: (value) => [`df = pd.DataFrame({"wish": [${JSON.stringify(value?.words ?? "dog")}]})`, 'df.ai.search_images("wish", top=24).explode("images")'],
  },
];
