// The filters of the cases. They hide cases in the contents and in the table.

import { element, field } from "/_mock/ui/dom.js";
import { phrase } from "./phrase.js";

export class CaseList {
  // `cases`: the name, the text, the outcome and the rules of each case.
  constructor(cases) {
    this.cases = cases;
    const values = (texts) => [["", phrase("all")], ...[...new Set(texts)].sort().map((text) => [text, text])];
    this.search = field(phrase("Search"), "text", null, { type: "search" });
    this.form = element("form", { class: "filters", oninput: () => this.update(), onsubmit: (event) => event.preventDefault() });
    const rules = cases.flatMap((item) => item.rules);
    this.form.append(
      this.search,
      field(phrase("Verdict"), "outcome", values(cases.map((item) => item.outcome))),
      ...(rules.length ? [field(phrase("Rule"), "rule", values(rules))] : []),
    );
    this.count = element("p", { role: "status", class: "soft" });
    document.querySelector("nav .filters").replaceWith(this.form, this.count);
    this.update();
  }

  get shown() {
    const { text, outcome, rule } = Object.fromEntries(new FormData(this.form));
    const word = text.toLowerCase();
    return this.cases
      .map((item, index) => ({ ...item, index }))
      .filter((item) => (!outcome || outcome === item.outcome) && (!rule || item.rules.includes(rule)) && item.text.includes(word))
      .map((item) => item.index);
  }

  update() {
    const shown = new Set(this.shown);
    for (const row of document.querySelectorAll("[data-case]")) {
      row.hidden = !shown.has(Number(row.dataset.case));
    }
    this.count.textContent = phrase("{shown} of {total} cases", { shown: shown.size, total: this.cases.length });
  }

  // The shown case after another one, or with -1 the one before; null if there is none.
  neighbour(index, by) {
    const shown = this.shown;
    const others = by > 0 ? shown.filter((other) => other > index) : shown.filter((other) => other < index).reverse();
    return others[0] ?? null;
  }
}
