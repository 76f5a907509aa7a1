// The Decision services: a series of numbers, its band, what lies outside, and where it changes.

import { Told } from "./ask.js";
import { chart } from "./chart.js";
import { el, number, percent } from "./dom.js";
import { choice, samples } from "./inputs.js";

const LEAST = 12;
const MOST = 8640;
const PATH = "/anomalydetector/v1.1/timeseries";
const UNITS = [["weekly", 604800e3], ["daily", 86400e3], ["hourly", 3600e3], ["minutely", 60e3], ["secondly", 1e3]];

// ---- samples: the same numbers each time ---------------------------------------------------------------------------

function made(count, value) {
  let seed = 7;
  const draw = () => { seed = (seed * 48271) % 2147483647; return seed / 2147483647 - 0.5; };
  const start = Date.UTC(2026, 5, 1);
  const lines = Array.from({ length: count }, (_, place) => `${new Date(start + place * 3600e3).toISOString().slice(0, 16)}Z,${value(place, draw).toFixed(1)}`);
  return `time,value\n${lines.join("\n")}\n`;
}
const daily = (place) => 40 * Math.sin((2 * Math.PI * (place - 8)) / 24);
const SAMPLES = {
  "Requests an hour": () => made(240, (place, draw) => 120 + daily(place) + 9 * draw() + ({ 75: 95, 76: 80, 151: -70, 203: 88 }[place] ?? 0)),
  "A level that moves": () => made(200, (place, draw) => 60 + (place >= 70 ? 35 : 0) - (place >= 140 ? 55 : 0) + 8 * draw()),
};

// ---- reading -------------------------------------------------------------------------------------------------------

const numeric = (cell, comma) => {
  const plain = comma ? cell.replace(",", ".") : cell;
  return plain !== "" && Number.isFinite(Number(plain)) ? Number(plain) : null;
};

/** A pasted or uploaded table: {names, rows, numbers, moments}; columns of numbers and of times by their places. */
export function read(text) {
  const lines = text.split(/\r?\n/).map((line) => line.trim()).filter(Boolean);
  if (!lines.length) throw new Told("There are no numbers yet: paste a column or a CSV, or choose a sample.");
  const separator = [";", "\t", ","].find((sign) => lines[0].includes(sign));
  const comma = separator !== "," && separator !== undefined;
  const cells = lines.map((line) => (separator ? line.split(separator) : [line]).map((cell) => cell.trim().replace(/^"(.*)"$/, "$1")));
  const moment = (cell) => (numeric(cell, comma) === null && /\d/.test(cell) ? Date.parse(/\d{4}-\d\d-\d\d( |T)\d\d:\d\d(:\d\d)?$/.test(cell) ? `${cell.replace(" ", "T")}Z` : cell) : NaN);
  const headed = cells.length > 1 && cells[0].every((cell) => numeric(cell, comma) === null && Number.isNaN(moment(cell)));
  const names = headed ? cells[0] : cells[0].map((_, place) => `column ${place + 1}`);
  const rows = headed ? cells.slice(1) : cells;
  const places = names.map((_, place) => place);
  const numbers = places.filter((place) => rows.filter((row) => numeric(row[place] ?? "", comma) !== null).length >= 0.9 * rows.length);
  const moments = places.filter((place) => rows.every((row) => !Number.isNaN(moment(row[place] ?? ""))));
  if (!numbers.length) throw new Told("No column holds numbers. Expected is one number a line, or a CSV with a column of them.");
  const written = [
    headed ? "" : `header=None, names=${JSON.stringify(names)}`,
    separator && separator !== "," ? `sep=${JSON.stringify(separator)}` : "",
    comma && rows.some((row) => numbers.some((place) => row[place]?.includes(","))) ? 'decimal=","' : "",
  ];
  return { names, rows, numbers, moments, written, value: (row, place) => numeric(row[place] ?? "", comma), moment: (row, place) => moment(row[place]) };
}

/** The step of a regular grid, in the protocol's words; null where there is none. */
function grid(times) {
  const steps = times.slice(1).map((time, place) => time - times[place]);
  const least = Math.min(...steps);
  if (!(least > 0)) return null;
  const days = new Set(times.map((time) => new Date(time).getUTCDate()));
  if (days.size === 1 && least >= 28 * 86400e3) {
    return steps.every((step) => step >= 365 * 86400e3) ? { granularity: "yearly" } : { granularity: "monthly" };
  }
  const [granularity, unit] = UNITS.find(([, ms]) => steps.every((step) => step % ms === 0)) ?? [];
  if (!granularity) return null;
  const times1 = steps.reduce((one, other) => { while (other) [one, other] = [other, one % other]; return one; }) / unit;
  return times1 === 1 ? { granularity } : { granularity, customInterval: times1 };
}

function input({ run, shared }, { sensitive = true } = {}) {
  const columns = choice("Column", [], "", () => run());
  columns.node.hidden = true;
  const note = el("p", { className: "dim note-line", role: "status" });
  const area = el("textarea", {
    id: "series", rows: 7, spellcheck: false, className: "mono", placeholder: "time,value\n2026-06-01T00:00Z,118.2\n…", value: shared.series,
    on: { input: () => { shared.series = area.value; look(); } },
  });
  let waiting = 0;
  const slider = el("input", { id: "sensitivity", type: "range", min: 0, max: 99, value: shared.sensitivity ?? 95, on: { input: () => {
    shared.sensitivity = Number(slider.value);
    shown.textContent = slider.value;
    clearTimeout(waiting);
    if (area.value.trim()) waiting = setTimeout(run, 150);
  } } });
  const shown = el("output", { htmlFor: "sensitivity" }, slider.value);
  const look = () => {
    let table;
    try { table = read(area.value); } catch { columns.node.hidden = true; return; }
    const before = columns.value;
    columns.select.replaceChildren(...table.numbers.map((place) => el("option", { value: place }, table.names[place])));
    columns.select.value = table.numbers.map(String).includes(before) ? before : String(table.numbers.at(-1));
    columns.node.hidden = table.numbers.length < 2;
  };
  const put = (text) => { area.value = shared.series = text; look(); run(); };
  const load = async (chosen) => {
    if (!chosen) return;
    if (chosen.size > 5e6) { note.textContent = `${chosen.name} is too large: a series has at most ${MOST.toLocaleString("en")} points.`; return; }
    put(await chosen.text());
  };
  const file = el("input", { id: "series-file", type: "file", accept: ".csv,.tsv,.txt,text/*", className: "unseen", on: { change: () => { load(file.files[0]); file.value = ""; } } });
  area.addEventListener("drop", (event) => {
    if (event.dataTransfer.files.length) { event.preventDefault(); load(event.dataTransfer.files[0]); }
  });
  look();
  return {
    nodes: [
      el("label", { htmlFor: "series", className: "head" }, "Numbers, one a line, or a CSV"), area,
      el("div", { className: "row between" },
        el("div", { className: "row" }, samples("Sample series", Object.entries(SAMPLES).map(([name, make]) => [name, () => put(make())])),
          file, el("label", { htmlFor: "series-file", className: "button small" }, "Open a file")),
        columns.node,
        sensitive ? el("span", { className: "field" }, el("label", { htmlFor: "sensitivity" }, "Sensitivity"), slider, shown) : null),
      note,
    ],
    leave: () => clearTimeout(waiting),
    ready: () => area.value.trim() !== "",
    read: () => {
      const table = read(area.value);
      const place = Number(columns.value);
      const kept = table.rows.filter((row) => table.value(row, place) !== null);
      const gone = table.rows.length - kept.length;
      if (kept.length < LEAST || kept.length > MOST) {
        throw new Told(`A series has ${LEAST} to ${MOST.toLocaleString("en")} points; these are ${kept.length.toLocaleString("en")}.`);
      }
      const times = table.moments.length ? kept.map((row) => table.moment(row, table.moments[0])) : null;
      const step = times && grid(times);
      note.textContent = [
        gone ? `${gone} of ${table.rows.length} lines hold no number and were left out.` : "",
        times && !step ? "The times are not in even steps: the points are taken in their order." : "",
      ].filter(Boolean).join(" ");
      return {
        name: table.names[place],
        time: step ? table.names[table.moments[0]] : null,
        written: table.written,
        labels: kept.map((row, nth) => (table.moments.length ? row[table.moments[0]].replace("T", " ").replace(/Z$/, "") : `${nth + 1}`)),
        values: kept.map((row) => table.value(row, place)),
        series: kept.map((row, nth) => (step ? { timestamp: new Date(times[nth]).toISOString().replace(".000", ""), value: table.value(row, place) } : { value: table.value(row, place) })),
        step: step ?? { granularity: "none" },
        sensitivity: Number(slider.value),
      };
    },
  };
}

const anomalies = ({ series, step, sensitivity }, ask) => ask({
  path: `${PATH}/entire/detect`, json: { series, ...step, sensitivity },
}).then(({ body }) => body);

const changes = ({ series, step }, ask) => ask({
  path: `${PATH}/changepoint/detect`, json: { series, ...step },
}).then(({ body }) => body);

const list = (points, names, of) => el("div", { className: "scroll" }, el("table", {},
  el("thead", {}, el("tr", {}, names.map((name) => el("th", { scope: "col" }, name)))),
  el("tbody", {}, points.slice(0, 50).map((point) => el("tr", {}, of(point).map((cell) => el("td", {}, cell)))))));

function band(body, { labels, values, sensitivity }) {
  // The boundary of the contract: expected ± (100 − sensitivity) × margin.
  const scale = 100 - sensitivity;
  const points = values.map((value, at) => {
    const expected = body.expectedValues[at];
    return {
      label: labels[at], value, expected, lower: expected - scale * body.lowerMargins[at], upper: expected + scale * body.upperMargins[at],
      mark: body.isAnomaly[at] ? "anomaly" : "", above: body.isPositiveAnomaly[at], severity: body.severity?.[at],
      said: `${labels[at]}: ${number(value)}, expected ${number(expected)}${body.isAnomaly[at] ? ", an anomaly" : ""}`,
    };
  });
  const found = points.filter((point) => point.mark);
  const period = body.period ? `, a period of ${body.period} points` : "";
  const summary = `${values.length} points${period}, ${found.length === 1 ? "1 anomaly" : `${found.length} anomalies`}.`;
  return el("div", {}, chart(points, summary),
    el("p", { className: "legend" }, el("span", { className: "key band" }), "expected", el("span", { className: "key anomaly" }), "anomaly"),
    found.length ? list(found, ["When", "Value", "Expected", "Severity"], (point) => [point.label, `${number(point.value)} ${point.above ? "above" : "below"}`, number(point.expected), point.severity === undefined ? "" : number(point.severity)]) : null);
}

function steps(body, { labels, values }) {
  const points = values.map((value, at) => ({
    label: labels[at], value, mark: body.isChangePoint[at] ? "change" : "", sure: body.confidenceScores[at],
    said: `${labels[at]}: ${number(value)}${body.isChangePoint[at] ? ", a change point" : ""}`,
  }));
  const found = points.filter((point) => point.mark);
  return el("div", {}, chart(points, `${values.length} points, ${found.length === 1 ? "1 change point" : `${found.length} change points`}.`),
    found.length ? list(found, ["When", "Value", "Confidence"], (point) => [point.label, number(point.value), percent(point.sure)]) : null);
}

const python = (verb, more) => (value) => {
  const { name, time, written, step } = value ?? { name: "value", time: null, written: [] };
  const as = (text) => JSON.stringify(text);
  const reading = [as("series.csv"), ...written, time ? `parse_dates=[${as(time)}]` : ""].filter(Boolean).join(", ");
  const asked = [as(name)];
  if (time) asked.push(`timestamp=${as(time)}`, `granularity=${as(step.granularity)}`);
  if (time && step.customInterval) asked.push(`custom_interval=${step.customInterval}`);
  return [`df = pd.read_csv(${reading})`, `df.ai.${verb}(${[...asked, ...more(value)].join(", ")})`];
};

export const SERIES = [
  {
    id: "detect_anomalies", family: "Time series", name: "Anomalies", needs: ["DetectUnivariateEntireSeries"],
    lead: "Points of a series that do not fit it: the band is learned from the series itself.",
    input, ask: anomalies, show: band, python: python("detect_anomalies", (value) => [`sensitivity=${value?.sensitivity ?? 95}`]),
  },
  {
    id: "detect_change_points", family: "Time series", name: "Change points", needs: ["DetectUnivariateChangePoint"],
    lead: "Where a series turns into another one: a new level, a new trend.",
    input: (context) => input(context, { sensitive: false }), ask: changes, show: steps, python: python("detect_change_points", () => []),
  },
];
