// The page: the list of services, which one is shown, the key.

import { send, Told, useKey, whenUnauthorized } from "./ask.js";
import { el } from "./dom.js";
import { LANGUAGE } from "./language.js";
import { SERIES } from "./series.js";
import { stage } from "./stage.js";
import { VISION } from "./vision.js";
import { FACES } from "./faces.js";
import { SPEECH } from "./speech.js";
import { SEARCH } from "./search.js";

const SERVICES = [...LANGUAGE, ...SERIES, ...VISION, ...FACES, ...SPEECH, ...SEARCH];
const FAMILIES = [...new Set(SERVICES.map((service) => service.family))];
const find = (id) => document.getElementById(id);
const guarded = document.querySelector('meta[name="dfai-key"]').content === "needed";
let held = null;
let shown = null;
let unlocked = !guarded;

const keyed = () => guarded;

// ---- which service -------------------------------------------------------------------------------------------------

const links = new Map();
const options = new Map();
for (const family of FAMILIES) {
  const group = SERVICES.filter((service) => service.family === family);
  const title = `family-${FAMILIES.indexOf(family)}`;
  find("services").append(el("section", {}, el("h2", { id: title }, family), el("ul", { "aria-labelledby": title },
    group.map((service) => {
      const link = el("a", { href: `#${service.id}` }, service.name);
      links.set(service.id, link);
      return el("li", {}, link);
    }))));
  find("picker").append(el("optgroup", { label: family }, group.map((service) => {
    const option = el("option", { value: service.id }, service.name);
    options.set(service.id, option);
    return option;
  })));
}
find("picker").addEventListener("change", (event) => { location.hash = event.target.value; });

function choose(focus) {
  const service = SERVICES.find((one) => one.id === location.hash.slice(1)) ?? SERVICES[0];
  shown?.leave();
  shown = stage(service, () => held, keyed);
  for (const [id, link] of links) {
    if (id === service.id) link.setAttribute("aria-current", "page");
    else link.removeAttribute("aria-current");
  }
  find("picker").value = service.id;
  document.title = `${service.name} · dfai`;
  find("main").replaceChildren(shown.page);
  scrollTo(0, 0);
  if (focus) find("main").focus({ preventScroll: true });
  if (held) shown.begin();
}
addEventListener("hashchange", () => choose(true));
document.querySelector(".skip").addEventListener("click", (event) => { event.preventDefault(); find("main").focus(); });

// ---- what is there -------------------------------------------------------------------------------------------------

const stateOf = (service) => service.needs.map((name) => held.get(name)).find((one) => one && one.state !== "ready");

async function look() {
  let answer;
  try {
    answer = await send({ method: "GET", path: "/services" });
  } catch (fault) {
    if (!(fault instanceof Told)) throw fault;
    if (fault.status !== 401) find("server").textContent = fault.message;
    return fault;
  }
  const before = held;
  held = new Map(answer.body.services.map((one) => [one.name, one]));
  unlocked = true;
  find("server").textContent = `${location.host} · ${answer.body.version}`;
  for (const service of SERVICES) {
    const off = Boolean(stateOf(service));
    links.get(service.id).classList.toggle("off", off);
    links.get(service.id).title = off ? stateOf(service).message : "";
    options.get(service.id).textContent = off ? `${service.name} (not here)` : service.name;
  }
  const now = SERVICES.find((service) => links.get(service.id).ariaCurrent === "page");
  // Only what there is to say of it changes what is shown: somebody may have begun to type.
  if (now && (before || now.needs.some((name) => held.get(name)?.message))) choose(false);
  else shown.begin();
  return null;
}

// ---- the key -------------------------------------------------------------------------------------------------------

const dialog = find("ask-key");
const openDialog = (wrong = "") => {
  find("key-wrong").textContent = wrong;
  find("key-value").value = "";
  if (!dialog.open) dialog.showModal();
};
find("key").hidden = !guarded;
if (guarded && !isSecureContext) {
  find("key-value").disabled = true;
  dialog.querySelector('[type="submit"]').disabled = true;
  find("key-plain").hidden = false;
}
find("key").addEventListener("click", () => openDialog());
find("key-later").addEventListener("click", () => dialog.close());
dialog.querySelector("form").addEventListener("submit", async (event) => {
  event.preventDefault();
  const value = find("key-value").value;
  // A header holds no other letters.
  if (!/^[\x20-\xff]+$/.test(value)) { openDialog("A key has letters, digits and signs of Latin-1 alone."); return; }
  useKey(value);
  const fault = await look();
  if (fault) openDialog(fault.message);
  else { dialog.close(); find("main").focus(); }
});
whenUnauthorized(() => { if (unlocked) { unlocked = false; openDialog(); } });

choose(false);
if (guarded) openDialog();
else look();
