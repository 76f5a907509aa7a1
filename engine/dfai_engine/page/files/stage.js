// One service on the page: its input, a button, the answer, and the same request as curl, Python and JSON.

import { curl, send, Told } from "./ask.js";
import { el, forget, shownSince } from "./dom.js";

const SOON_MS = 250;
const SLOW_MS = 1500;
const SHOWN_CHARS = 20000;

/** What services share while one looks around: a text, pictures and sounds stay when another service is chosen. */
export const shared = { text: "", series: "", pictures: {}, sounds: {} };

function codePanel() {
  const names = ["Python", "curl", "JSON"];
  const code = el("pre", { id: "code", tabIndex: 0, role: "tabpanel" });
  const texts = { Python: "", curl: "", JSON: "" };
  let chosen = "Python";
  const show = (name, focus) => {
    chosen = name;
    code.setAttribute("aria-labelledby", `tab-${name}`);
    const text = texts[name];
    code.textContent = text.length > SHOWN_CHARS ? `${text.slice(0, SHOWN_CHARS)}\n…` : text;
    for (const tab of tabs) {
      const on = tab.textContent === name;
      tab.setAttribute("aria-selected", on);
      tab.tabIndex = on ? 0 : -1;
      if (on && focus) tab.focus();
    }
  };
  const tabs = names.map((name) => el("button", {
    type: "button", role: "tab", id: `tab-${name}`, "aria-controls": "code",
    on: {
      click: () => show(name),
      keydown: (event) => {
        const step = { ArrowRight: 1, ArrowLeft: names.length - 1 }[event.key];
        if (step) show(names[(names.indexOf(name) + step) % names.length], true);
      },
    },
  }, name));
  const copied = el("span", { className: "unseen", role: "status" });
  const copy = el("button", { type: "button", className: "plain small", on: { click: async () => {
    try {
      await navigator.clipboard.writeText(texts[chosen]);
      copy.textContent = "Copied";
      copied.textContent = "Copied";
    } catch {
      getSelection().selectAllChildren(code);
      copy.textContent = "Selected";
    }
    setTimeout(() => { copy.textContent = "Copy"; copied.textContent = ""; }, 1500);
  } } }, "Copy");
  const node = el("section", { className: "code", ariaLabel: "The same request elsewhere" },
    el("div", { className: "tabs" }, el("div", { role: "tablist", ariaLabel: "Written as" }, tabs), copy, copied), code);
  show(chosen);
  return { node, set: (more) => { Object.assign(texts, more); show(chosen); } };
}

/** The lines of Python that get the same answer from this server. */
function python(lines, keyed) {
  const place = new URL("./", document.baseURI).href.replace(/\/$/, "");
  const target = `dfai.container(${JSON.stringify(place)}${keyed ? ', key=dfai.env("DFAI_KEY")' : ""})`;
  return ["import pandas as pd", "import dfai", "", `dfai.configure(target=${target})`, ...lines].join("\n");
}

const COMMAND = /(pip install "[^"]+"|dfai models pull [\w ]+|dfai serve --[\w-]+ \S+?(?=\.?$)|df\.ai\.\w+\(.*?\))/;
const THEN = { packagesMissing: " Then start the server again.", modelsMissing: " Then load this page again." };

/** What a service lacks, with its command set apart. */
const advice = ({ message, state }) => [
  ...message.split(COMMAND).map((part) => (COMMAND.test(part) ? el("code", { className: "do" }, part) : part)), THEN[state],
];

/** Builds a service. */
export function stage(service, held, keyed) {
  const found = service.needs.map((name) => held()?.get(name)).filter(Boolean);
  const lacking = found.find((one) => one.state !== "ready");
  const makeshift = found.find((one) => one.state === "ready" && one.message);
  const can = (name) => (held()?.get(name)?.state ?? "ready") === "ready";
  const answer = el("div", { className: "answer", ariaLive: "polite", ariaBusy: "false" });
  const code = codePanel();
  const slow = el("p", { className: "slow", role: "status" });
  const button = el("button", { type: "button", className: "main", ariaKeyShortcuts: "Control+Enter", on: { click: () => run() } }, service.verb ?? "Run");
  const error = (fault) => {
    const told = fault instanceof Told ? fault : new Told(`The page failed: ${fault.message}`, { title: "A fault of this page" });
    if (!(fault instanceof Told)) console.error(fault);
    replace(el("div", { className: "told", role: "alert" },
      el("strong", {}, told.title || "Not yet"), el("p", {}, told.message),
      told.status ? el("p", { className: "dim" }, `HTTP ${told.status}`) : null));
    if (told.body) code.set({ JSON: JSON.stringify(told.body, null, 2) });
  };
  let current = null;
  let urls = [];
  const replace = (...nodes) => {
    answer.replaceChildren(...nodes);
    forget(urls);
    urls = shownSince();
  };

  async function run() {
    current?.abort();
    const mine = new AbortController();
    current = mine;
    let value;
    try {
      value = await input.read();
    } catch (fault) {
      if (current === mine) error(fault);
      return;
    }
    const calls = [];
    const began = performance.now();
    const ask = async (call) => {
      if (!call.quiet) calls.push({ call, body: null });
      const got = await send(call, mine.signal);
      calls.at(-1).body = got.body;
      return got;
    };
    answer.ariaBusy = "true";
    const soon = setTimeout(() => { slow.textContent = "Asking…"; }, SOON_MS);
    const late = setTimeout(() => { slow.textContent = service.slow ?? "Models are being loaded: the first answer takes longer."; }, SLOW_MS);
    let shown;
    let failed;
    try {
      shown = service.show(await service.ask(value, ask, mine.signal, can), value);
    } catch (fault) {
      if (fault.name !== "AbortError") failed = fault;
    }
    clearTimeout(soon);
    clearTimeout(late);
    if (current !== mine) return;
    slow.textContent = "";
    answer.ariaBusy = "false";
    if (calls.length) {
      code.set({
        Python: python(service.python(value, can), keyed()),
        curl: calls.map(({ call }) => curl(call, keyed())).join("\n\n"),
        JSON: calls.filter(({ body }) => body && !(body instanceof Blob)).map(({ body }) => JSON.stringify(body, null, 2)).join("\n\n"),
      });
    }
    if (failed) error(failed);
    else if (shown) {
      const seconds = (performance.now() - began) / 1000;
      replace(shown, el("p", { className: "dim took" }, seconds < 1 ? `${Math.round(1000 * seconds)} ms` : `${seconds.toFixed(1)} s`));
    }
  }

  const input = service.input({ run, shared });
  const body = el("div", { className: "work" }, input.nodes, el("div", { className: "row" }, button, el("kbd", { ariaHidden: "true" }, "Ctrl Enter"), slow));
  const page = el("article", {},
    el("h1", {}, service.name), el("p", { className: "lead" }, service.lead),
    service.care ? el("p", { className: "care" }, service.care) : null,
    lacking ? el("div", { className: "lacking", role: "note" }, el("strong", {}, "Not on this server yet. "), advice(lacking)) : null,
    makeshift ? el("div", { className: "lacking", role: "note" }, el("strong", {}, "Not at its best. "), advice(makeshift)) : null,
    body, answer, code.node);
  if (lacking) {
    body.inert = true;
    body.classList.add("off");
  }
  answer.append(el("p", { className: "empty" }, "The answer appears here."));
  page.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey) && !lacking) { event.preventDefault(); run(); }
  });
  code.set({ Python: python(service.python(null, can), keyed()), curl: "# Ask once: the request is shown here.", JSON: "" });
  return { page, leave: () => { current?.abort(); input.leave?.(); forget(urls); }, begin: () => { if (!lacking && input.ready?.()) run(); } };
}
