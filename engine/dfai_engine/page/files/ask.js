// Asks the server, as any client would: the same paths, headers and bodies. Errors of every family become sentences.

let key = "";
const listeners = [];

/** The key lives in this variable and nowhere else. */
export const useKey = (value) => { key = value; };
export const whenUnauthorized = (act) => listeners.push(act);

/** Something to be told to people, not a fault of the page. */
export class Told extends Error {
  constructor(sentence, { status = 0, title = "", body = null } = {}) {
    super(sentence);
    this.status = status;
    this.title = title;
    this.body = body;
  }
}

const TITLES = {
  0: "Not asked", 400: "Not accepted", 401: "The key", 403: "Refused", 404: "Not found", 413: "Too large",
  415: "Another kind of file is needed", 429: "Busy", 500: "The engine failed",
};

/** The sentence in an error body. The families have four forms of it. */
export function sentenceOf(body) {
  const error = body?.error ?? body?.errors?.[0] ?? body;
  const inner = error?.innererror ?? error?.innerError;
  return inner?.message ?? error?.message ?? null;
}

/** The address of a path: beside this page, wherever a proxy has put it. */
export const address = (path, query = {}) => {
  const url = new URL(path.replace(/^\//, "./"), document.baseURI);
  for (const [name, value] of Object.entries(query)) url.searchParams.set(name, value);
  return url;
};

/** Sends one call: {method, path, query, headers, json | file | text | form}. Gives {status, body, headers, ms}. */
export async function send(call, signal) {
  const headers = { ...call.headers };
  if (key) headers["Ocp-Apim-Subscription-Key"] = key;
  let body;
  if (call.json !== undefined) {
    headers["Content-Type"] = "application/json";
    body = JSON.stringify(call.json);
  } else if (call.file) {
    headers["Content-Type"] = call.type ?? "application/octet-stream";
    body = call.file;
  } else if (call.text !== undefined) {
    body = call.text;
  } else if (call.form) {
    body = new FormData();
    for (const [name, part] of Object.entries(call.form)) {
      if (part instanceof Blob) body.append(name, part, part.name ?? name);
      else body.append(name, JSON.stringify(part));
    }
  }
  const began = performance.now();
  let response;
  let answer;
  try {
    response = await fetch(address(call.path, call.query), {
      method: call.method ?? "POST", headers, body, signal, cache: "no-store", credentials: "omit",
    });
    const kind = response.headers.get("content-type") ?? "";
    answer = kind.includes("json") ? await response.json() : await response.blob();
  } catch (fault) {
    if (fault.name === "AbortError") throw fault;
    if (response) throw new Told("The answer cannot be read: the connection ended too early, or it is not JSON.", { status: response.status });
    throw new Told("The server cannot be reached. Is dfai serve still running?", { title: "No connection" });
  }
  const ms = performance.now() - began;
  if (!response.ok) {
    if (response.status === 401) for (const act of listeners) act();
    const told = answer instanceof Blob ? null : sentenceOf(answer);
    const sentence = response.status === 401
      ? key ? "The server refuses this key. Is it the one that the server was started with?" : "This server asks for its key: the button at the top takes it."
      : told ?? `The server answered with ${response.status} and no reason.`;
    throw new Told(sentence, {
      status: response.status, title: TITLES[response.status] ?? "Refused", body: answer instanceof Blob ? null : answer,
    });
  }
  return { status: response.status, body: answer, headers: response.headers, ms };
}

const pause = (ms, signal) => new Promise((resolve, reject) => {
  const timer = setTimeout(resolve, ms);
  signal?.addEventListener("abort", () => { clearTimeout(timer); reject(new DOMException("", "AbortError")); });
});

/** Waits for a job: asks `path` until its status is final, as often as the server says. */
export async function outcome(ask, path, query, signal) {
  for (;;) {
    const answer = await ask({ method: "GET", path, query, quiet: true });
    if (!["notStarted", "running"].includes(answer.body.status)) return answer;
    const headers = answer.headers;
    await pause(Number(headers.get("retry-after-ms")) || 1000 * Number(headers.get("retry-after") ?? 0.2), signal);
  }
}

const quoted = (text) => `'${text.replaceAll("'", "'\\''")}'`;
const LONG = 3000;

/** The same call for a shell. */
export function curl(call, keyed) {
  const lines = [`curl ${call.method === "GET" ? "" : `-X ${call.method ?? "POST"} `}${quoted(address(call.path, call.query).href)}`];
  if (keyed) lines.push('-H "Ocp-Apim-Subscription-Key: $DFAI_KEY"');
  const headers = { ...call.headers };
  if (call.json !== undefined) headers["Content-Type"] = "application/json";
  else if (call.file) headers["Content-Type"] = call.type ?? "application/octet-stream";
  for (const [name, value] of Object.entries(headers)) lines.push(`-H ${quoted(`${name}: ${value}`)}`);
  if (call.json !== undefined) {
    const body = JSON.stringify(call.json);
    lines.push(body.length > LONG ? "--data-binary @body.json" : `--data-binary ${quoted(body)}`);
  } else if (call.file) lines.push(`--data-binary @${quoted(call.file.name ?? "file")}`);
  else if (call.text !== undefined) lines.push(`--data-binary ${quoted(call.text)}`);
  else if (call.form) {
    for (const [name, part] of Object.entries(call.form)) {
      lines.push(`-F ${quoted(part instanceof Blob ? `${name}=@${part.name ?? "file"}` : `${name}=${JSON.stringify(part)}`)}`);
    }
  }
  return lines.join(" \\\n  ");
}
