// The live console. Everything that comes from a record is text content, never markup.

const SAMPLES = 600;
const LONGEST_MS = 600_000;
const SHORTEST_MS = 120_000;
const GAP_MS = 5_000;
const OUTCOMES = 25;
const RETRY_MS = 5_000;
const ANNOUNCE_MS = 30_000;
const SVG = "http://www.w3.org/2000/svg";

const byId = (id) => document.getElementById(id);
const pageSecret = document.querySelector("meta[name=page-secret]").content;
const state = { samples: [], letters: [], update: null, cursor: null, held: false, waiting: [], announcedAt: 0, dead: 0 };

// ---- Text ----

const whole = new Intl.NumberFormat("en", { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat("en", { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat("en", { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });

const known = (value) => value !== null && value !== undefined;
const count = (value) => (known(value) ? (value < 100_000 ? whole.format(value) : short.format(value)) : "–");
const rate = (value) => (known(value) ? (value < 10 ? value.toFixed(1) : count(value)) : "–");
const percent = (value) => (known(value) ? Math.round(100 * value) + " %" : "–");

function time(ms) {
  if (!known(ms)) return "–";
  if (ms < 1_000) return whole.format(ms) + " ms";
  return ms < 60_000 ? +(ms / 1_000).toFixed(1) + " s" : +(ms / 60_000).toFixed(1) + " min";
}

function bytes(value) {
  return known(value) ? (value / 2 ** 30).toFixed(2) + " GiB" : "–";
}

function show(id, text) {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

function make(tag, name, text) {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (known(text)) element.textContent = text;
  return element;
}

function draw(tag, attributes, text) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  if (known(text)) element.textContent = text;
  return element;
}

function announce(text) {
  byId("announce").textContent = text;
}

// ---- Updates ----

function connect() {
  const events = new EventSource("/events");
  events.onmessage = (event) => {
    connection("live", "live");
    take(JSON.parse(event.data));
  };
  events.onerror = () => {
    connection("lost", "connection lost, trying again …");
    if (events.readyState === EventSource.CLOSED) {
      events.close();
      setTimeout(connect, RETRY_MS);
    }
  };
}

function connection(name, text) {
  byId("connection").className = name;
  show("connection", text);
}

function take(update) {
  if (update.fresh) {
    state.samples = [];
    state.letters = [];
    state.waiting = [];
    byId("completions").replaceChildren();
    state.dead = update.totals.deadLetters;
    hold(false);
  }
  state.update = update;
  state.samples = state.samples.concat(update.samples).slice(-SAMPLES)
    .filter((sample) => update.now - sample.at <= LONGEST_MS);
  state.letters = state.letters.concat(update.deadLetters).slice(-OUTCOMES);
  state.waiting = state.waiting.concat(update.completions).slice(-OUTCOMES);
  showProblem(update);
  showFlow(update);
  showTime();
  showCodes(update.codes);
  showCompletions();
  tellNews(update);
}

function showProblem(update) {
  const problems = [update.kafka && "Kafka: " + update.kafka, update.flink];
  if (update.totals.unreadable > 0) {
    problems.push(count(update.totals.unreadable) + " records of the outcome topics are not Millrace's.");
  }
  const text = problems.filter(Boolean).join("\n");
  byId("problem").hidden = text === "";
  show("problem", text);
  show("job", update.job ? update.job + ", " + update.state.toLowerCase() : "");
}

/** For whoever listens: only what is worth an interruption, and not too often. */
function tellNews(update) {
  const fresh = update.totals.deadLetters - state.dead;
  if (fresh > 0 && Date.now() - state.announcedAt > ANNOUNCE_MS) {
    announce(fresh + (fresh === 1 ? " new dead letter" : " new dead letters"));
    state.announcedAt = Date.now();
    state.dead = update.totals.deadLetters;
  }
}

// ---- The flow ----

function showFlow(update) {
  const now = state.samples.at(-1) ?? {};
  const { totals, engine } = update;
  show("in", rate(now.in));
  show("in-more", "per second, " + count(totals.prompts) + " so far");
  show("topic", count(engine.inTopic));
  show("queue", count(engine.waiting));
  show("batch", count(engine.running));
  show("batch-more", known(engine.maxRunning) ? "of " + count(engine.maxRunning) + " that fit" : "run");
  show("out", rate(now.out));
  show("dead", count(totals.deadLetters));
  document.querySelector("[data-stage=dead]").classList.toggle("some", totals.deadLetters > 0);
  show("since", "Since " + clock.format(totals.since) + ": " + count(totals.completions) + " completions with "
    + count(totals.tokens) + " tokens.");
  drawRiver(now, engine);
}

const stream = (perSecond) => 2 + 5 * Math.log10(1 + 10 * (perSecond ?? 0));
const basin = (requests) => Math.min(34, 3 + 9 * Math.log10(1 + (requests ?? 0)));

/** Half the river's width at its stages, from left to right, in pixels. */
function widths(now, engine) {
  return [stream(now.in), basin(engine.inTopic), basin(engine.waiting), 3 + 30 * (now.batch ?? 0), stream(now.out)];
}

function drawRiver(now, engine) {
  const river = byId("river");
  const { clientWidth: width, clientHeight: height } = river;
  if (width === 0) return;
  if (!river.firstChild) {
    river.append(draw("path", { class: "overflow" }), draw("path", { class: "water" }), draw("path", { class: "deep" }),
      draw("path", { class: "current" }));
  }
  const [overflow, water, deep, current] = river.children;
  const middle = height * (height > 150 ? 0.62 : 0.5);
  const half = widths(now, engine);
  const xs = [0, ...half.map((_, i) => ((i + 0.5) * width) / half.length), width];
  const edge = [half[0], ...half, half.at(-1)];
  river.setAttribute("viewBox", `0 0 ${width} ${height}`);
  water.setAttribute("d", band(xs, edge, middle));
  deep.setAttribute("d", band(xs, edge.map((value) => value * 0.45), middle));
  current.setAttribute("d", `M0 ${middle}H${width}`);
  current.classList.toggle("flowing", (now.tokens ?? 0) > 0 || now.out > 0);
  overflow.setAttribute("d", branch(xs, middle, height, now.dead > 0 ? stream(now.dead) : 0));
}

function band(xs, half, middle) {
  const upper = xs.map((x, i) => [x, middle - half[i]]);
  const lower = xs.map((x, i) => [x, middle + half[i]]).reverse();
  return "M" + upper[0].join(" ") + curves(upper) + "L" + lower[0].join(" ") + curves(lower) + "Z";
}

function curves(points) {
  return points.slice(1).map(([x, y], i) => {
    const [fromX, fromY] = points[i];
    const turn = (fromX + x) / 2;
    return `C${turn} ${fromY} ${turn} ${y} ${x} ${y}`;
  }).join("");
}

/** What leaves the river for the dead letters. */
function branch(xs, middle, height, half) {
  if (half === 0) return "";
  const [from, to, end] = [xs[4], xs[4] + (xs[5] - xs[4]) * 0.45, height - 34];
  const turn = (from + to) / 2;
  return `M${from} ${middle - half}C${turn} ${middle - half} ${turn} ${end - half} ${to} ${end - half}`
    + `L${to} ${end + half}C${turn} ${end + half} ${turn} ${middle + half} ${from} ${middle + half}Z`;
}

// ---- Over time ----

const lines = (parts) => parts.map(([name, value]) => ({ name, value }));
const CHARTS = [
  { id: "chart-tokens", area: true, unit: rate, series: lines([["one", (s) => s.tokens]]), title: "Tokens per second" },
  { id: "chart-first", unit: time, title: "Time to first token", label: "to the first token",
    series: lines([["two", (s) => s.firstToken?.[1]], ["one", (s) => s.firstToken?.[0]]]) },
  { id: "chart-total", unit: time, title: "Time from prompt to completion", label: "from prompt to completion",
    series: lines([["two", (s) => s.total?.[1]], ["one", (s) => s.total?.[0]]]) },
  { id: "chart-fill", top: 1, unit: percent, title: "Batch and cache fill",
    series: lines([["sand", (s) => s.cache], ["one", (s) => s.batch]]) },
];

function showTime() {
  CHARTS.forEach(drawChart);
  const sample = chosen();
  if (!sample) return;
  const parts = [
    state.cursor === null ? "Now" : clock.format(sample.at),
    rate(sample.tokens) + " tokens/s",
    rate(sample.out) + " completions/s",
    "first token after " + time(sample.firstToken?.[0]),
    "whole answer after " + time(sample.total?.[0]),
    "batch " + percent(sample.batch) + " full",
    "cache " + percent(sample.cache) + " full",
  ];
  show("reading", parts.join(" · "));
  showFigures();
}

/** What the charts show, in milliseconds: what there is, but not too little. */
function span() {
  const first = state.samples[0]?.at ?? 0;
  return Math.min(LONGEST_MS, Math.max(SHORTEST_MS, state.update.now - first));
}

function ago(ms) {
  return ms < 120_000 ? Math.round(ms / 1_000) + " s ago" : +(ms / 60_000).toFixed(1) + " min ago";
}

/** The sample the reader points at, or the latest. */
function chosen() {
  if (state.cursor === null) return state.samples.at(-1);
  return state.samples.reduce((best, sample) =>
    !best || Math.abs(sample.at - state.cursor) < Math.abs(best.at - state.cursor) ? sample : best, null);
}

function drawChart(chart) {
  const place = byId(chart.id);
  const { clientWidth: width, clientHeight: height } = place;
  if (width === 0) return;
  const end = state.update.now;
  const values = state.samples.flatMap((sample) => chart.series.map((line) => line.value(sample))).filter(known);
  const top = chart.top ?? nice(Math.max(0, ...values), chart.unit === time);
  const base = height - 18;
  const x = (at) => width - ((end - at) / span()) * width;
  const y = (value) => base - (value / top) * (base - 14);
  const svg = draw("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", focusable: "false" });
  for (const level of [0, top]) {
    svg.append(draw("line", { class: "grid", x1: 0, x2: width, y1: y(level), y2: y(level) }));
  }
  for (const line of chart.series) {
    if (chart.area) svg.append(draw("path", { class: "area", d: path(line, x, y, base) }));
    svg.append(draw("path", { class: line.name, d: path(line, x, y) }));
  }
  addText(svg, chart, width, height, top);
  if (state.cursor !== null) {
    svg.append(draw("line", { class: "cursor", x1: x(state.cursor), x2: x(state.cursor), y1: 0, y2: base }));
  }
  place.replaceChildren(svg);
  // Who has it focused hears the moments that the arrow keys choose, not one every second.
  if (document.activeElement !== place) place.setAttribute("aria-label", describe(chart, values));
}

function describe(chart, values) {
  return chart.title + ": now " + chart.unit(latest(chart)) + ", at most " + chart.unit(Math.max(0, ...values))
    + " in this time";
}

function addText(svg, chart, width, height, top) {
  svg.append(draw("text", { x: 0, y: 10 }, chart.unit(top) + (chart.label ? " " + chart.label : "")));
  svg.append(draw("text", { x: 0, y: height - 2 }, ago(span())));
  svg.append(draw("text", { x: width / 2, y: height - 2, "text-anchor": "middle" }, ago(span() / 2)));
  svg.append(draw("text", { x: width, y: height - 2, "text-anchor": "end" }, "now"));
}

const latest = (chart) => (state.samples.length ? chart.series.at(-1).value(state.samples.at(-1)) : null);

/** A line, with gaps where nothing is known; down to the base if it is an area. */
function path(line, x, y, base) {
  return runs(line).map((run) => {
    const top = run.map(([at, value], i) => (i ? "L" : "M") + x(at).toFixed(1) + " " + y(value).toFixed(1)).join("");
    if (base === undefined) return top;
    return top + `L${x(run.at(-1)[0]).toFixed(1)} ${base}L${x(run[0][0]).toFixed(1)} ${base}Z`;
  }).join("");
}

/** The known values of a line, in pieces without a gap. */
function runs(line) {
  const pieces = [];
  let last = null;
  for (const sample of state.samples) {
    const value = line.value(sample);
    if (known(value)) {
      if (last === null || sample.at - last > GAP_MS) pieces.push([]);
      pieces.at(-1).push([sample.at, value]);
    }
    last = known(value) ? sample.at : null;
  }
  return pieces;
}

/** A round number not below the value; of minutes, where it is a longer time. */
function nice(value, isTime = false) {
  if (value <= 0) return 1;
  const whole = isTime && value > 60_000 ? 60_000 : 1;
  const unit = whole * 10 ** Math.floor(Math.log10(value / whole));
  return [1, 1.5, 2, 3, 5, 7.5, 10].map((step) => step * unit).find((step) => step >= value);
}

function showFigures() {
  const { engine } = state.update;
  const sample = state.samples.at(-1);
  const rows = [["to the first token", sample.firstToken], ["per output token", sample.perToken], ["from prompt to completion", sample.total]];
  table("percentiles", rows.map(([name, values]) => [name, ...[0, 1, 2].map((i) => (values.length ? values[i].toFixed(values[i] < 100 ? 1 : 0) : "–"))]));
  table("engine", [
    ["without an outcome yet", count(engine.inFlight)],
    ["KV cache, tokens", count(engine.cacheUsed) + " of " + count(engine.cacheSize)],
    ["prompt tokens from the prefix cache", count(engine.prefixTokens)],
    ["computed tokens", count(engine.computedTokens)],
    ["mean step", known(engine.stepMillis) ? engine.stepMillis.toFixed(1) + " ms" : "–"],
    ["device memory", bytes(engine.memoryBytes)],
  ]);
}

/** Fills a table's body; its cells stay, so that a reader keeps its place. */
function table(id, rows) {
  const body = byId(id);
  if (body.rows.length !== rows.length) body.replaceChildren(...rows.map(tableRow));
  rows.forEach((values, i) => values.forEach((value, j) => {
    const cell = body.rows[i].cells[j];
    if (cell.textContent !== value) cell.textContent = value;
  }));
}

function tableRow([name, ...values]) {
  const row = make("tr");
  const head = make("th", null, name);
  head.scope = "row";
  row.append(head, ...values.map((value) => make("td", null, value)));
  return row;
}

function point(at) {
  const first = state.samples[0]?.at;
  const last = state.samples.at(-1)?.at;
  state.cursor = at === null || first === undefined || at >= last ? null : Math.max(first, at);
  if (state.update) showTime();
}

function pointByPointer(event) {
  const box = event.currentTarget.getBoundingClientRect();
  point(state.update ? state.update.now - (1 - (event.clientX - box.left) / box.width) * span() : null);
}

function pointByKey(event) {
  const steps = { ArrowLeft: -5_000, ArrowRight: 5_000, PageUp: -60_000, PageDown: 60_000 };
  const last = state.samples.at(-1)?.at;
  if (event.key === "Escape" || event.key === "End") {
    point(null);
  } else if (steps[event.key] && last) {
    point((state.cursor ?? last) + steps[event.key]);
  } else {
    return;
  }
  event.preventDefault();
  announce(byId("reading").textContent);
}

// ---- Dead letters ----

function showCodes(codes) {
  const list = byId("codes");
  byId("letters").querySelector(".empty").hidden = codes.length > 0;
  const there = new Map([...list.children].map((item) => [item.dataset.code, item]));
  codes.forEach((code, place) => {
    const item = there.get(code.code) ?? codeItem(code);
    there.delete(code.code);
    updateCode(item, code);
    // Moved only if need be, so that a button in it keeps the focus.
    if (list.children[place] !== item) list.insertBefore(item, list.children[place] ?? null);
  });
  there.forEach((item) => item.remove());
}

function codeItem(code) {
  const item = make("li");
  item.dataset.code = code.code;
  const head = make("div", "code");
  const replay = make("button", null, "Replay");
  replay.type = "button";
  replay.setAttribute("aria-label", "Replay dead letters with " + code.code);
  replay.hidden = !code.known;
  replay.addEventListener("click", () => ask(code.code, replay));
  head.append(make("h3", null, code.code), make("span", "count"), replay);
  const details = make("details");
  details.append(make("summary", null, "the last ones"), make("ul"));
  details.addEventListener("toggle", () => updateLetters(item));
  item.append(head, make("p", "why"), make("p", "replayed"), details);
  return item;
}

function updateCode(item, code) {
  const set = (selector, text) => {
    const element = item.querySelector(selector);
    if (element.textContent !== text) element.textContent = text;
  };
  set(".count", count(code.count));
  set(".why", code.message);
  if (state.update.replay?.code === code.code) set(".replayed", describeReplay(state.update.replay));
  updateLetters(item);
}

/** For every page that is open, whoever replayed. */
function describeReplay({ at, sent, passedOver, problem }) {
  const when = "Replay at " + clock.format(at) + ": ";
  if (problem) return when + "failed, " + problem;
  return when + count(sent) + " sent again" + (passedOver ? ", " + count(passedOver) + " passed over" : "");
}

function updateLetters(item) {
  const letters = state.letters.filter((letter) => letter.code === item.dataset.code);
  const details = item.querySelector("details");
  details.hidden = letters.length === 0;
  const shown = letters.length + " " + letters.at(-1)?.from;
  if (!details.open || item.dataset.shown === shown) return;
  item.dataset.shown = shown;
  details.querySelector("ul").replaceChildren(...letters.reverse().slice(0, 10).map((letter) => {
    const line = make("li");
    line.append(make("p", null, (letter.id ?? "no id") + " · " + letter.from + (letter.at ? " · " + clock.format(letter.at) : "")),
      make("p", null, letter.message), make("p", "prompt", letter.prompt));
    return line;
  }));
}

function ask(code, button) {
  const dialog = byId("confirm");
  byId("confirm-text").textContent = "The prompts in the dead letters with " + code
    + " go back to the topics they came from: those that were not replayed with this code before.";
  dialog.onclose = () => {
    if (dialog.returnValue === "yes") replay(code, button);
    dialog.returnValue = "";
  };
  dialog.showModal();
}

async function replay(code, button) {
  button.disabled = true;
  button.textContent = "Replaying …";
  announce("Replaying dead letters with " + code);
  const [text, done] = await send(code);
  button.textContent = done;
  announce(text);
  setTimeout(() => {
    button.disabled = false;
    button.textContent = "Replay";
  }, 4_000);
}

/** What to say, and in one word. */
async function send(code) {
  try {
    const answer = await fetch("/replay", {
      method: "POST",
      headers: { "Content-Type": "application/json", "X-Millrace-Console": pageSecret },
      body: JSON.stringify({ code }),
    });
    if (!answer.ok) return ["The replay failed: " + (await answer.text()), "Failed"];
    const { sent } = await answer.json();
    return sent === 0 ? ["No new dead letter with " + code, "None new"] : [sent + " prompts sent again", sent + " sent"];
  } catch {
    return ["The replay failed: the console does not answer", "Failed"];
  }
}

// ---- Completions ----

function showCompletions() {
  const list = byId("completions");
  const fresh = state.held ? [] : state.waiting.splice(0);
  list.prepend(...fresh.reverse().map(completionItem));
  while (list.children.length > OUTCOMES) list.lastChild.remove();
  byId("answers").querySelector(".empty").hidden = list.children.length > 0;
  show("pause", state.held ? "Go on" + (state.waiting.length ? ", " + state.waiting.length + " new" : "") : "Hold the list");
}

function completionItem(completion) {
  const item = make("li");
  const details = make("details");
  const summary = make("summary");
  const about = make("p", "about");
  about.append(make("b", null, completion.id));
  if (completion.task) about.append(make("span", null, completion.task));
  about.append(make("span", null, completion.tokens + " tokens"));
  if (completion.finish !== "STOP") about.append(make("span", "cut", "ended by " + completion.finish.toLowerCase()));
  if (completion.reused) about.append(make("span", null, "reused"));
  if (completion.at) about.append(make("span", null, clock.format(completion.at)));
  summary.append(about, make("p", "text", completion.text || "(an empty answer)"));
  const more = make("dl");
  const rows = [["model", completion.model], ["prompt", completion.promptTokens + " tokens, " + completion.cachedTokens + " of them cached"],
    ["ended by", completion.finish.toLowerCase()]];
  more.append(...rows.flatMap(([name, value]) => [make("dt", null, name), make("dd", null, value)]));
  details.append(summary, more);
  item.append(details);
  return item;
}

function hold(held) {
  state.held = held;
  byId("pause").setAttribute("aria-pressed", String(held));
}

byId("pause").addEventListener("click", () => {
  hold(!state.held);
  showCompletions();
});

for (const { id } of CHARTS) {
  const chart = byId(id);
  chart.addEventListener("pointermove", pointByPointer);
  chart.addEventListener("pointerleave", () => point(null));
  chart.addEventListener("keydown", pointByKey);
  chart.addEventListener("blur", () => point(null));
}
new ResizeObserver(() => state.update && (showFlow(state.update), showTime())).observe(document.body);
connect();
