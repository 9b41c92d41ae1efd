// Shows the overview or one case, as the fragment of the address says, and reads the keys.

import { element } from "/_mock/ui/dom.js";
import { CaseList } from "./case_list.js";
import { addCopyButtons } from "./copy.js";
import { phrase } from "./phrase.js";
import { runOf } from "./run.js";
import { Trace } from "./trace.js";

const WIDE = "(min-width: 64rem)";
const KEYS = {
  j: phrase("next line of a run"),
  k: phrase("line before"),
  n: phrase("next finding"),
  p: phrase("finding before"),
  "]": phrase("next case"),
  "[": phrase("case before"),
  "/": phrase("search"),
  Escape: phrase("back to the overview"),
};
const data = JSON.parse(document.getElementById("data").textContent);
const overview = document.getElementById("overview");
const sections = [...document.querySelectorAll("details.case")];
const findings = [...document.querySelectorAll(".case .finding")];
const traces = new Map();
const list = new CaseList(sections.map(caseOf));
const keysAreOn = element("input", { type: "checkbox", checked: true });

function caseOf(section) {
  const rules = [...section.querySelectorAll(".finding h3 a:first-child")].map((link) => link.textContent);
  const outcome = section.querySelector("summary span").textContent;
  return { outcome, rules, text: section.textContent.toLowerCase() };
}

function traceOf(index) {
  const place = sections[index].querySelector("[data-run]");
  if (place !== null && !traces.has(index)) {
    const trace = new Trace(runOf(data, index), index, (row) => choose(index, row));
    traces.set(index, trace);
    place.append(trace.root);
  }
  return traces.get(index) ?? null;
}

function choose(index, row) {
  traceOf(index).choose(row);
  if (row.first) {
    history.replaceState(null, "", `#case-${index}/${row.first}`);
  }
}

// The fragment names an element of the page, or an exchange: `case-3/17`.
function showFragment() {
  const [, id, number] = location.hash.match(/^#([a-z0-9-]+)(?:\/(\d+))?$/) ?? [];
  const target = id === undefined ? null : document.getElementById(id);
  const section = target?.closest("details.case") ?? null;
  const index = sections.indexOf(section);
  overview.hidden = section !== null;
  sections.forEach((other) => (other.hidden = other !== section));
  document.querySelectorAll("[data-case] a").forEach((link) => {
    link.toggleAttribute("aria-current", link.getAttribute("href") === `#case-${index}`);
  });
  if (section !== null) {
    section.open = true;
    const trace = traceOf(index);
    const row = number === undefined ? null : trace?.rowOf(Number(number));
    if (row) {
      trace.choose(row);
    } else if (trace?.chosen === null && trace.firstBroken) {
      trace.choose(trace.firstBroken);
    }
  }
  const isExchange = number !== undefined && traces.has(index);
  if (isExchange) {
    traces.get(index).filters.scrollIntoView();
  } else if (target === null || id === `case-${index}`) {
    scrollTo(0, 0);
  } else {
    target.scrollIntoView();
  }
}

function go(fragment) {
  location.hash = fragment;
  showFragment(); // the event hashchange comes later, perhaps after the next key
}

function shownIndex() {
  return sections.findIndex((section) => !section.hidden);
}

function showCase(by) {
  const next = list.neighbour(shownIndex(), by);
  if (next !== null) {
    go(`case-${next}`);
  }
}

function showFinding(by) {
  const current = findings.findIndex((finding) => `#${finding.id}` === location.hash);
  const shown = shownIndex();
  const after = findings.findIndex((finding) => sections.indexOf(finding.closest(".case")) >= shown);
  const next = findings[current >= 0 ? current + by : shown < 0 ? 0 : by > 0 ? after : after - 1];
  if (next !== undefined) {
    go(next.id);
  }
}

function stepBy(by) {
  traces.get(shownIndex())?.step(by);
}

const ACTS = {
  j: () => stepBy(1),
  k: () => stepBy(-1),
  n: () => showFinding(1),
  p: () => showFinding(-1),
  "]": () => showCase(1),
  "[": () => showCase(-1),
  "/": search,
  Escape: () => go("overview"),
};

function search() {
  document.querySelector("nav details").open = true;
  list.search.querySelector("input").focus();
}

function press(event) {
  const isTyping = event.target.matches("input, select, textarea");
  const isFree = !event.ctrlKey && !event.metaKey && !event.altKey;
  if (isFree && Object.hasOwn(ACTS, event.key) && (event.key === "Escape" || (!isTyping && keysAreOn.checked))) {
    event.preventDefault();
    if (isTyping) {
      event.target.blur();
    }
    ACTS[event.key]();
  }
}

function keysHelp() {
  const items = Object.entries(KEYS).map(([key, text]) => element("li", {}, element("kbd", {}, key), ` ${text}`));
  const label = element("label", {}, keysAreOn, " ", phrase("Use these keys"));
  return element("details", { class: "keys" }, element("summary", {}, phrase("Keys")), element("ul", {}, ...items), label);
}

function caseBar(index) {
  const button = (text, by) => element("button", { type: "button", onclick: () => showCase(by) }, text);
  return element("div", { class: "steps" }, element("a", { href: "#overview" }, phrase("Overview")), button(phrase("Case before"), -1), button(phrase("Next case"), 1));
}

const contents = document.querySelector("nav details");
contents.append(keysHelp());
contents.open = matchMedia(WIDE).matches;
contents.addEventListener("click", (event) => {
  contents.open = matchMedia(WIDE).matches || !event.target.matches("li a");
});
sections.forEach((section, index) => section.querySelector("summary").after(caseBar(index)));
addCopyButtons();
addEventListener("hashchange", showFragment);
addEventListener("keydown", press);
document.body.classList.add("with-script");
showFragment();
