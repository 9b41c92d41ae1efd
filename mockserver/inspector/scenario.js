// The scenario of the world: what has happened, what is still to come, its rules and the verdict so far.

import { element } from "/_mock/ui/dom.js";

const STATES = { broken: "failed", open: "refused", kept: "good", "not judged": "" };
const MEANINGS = {
  broken: "Broken: the worker cannot keep these rules any more",
  open: "Open: broken if the scenario ended now, but the worker can still keep them",
  kept: "Kept so far",
  "not judged": "Not judged: there was no occasion to break them yet",
};

export class ScenarioView {
  constructor(store, showExchange) {
    this.store = store;
    this.showExchange = showExchange;
    this.root = element("section", { "aria-label": "Scenario" });
    this.drawn = null;
  }

  update() {
    const { state, scenario } = this.store;
    const text = JSON.stringify([state?.scenario, scenario]);
    if (text === this.drawn) {
      return;
    }
    this.drawn = text;
    if (!state?.scenario) {
      this.root.replaceChildren(element("p", {}, "This world has no scenario, so there is no verdict. In the view Actions, a world with a scenario can be made."));
    } else if (scenario === null) {
      this.root.replaceChildren(element("p", {}, `The scenario ${state.scenario} is being judged.`));
    } else {
      this.root.replaceChildren(...this.parts(scenario));
    }
  }

  parts(scenario) {
    return [
      element("h2", {}, `${scenario.scenario}: ${scenario.title}`),
      element("p", { class: "about" }, scenario.about),
      verdictOf(scenario),
      ...happeningParts("What has happened", scenario.happenings.filter((happening) => happening.happened_at !== null), "Nothing yet."),
      ...happeningParts("Still to come", scenario.happenings.filter((happening) => happening.happened_at === null), "Nothing more."),
      element("p", {}, scenario.is_over ? "The scenario has ended." : `The scenario ends when ${scenario.ends_when}.`),
      ...Object.keys(STATES).flatMap((state) => this.rules(state, scenario.rules.filter((rule) => rule.state === state))),
    ];
  }

  rules(state, rules) {
    return rules.length ? [element("h3", { class: STATES[state] }, MEANINGS[state]), ...rules.map((rule) => this.rule(rule))] : [];
  }

  rule({ rule, message, why, exchanges }) {
    const links = exchanges.map((number) => element("button", { type: "button", onclick: () => this.showExchange(number) }, `exchange ${number}`));
    return element(
      "article",
      {},
      element("h4", {}, rule),
      element("p", {}, message || why),
      links.length ? element("p", { class: "links" }, ...links) : null,
    );
  }
}

function verdictOf({ rules, is_over }) {
  const states = new Set(rules.map((rule) => rule.state));
  const lost = states.has("broken");
  const outcome = lost ? "fail" : states.has("open") ? "open" : "pass";
  const kind = { fail: "failed", open: "refused", pass: "good" }[outcome];
  return element("p", {}, is_over ? "Verdict: " : "Verdict so far: ", element("strong", { class: kind }, outcome));
}

function happeningParts(title, happenings, none) {
  const items = happenings.map(({ when, name, effects, happened_at }) =>
    element("li", {}, happened_at === null ? "" : `${happened_at.slice(11, 19)} `, name ? `${when} (${name})` : when, element("ul", {}, ...effects.map((effect) => element("li", {}, effect)))),
  );
  return [element("h3", {}, title), items.length ? element("ol", {}, ...items) : element("p", {}, none)];
}
