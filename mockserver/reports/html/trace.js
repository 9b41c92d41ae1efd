// The run of one case: its picture, the list of its exchanges, and the chosen exchange with the states of all tasks.

import { element, field, kindOf } from "/_mock/ui/dom.js";
import { laneBar } from "/_mock/ui/lanes.js";
import { copyButton } from "./copy.js";
import { phrase } from "./phrase.js";
import { numbersText, secondsText, statusAfter } from "./run.js";

const SVG = "http://www.w3.org/2000/svg";
const MOST_LANES = 80;
const CHOICES = [["", phrase("all")], ["broken", phrase("broke a rule")], ["refused", "4xx"], ["failed", phrase("5xx or no answer")], ["happening", phrase("events")]];

export class Trace {
  // `onChoose(row)` is called when somebody chooses a row.
  constructor(run, name, onChoose) {
    this.run = run;
    this.name = name;
    this.onChoose = onChoose;
    this.chosen = null;
    this.filters = element("form", { class: "filters", oninput: () => this.filter(), onsubmit: (event) => event.preventDefault() });
    this.filters.append(field(phrase("Show"), "kind", CHOICES), field(phrase("Search exchanges"), "text", null, { type: "search" }));
    this.count = element("p", { role: "status", class: "soft" });
    this.list = element("div", { class: "exchanges", role: "listbox", tabindex: "0", "aria-label": phrase("Exchanges of {name}", { name }) });
    this.list.addEventListener("keydown", (event) => this.press(event));
    this.details = element("div", { class: "moment", "aria-live": "polite" });
    this.options = run.rows.map((row) => this.option(row));
    this.list.append(...this.options);
    this.root = element("div", {}, ...this.picture(), this.filters, this.count, element("div", { class: "split" }, this.list, this.details));
    this.filter();
    this.showMoment();
  }

  get shown() {
    return this.run.rows.filter((row) => row.kind !== "gap" && !this.options[row.index].hidden);
  }

  get firstBroken() {
    return this.run.rows.find((row) => row.rules.length) ?? this.shown[0];
  }

  // The row with an exchange.
  rowOf(number) {
    return this.run.rows.find((row) => row.first && row.first <= number && number <= row.last);
  }

  choose(row) {
    this.chosen = row;
    this.options.forEach((option, index) => option.setAttribute("aria-selected", String(index === row.index)));
    const option = this.options[row.index];
    option.hidden = false;
    this.list.setAttribute("aria-activedescendant", option.id);
    this.list.scrollTop = Math.min(Math.max(this.list.scrollTop, option.offsetTop + option.offsetHeight - this.list.clientHeight), option.offsetTop);
    this.mark.style.left = `${(100 * row.at) / (this.run.milliseconds || 1)}%`;
    this.mark.hidden = false;
    this.showMoment();
  }

  // Chooses the next row, or with -1 the one before.
  step(by) {
    const shown = this.shown;
    const place = shown.findIndex((row) => row.index >= (this.chosen?.index ?? -1));
    const isThere = shown[place] === this.chosen;
    const next = shown[this.chosen === null ? 0 : place < 0 ? shown.length - 1 : by > 0 && !isThere ? place : place + by];
    if (next !== undefined) {
      this.onChoose(next);
    }
  }

  press(event) {
    const shown = this.shown;
    const ends = { Home: shown[0], End: shown.at(-1) };
    if (event.key === "ArrowDown" || event.key === "ArrowUp") {
      this.step(event.key === "ArrowDown" ? 1 : -1);
    } else if (ends[event.key] !== undefined) {
      this.onChoose(ends[event.key]);
    } else {
      return;
    }
    event.preventDefault();
  }

  filter() {
    const { kind, text } = Object.fromEntries(new FormData(this.filters));
    const word = text.toLowerCase();
    this.run.rows.forEach((row) => {
      const isKind = !kind || (kind === "broken" ? row.rules.length : kind === kindOfRow(row));
      this.options[row.index].hidden = !(isKind && (!word || textOfRow(row).toLowerCase().includes(word)));
    });
    const total = this.run.rows.filter((row) => row.kind !== "gap").length;
    this.count.textContent = phrase("{shown} of {total} lines", { shown: this.shown.length, total });
  }

  option(row) {
    const broken = row.rules.length ? "broken" : "";
    const properties = { role: "option", id: `row-${this.name}-${row.index}`, class: `${row.kind} ${broken} ${kindOfRow(row)}`, "aria-selected": "false" };
    if (row.kind === "gap") {
      return element("div", { ...properties, "aria-disabled": "true" }, row.text);
    }
    return element(
      "div",
      { ...properties, onclick: () => this.onChoose(row) },
      element("span", { class: "number" }, numbersText(row)),
      element("span", { class: "number" }, secondsText(row.at)),
      element("span", { class: "asked" }, requestOf(row)),
      element("span", { class: "answer" }, row.answer),
      row.rules.length ? element("span", { class: "fail" }, `✗ ${row.rules.join(", ")}`) : null,
    );
  }

  picture() {
    const { lanes, milliseconds, events } = this.run;
    const span = { begin: 0, end: milliseconds || 1 };
    const rows = lanes.slice(0, MOST_LANES).map((lane) => laneBar(lane.parts, milliseconds, span));
    this.mark = element("div", { class: "mark", hidden: true });
    const lines = events.map(({ at }) => element("div", { class: "event" }));
    lines.forEach((line, index) => (line.style.left = `${(100 * events[index].at) / span.end}%`));
    const amounts = { count: rows.length, seconds: secondsText(milliseconds) };
    const label = phrase("{count} tasks over {seconds}. The list below has the same as text.", amounts);
    const chart = element("div", { class: "chart", role: "img", tabindex: "0", "aria-label": label, onclick: (event) => this.chooseAt(event, chart) });
    chart.append(this.ticks(), ...rows, ...lines, this.mark);
    const marks = [0, 0.25, 0.5, 0.75, 1].map((part) => element("span", {}, secondsText(part * milliseconds)));
    return [element("h3", {}, phrase("Tasks over time")), chart, element("div", { class: "scale", "aria-hidden": "true" }, ...marks), this.legend(rows.length)];
  }

  ticks() {
    const svg = document.createElementNS(SVG, "svg");
    svg.setAttribute("viewBox", "0 0 1000 14");
    svg.setAttribute("preserveAspectRatio", "none");
    for (const [kind, places] of Object.entries(this.run.ticks)) {
      const path = document.createElementNS(SVG, "path");
      const top = kind === "broken" ? 0 : 7;
      path.setAttribute("class", `tick-${kind}`);
      path.setAttribute("d", places.map((place) => `M${place} ${top}h2v${14 - top}h-2z`).join(""));
      svg.append(path);
    }
    return svg;
  }

  legend(drawn) {
    const known = new Set(this.run.lanes.flatMap((lane) => lane.parts.map((part) => part.status)));
    const statuses = this.run.statuses.filter((status) => known.has(status));
    const more = this.run.lanes.length - drawn + this.run.more;
    return element(
      "ul",
      { class: "legend" },
      ...statuses.map((status) => element("li", {}, square(status), status)),
      element("li", {}, phrase("Ticks above the tasks are requests; those that broke a rule are tall and red. Dashed lines are events. A click chooses the nearest line of the list.")),
      more ? element("li", {}, phrase("{count} more tasks are not drawn", { count: more })) : null,
    );
  }

  // Chooses the row whose begin is nearest to the click.
  chooseAt(event, chart) {
    const box = chart.getBoundingClientRect();
    const at = (this.run.milliseconds * (event.clientX - box.left)) / box.width;
    const distance = (row) => Math.abs(row.at - at);
    const nearest = this.shown.reduce((best, row) => (best === null || distance(row) < distance(best) ? row : best), null);
    if (nearest !== null) {
      this.onChoose(nearest);
    }
  }

  showMoment() {
    const row = this.chosen;
    if (row === null) {
      this.details.replaceChildren(element("p", {}, phrase("Choose a line to see the exchange and the states of all tasks at that moment.")));
      return;
    }
    const title = [numbersText(row), phrase("at {time}", { time: secondsText(row.at) })].join(" ").trim();
    const parts = [
      element("h3", {}, title),
      copyButton(phrase("Copy"), phrase("Copy this exchange"), () => `${title}: ${textOfRow(row)}`),
      element("p", { class: "asked" }, requestOf(row)),
      row.answer ? element("p", { class: kindOfRow(row) }, phrase("answer: {answer}", { answer: row.answer })) : null,
      row.why ? element("p", {}, phrase("Why: {reason}", { reason: row.why })) : null,
      row.rules.length ? element("p", { class: "fail" }, phrase("✗ broke {rules}", { rules: row.rules.join(", ") })) : null,
      ...row.changes.map((change) => element("p", { class: "soft" }, change)),
      ...bodiesOf(row),
      ...this.states(row),
    ];
    this.details.replaceChildren(...parts.filter((part) => part !== null));
  }

  states(row) {
    const counts = this.run.statuses.map((status, index) => [status, row.counts[index] ?? 0]).filter(([, count]) => count);
    const lanes = this.run.lanes.map((lane) => ({ task: lane.task, status: statusAfter(lane, row) }));
    const groups = counts.map(([status, count]) => {
      const tasks = lanes.filter((lane) => lane.status === status).map((lane) => element("li", {}, lane.task));
      const more = count - tasks.length;
      const rest = more > 0 ? [element("li", {}, phrase("and {count} more", { count: more }))] : [];
      return element("section", {}, element("h4", {}, square(status), `${count} ${status}`), element("ul", {}, ...tasks, ...rest));
    });
    return [element("h3", {}, phrase("Tasks at this moment")), element("div", { class: "states", tabindex: "0", role: "region", "aria-label": phrase("Statuses of all tasks") }, ...groups)];
  }
}

// The request of a row, with the number of its exchanges.
function requestOf(row) {
  return row.count > 1 ? phrase("{count} times {request}", { count: row.count, request: row.text }) : row.text;
}

// The bodies of a single exchange. A page with many exchanges does not have all of them.
function bodiesOf(row) {
  if (row.count !== 1) {
    return [];
  }
  if (!row.bodies.length) {
    return [element("p", { class: "soft" }, phrase("The page has no room for these bodies. Run this case alone to see them."))];
  }
  const names = [phrase("Body of the request"), phrase("Body of the answer")];
  return row.bodies.flatMap((body, index) => (body ? [element("h4", {}, names[index]), element("pre", { tabindex: "0" }, readable(body))] : []));
}

// JSON on several lines, also if it was cut. Other texts stay as they are.
function readable(body) {
  try {
    return JSON.stringify(JSON.parse(body), null, 2);
  } catch {
    return body.endsWith("…") && /^[[{]/.test(body) ? indented(body) : body;
  }
}

function indented(json) {
  let depth = 0;
  const newLine = (by) => `\n${"  ".repeat(Math.max(0, (depth += by)))}`;
  const opened = (sign) => `${sign}${newLine(1)}`;
  const closed = (sign) => `${newLine(-1)}${sign}`;
  const signs = { "{": opened, "[": opened, "}": closed, "]": closed, ",": () => `,${newLine(0)}`, ":": () => ": " };
  return json.replace(/"(?:[^"\\]|\\.)*"?|\{\}|\[\]|[{}[\],:]/g, (part) => signs[part]?.(part) ?? part);
}

function square(status) {
  return element("span", { class: `part square ${status}`, "aria-hidden": "true" });
}

function kindOfRow(row) {
  if (row.kind === "happening" || row.kind === "gap") {
    return row.kind;
  }
  return kindOf(/^\d+$/.test(row.answer) ? Number(row.answer) : null);
}

function textOfRow(row) {
  return [row.text, row.answer, row.why, ...row.changes, ...row.rules].filter(Boolean).join("; ");
}
