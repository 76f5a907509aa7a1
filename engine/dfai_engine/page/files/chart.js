// A series as a drawing: its line, the band of what was expected, and marks on single points.

import { el, number, svg } from "./dom.js";

const HEIGHT = 280;
const EDGE = { left: 52, right: 12, top: 14, bottom: 26 };

/** Round values for an axis: at most `most` of them between `low` and `high`. */
function ticks(low, high, most) {
  const raw = (high - low) / most || 1;
  const unit = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((times) => times * unit).find((one) => one >= raw);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step / 1e6; value += step) found.push(Math.abs(value) < step / 1e6 ? 0 : value);
  return found;
}

/** `points` are {label, value, lower, upper, mark, said}; `mark` is a class for those that stand out. */
export function chart(points, summary) {
  const said = el("p", { className: "readout" }, summary);
  const node = el("div", { className: "chart", tabIndex: 0, role: "slider", ariaLabel: "Points of the series", ariaValueMin: "1", ariaValueMax: `${points.length}`, ariaValueNow: "1", ariaValueText: summary });
  let width = 0;
  let at = -1;
  let x = () => 0;
  let cross = null;
  const spread = points.flatMap(({ value, lower, upper }) => [value, lower ?? value, upper ?? value]);
  let low = Infinity;
  let high = -Infinity;
  for (const value of spread) { low = Math.min(low, value); high = Math.max(high, value); }
  const margin = (high - low || Math.abs(high) || 1) * 0.06;
  low -= margin;
  high += margin;
  const y = (value) => EDGE.top + ((high - value) / (high - low)) * (HEIGHT - EDGE.top - EDGE.bottom);

  function draw() {
    const right = width - EDGE.right;
    x = (place) => EDGE.left + (points.length < 2 ? 0 : (place / (points.length - 1)) * (right - EDGE.left));
    const path = (of) => points.map((point, place) => `${place ? "L" : "M"}${x(place).toFixed(1)} ${y(of(point)).toFixed(1)}`).join("");
    const parts = [];
    for (const value of ticks(low, high, 5)) {
      parts.push(svg("line", { x1: EDGE.left, x2: right, y1: y(value), y2: y(value), class: "grid" }),
        svg("text", { x: EDGE.left - 8, y: y(value) + 4, "text-anchor": "end" }, number(value)));
    }
    const labels = Math.max(2, Math.floor(width / 160));
    for (let nth = 0; nth < labels; nth += 1) {
      const place = Math.round((nth * (points.length - 1)) / (labels - 1));
      const anchor = nth === 0 ? "start" : nth === labels - 1 ? "end" : "middle";
      parts.push(svg("text", { x: x(place), y: HEIGHT - 6, "text-anchor": anchor }, points[place].label));
    }
    if (points[0].upper !== undefined) {
      const back = points.map((point, place) => `L${x(place).toFixed(1)} ${y(point.lower).toFixed(1)}`).reverse().join("");
      parts.push(svg("path", { d: `${path((point) => point.upper)}${back}Z`, class: "band" }));
    }
    parts.push(svg("path", { d: path((point) => point.value), class: "series" }));
    cross = svg("line", { y1: EDGE.top, y2: HEIGHT - EDGE.bottom, class: "cross", visibility: "hidden" });
    parts.push(cross);
    points.forEach((point, place) => {
      if (point.mark === "change") parts.push(svg("line", { x1: x(place), x2: x(place), y1: EDGE.top, y2: HEIGHT - EDGE.bottom, class: "change" }));
      else if (point.mark) parts.push(svg("circle", { cx: x(place), cy: y(point.value), r: 4.5, class: "anomaly" }));
    });
    node.replaceChildren(svg("svg", { viewBox: `0 0 ${width} ${HEIGHT}`, width, height: HEIGHT, "aria-hidden": "true" }, parts));
  }

  function tell(place) {
    at = Math.max(0, Math.min(points.length - 1, place));
    cross.setAttribute("x1", x(at));
    cross.setAttribute("x2", x(at));
    cross.setAttribute("visibility", "visible");
    said.textContent = points[at].said;
    node.ariaValueNow = `${at + 1}`;
    node.ariaValueText = points[at].said;
  }
  node.addEventListener("pointermove", (event) => {
    const inside = (event.clientX - node.getBoundingClientRect().left - EDGE.left) / (width - EDGE.left - EDGE.right);
    tell(Math.round(inside * (points.length - 1)));
  });
  node.addEventListener("pointerleave", () => { cross.setAttribute("visibility", "hidden"); said.textContent = summary; });
  node.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowUp: 1, ArrowLeft: -1, ArrowDown: -1, PageUp: 20, PageDown: -20, Home: -points.length, End: points.length }[event.key];
    if (step) { event.preventDefault(); tell(at + step); }
  });
  new ResizeObserver(() => {
    if (node.clientWidth && node.clientWidth !== width) { width = node.clientWidth; draw(); }
  }).observe(node);
  return el("div", {}, said, node);
}
