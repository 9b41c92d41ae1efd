// The requests as they come: a list that draws only the rows that can be seen, with filters and details.

import { call } from "/_mock/ui/control.js";
import { element, field, kindOf } from "/_mock/ui/dom.js";

const ROW_HEIGHT = 32; // pixels; page.css has the same height
const MORE_ROWS = 10;

export class RequestsView {
  constructor(store) {
    this.store = store;
    this.chosen = null;
    this.root = element("section", { class: "requests", "aria-label": "Requests" });
    this.filters = element("form", { class: "filters", oninput: () => this.update(), onsubmit: (event) => event.preventDefault() });
    this.count = element("p", { role: "status" });
    this.rows = element("div", { class: "rows", role: "list" });
    this.list = element("div", { class: "list", tabindex: "0", role: "region", "aria-label": "List of requests", onscroll: () => this.draw(), onkeydown: (event) => this.onKey(event) }, this.rows);
    this.details = element("div", { class: "details" });
    this.filters.append(
      field("Operation", "operation", [["", "all"]]),
      field("Server", "server", [["", "all"]]),
      field("Status", "status", [["", "all"], ["good", "below 400"], ["refused", "4xx"], ["failed", "5xx or none"]]),
      field("Task or text", "text", null, { type: "search" }),
    );
    this.root.append(this.filters, this.count, element("div", { class: "split" }, this.list, this.details));
    this.showDetails();
  }

  update() {
    this.addChoices("operation", (exchange) => exchange.operation ?? "unknown");
    this.addChoices("server", (exchange) => exchange.server ?? "unknown");
    const isAtTop = this.list.scrollTop < ROW_HEIGHT;
    const before = this.found?.length ?? 0;
    this.found = this.store.exchanges.filter(this.isWanted());
    const dropped = this.store.dropped ? `; ${this.store.dropped} older ones were dropped` : "";
    const gap = this.store.whole === null ? "" : "; some are not shown until fewer requests come";
    this.count.textContent = `${this.found.length} of ${this.store.exchanges.length} requests${dropped}${gap}`;
    this.rows.style.height = `${this.found.length * ROW_HEIGHT}px`;
    if (!isAtTop) {
      this.list.scrollTop += Math.max(0, this.found.length - before) * ROW_HEIGHT;
    }
    this.draw();
  }

  addChoices(name, valueOf) {
    const select = this.filters.elements[name];
    const known = new Set([...select.options].map((option) => option.value));
    for (const value of new Set(this.store.exchanges.map(valueOf))) {
      if (!known.has(value)) {
        select.append(element("option", { value }, value));
      }
    }
  }

  isWanted() {
    const { operation, server, status, text } = Object.fromEntries(new FormData(this.filters));
    const word = text.toLowerCase();
    return (exchange) =>
      (!operation || operation === (exchange.operation ?? "unknown")) &&
      (!server || server === (exchange.server ?? "unknown")) &&
      (!status || status === kindOf(exchange.status)) &&
      (!word || textOf(exchange).includes(word));
  }

  // Draws the rows that can be seen, the newest first.
  draw() {
    const first = Math.max(0, Math.floor(this.list.scrollTop / ROW_HEIGHT) - MORE_ROWS);
    const last = Math.min(this.found.length, first + Math.ceil(this.list.clientHeight / ROW_HEIGHT) + 2 * MORE_ROWS);
    const focused = this.rows.contains(document.activeElement) ? document.activeElement.dataset.number : null;
    const rows = [];
    for (let index = first; index < last; index += 1) {
      rows.push(this.row(this.found[this.found.length - 1 - index], index));
    }
    this.rows.replaceChildren(...rows);
    this.rows.querySelector(`[data-number="${focused}"]`)?.focus({ preventScroll: true });
  }

  row(exchange, index) {
    const button = element(
      "button",
      {
        type: "button",
        "data-number": exchange.number,
        "aria-pressed": String(exchange.number === this.chosen?.number),
        class: kindOf(exchange.status),
        onclick: () => this.choose(exchange),
      },
      element("span", { class: "time" }, exchange.time.slice(11, 19)),
      element("span", { class: "status" }, exchange.status ?? "none"),
      element("span", { class: "operation" }, exchange.operation ?? `${exchange.method} ${exchange.path}`),
      element("span", { class: "server" }, exchange.server ?? "unknown key"),
      element("span", { class: "duration" }, `${(1000 * exchange.seconds).toFixed(1)} ms`),
      element("span", { class: "why" }, exchange.why),
    );
    const item = element("div", { role: "listitem", class: "row" }, button);
    item.style.top = `${index * ROW_HEIGHT}px`;
    return item;
  }

  // The arrow keys choose the next and the previous request.
  onKey(event) {
    const step = { ArrowDown: -1, ArrowUp: 1 }[event.key];
    if (step === undefined || !this.found.length) {
      return;
    }
    event.preventDefault();
    const place = this.found.indexOf(this.chosen);
    const next = place < 0 ? this.found.length - 1 : Math.min(Math.max(place + step, 0), this.found.length - 1);
    const top = (this.found.length - 1 - next) * ROW_HEIGHT;
    this.list.scrollTop = Math.min(Math.max(this.list.scrollTop, top + ROW_HEIGHT - this.list.clientHeight), top);
    this.choose(this.found[next]);
    this.rows.querySelector(`[data-number="${this.chosen.number}"]`)?.focus({ preventScroll: true });
  }

  choose(exchange) {
    this.chosen = exchange;
    this.draw();
    this.showDetails();
    if (this.details.getBoundingClientRect().top > window.innerHeight - 80) {
      this.details.scrollIntoView();
    }
  }

  showDetails() {
    const exchange = this.chosen;
    if (exchange === null) {
      this.details.replaceChildren(element("p", {}, "Choose a request to see its headers and bodies. Secrets are replaced."));
      return;
    }
    const near = element("div", { class: "near" });
    this.showNearMiss(exchange, near);
    const query = exchange.query ? `?${exchange.query}` : "";
    this.details.replaceChildren(
      element("h2", {}, `Exchange ${exchange.number}: ${exchange.method} ${exchange.path}${query}`),
      element("p", { class: kindOf(exchange.status) }, exchange.status === null ? "no answer" : `answered ${exchange.status}`),
      element("p", { class: "reason" }, exchange.why ? `Why: ${exchange.why}` : ""),
      near,
      ...messageParts("Request", exchange.request),
      ...messageParts("Answer", exchange.answer),
    );
  }

  async showNearMiss(exchange, place) {
    const path = `${this.store.base}/journal/${exchange.number}/refusal`;
    const found = await call("GET", path).catch(() => null); // the mock may have dropped the exchange
    if (found !== null && place.isConnected) {
      place.replaceChildren(...nearMissParts(found, exchange));
    }
  }
}

// What the request was probably meant to be.
function nearMissParts({ cause, nearest, differences }, { why, operation }) {
  const parts = cause !== null && !(why && cause.endsWith(why)) ? [element("p", {}, cause)] : [];
  if (nearest !== null && (operation === null || differences.length)) {
    parts.push(element("p", {}, `Nearest operation: ${nearest.operation}, ${nearest.method} ${nearest.path}`));
  }
  return [...parts, ...differences.map((difference) => element("p", { class: "refused" }, `Look here: ${difference}`))];
}

function messageParts(title, message) {
  const headers = message.headers.map(([name, value]) => `${name}: ${value}`).join("\n");
  const body = typeof message.body === "string" ? message.body : JSON.stringify(message.body, null, 2);
  return [
    element("h3", {}, title),
    element("pre", { tabindex: "0" }, headers || "no headers"),
    element("pre", { tabindex: "0" }, message.body === null ? "no body" : body),
  ];
}

const texts = new WeakMap();

function textOf(exchange) {
  if (!texts.has(exchange)) {
    texts.set(exchange, JSON.stringify(exchange).toLowerCase());
  }
  return texts.get(exchange);
}
