// The fields of a fault, made from the schemas of the control plane.

import { call } from "/_mock/ui/control.js";
import { element, field } from "/_mock/ui/dom.js";

const SCHEDULE = ["operation", "probability", "calls", "nth", "after", "for", "times"];
const LABELS = { fault: "Kind", operation: "Operation", calls: "Calls, such as 3..7", nth: "Only call number", after: "Begins after, such as 500ms", for: "Lasts, such as 10s", times: "At most so many times" };

export class FaultFields {
  constructor() {
    this.schemas = null;
    this.about = element("p", {});
    this.own = element("div", { class: "fields" });
    this.kind = element("select", { name: "fault", required: true, onchange: () => this.showKind() });
    this.root = element("div", { class: "fields" }, element("label", {}, "Kind ", this.kind), this.about, this.own);
  }

  async load() {
    if (this.schemas === null) {
      this.schemas = await call("GET", "/fault-kinds");
      this.kind.replaceChildren(...Object.keys(this.schemas.kinds).map((name) => element("option", { value: name }, name)));
      this.showKind();
    }
  }

  // Shows the fields of the chosen kind: those it needs, its own, and those of the schedule.
  showKind() {
    const schema = this.schemas.kinds[this.kind.value];
    const names = Object.keys(schema.properties).filter((name) => name !== "fault");
    names.sort((first, second) => SCHEDULE.indexOf(first) - SCHEDULE.indexOf(second));
    this.about.textContent = schema.description ?? "";
    this.own.replaceChildren(...names.map((name) => this.field(name, schema)));
  }

  field(name, schema) {
    const required = schema.required?.includes(name) ?? false;
    const kind = this.resolved(schema.properties[name]);
    const label = LABELS[name] ?? name.replaceAll("_", " ");
    const words = kind.enum ?? (kind.type === "boolean" ? [true, false] : null);
    if (words !== null) {
      const none = required ? [] : [["", "not set"]];
      return field(label, name, [...none, ...words.map((word) => [JSON.stringify(word), String(word)])], { required });
    }
    if (kind.type === "integer" || kind.type === "number") {
      return field(label, name, null, { type: "number", min: kind.minimum ?? null, max: kind.maximum ?? null, step: kind.type === "integer" ? "1" : "any", required });
    }
    return field(label, name, null, { required });
  }

  resolved(schema) {
    return schema.$ref === undefined ? schema : this.schemas.definitions[schema.$ref.split("/").at(-1)];
  }

  // The fault as JSON, from the texts of the form. Empty fields are left out.
  faultOf(texts) {
    const { properties } = this.schemas.kinds[texts.fault];
    const fault = { fault: texts.fault };
    for (const [name, text] of Object.entries(texts)) {
      if (name !== "fault" && text !== "") {
        fault[name] = valueOf(text, this.resolved(properties[name]));
      }
    }
    return fault;
  }
}

function valueOf(text, schema) {
  if (schema.type === "string" || schema.anyOf !== undefined) {
    return /^[0-9]+$/.test(text) && schema.anyOf !== undefined ? Number(text) : text;
  }
  try {
    return JSON.parse(text);
  } catch {
    return text; // the mock says what is wrong with it
  }
}
