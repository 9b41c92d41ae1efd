// The scenario of the world and its verdict so far.

import { element } from "/_mock/ui/dom.js";

export class ScenarioView {
  constructor(store, showExchange) {
    this.store = store;
    this.showExchange = showExchange;
    this.root = element("section", { "aria-label": "Scenario" });
  }

  update() {
    const { state, verdict } = this.store;
    if (!state?.scenario) {
      this.root.replaceChildren(element("p", {}, "This world has no scenario, so there is no verdict. In the view Actions, a world with a scenario can be made."));
    } else if (verdict === null) {
      this.root.replaceChildren(element("p", {}, `The scenario ${state.scenario} is being judged.`));
    } else {
      this.root.replaceChildren(...this.parts(verdict));
    }
  }

  parts(verdict) {
    const outcome = verdict.verdict === "pass" ? "good" : "failed";
    const note = verdict.broken.length
      ? "While the worker still works, it can keep some of these rules later, for example that each task ends."
      : "No rule is broken.";
    return [
      element("h2", {}, verdict.scenario),
      element("p", {}, "Verdict so far: ", element("strong", { class: outcome }, verdict.verdict)),
      element("p", {}, note),
      ...verdict.broken.map((broken) => this.rule(broken)),
      ...this.notJudged(verdict.not_judged),
    ];
  }

  notJudged(rules) {
    if (rules.length === 0) return [];
    const items = rules.map(({ rule, why }) => element("li", {}, `${rule}: ${why}`));
    return [element("details", {}, element("summary", {}, `Not judged: ${rules.length}`), element("ul", {}, ...items))];
  }

  rule({ rule, message, exchanges }) {
    const links = exchanges.map((number) => element("button", { type: "button", onclick: () => this.showExchange(number) }, `exchange ${number}`));
    return element("article", {}, element("h3", {}, rule), element("p", {}, message), element("p", { class: "links" }, ...links));
  }
}
