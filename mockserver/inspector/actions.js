// Forms that change the world, each with one call of the control plane.

import { call } from "/_mock/ui/control.js";
import { element, field } from "/_mock/ui/dom.js";

const STATUSES = ["pending", "queued", "running", "completed", "failed", "canceled"];
const FAULT = '{"fault": "error", "operation": "any", "times": 3}';

export class ActionsView {
  // say(text, isError): shows what an action did. showWorld(name): a world was added, and is shown now.
  constructor(store, say, showWorld) {
    this.store = store;
    this.say = say;
    this.showWorld = showWorld;
    this.servers = element("select", { name: "server" });
    this.changed = element("select", { name: "server" });
    this.root = element("section", { class: "actions", "aria-label": "Actions" }, ...this.forms());
  }

  forms() {
    return [
      this.form("Add tasks", [
        element("label", {}, "Server ", this.servers),
        field("Status", "status", STATUSES.map((status) => [status, status])),
        field("How many", "count", null, { type: "number", min: "1", max: "10000", value: "1", required: true }),
      ], async ({ count, ...fields }) => {
        const { tasks } = await this.call("POST", "/tasks", { ...fields, count: Number(count) });
        return `${tasks.length} tasks were added.`;
      }),
      this.form("Change a server", [
        element("label", {}, "Server ", this.changed),
        field("To", "change", [["offline", "offline"], ["online", "online"], ["revoke", "its keys are revoked"], ["restore", "its keys work again"]]),
      ], async ({ server, change }) => {
        const fields = { revoke: { revoked: true }, restore: { revoked: false } }[change] ?? { status: change };
        await this.call("PATCH", `/servers/${encodeURIComponent(server)}`, fields);
        return `${server} was changed.`;
      }),
      this.form("Add a fault", [field("The fault as JSON", "fault", null, { value: FAULT, required: true, size: "40" })], async ({ fault }) => {
        const added = await this.call("POST", "/faults", readJson(fault));
        return `The fault ${added.fault} was added.`;
      }),
      this.form("Remove all faults", [], async () => `${(await this.call("DELETE", "/faults")).cleared} faults were removed.`),
      this.form("Advance the clock", [field("By", "advance", null, { value: "60s", required: true })], async (fields) => `It is now ${(await this.call("POST", "/clock", fields)).time}.`),
      this.form("Stop the clock", [], async () => `The clock stands at ${(await this.call("POST", "/clock", { freeze: this.store.state.time })).time}.`),
      this.form("Reset the world", [], async () => {
        await this.call("POST", "/reset");
        return "The world is as it was at its start.";
      }),
      this.form("Make a world with a scenario", [field("Scenario", "scenario", null, { value: "quiet-day", required: true })], async (fields) => {
        const { world } = await call("POST", "/worlds", fields);
        await this.showWorld(world);
        return `The world ${world} was made.`;
      }),
    ];
  }

  form(title, fields, act) {
    const onsubmit = async (event) => {
      event.preventDefault();
      try {
        this.say(await act(Object.fromEntries(new FormData(event.target))), false);
      } catch (error) {
        this.say(error.message, true);
      }
      this.store.refresh();
    };
    return element("form", { onsubmit }, element("h2", {}, title), ...fields, element("button", {}, title));
  }

  call(method, path, body = null) {
    return call(method, this.store.base + path, body);
  }

  update() {
    const names = (this.store.state?.servers ?? []).map((server) => server.name);
    for (const select of [this.servers, this.changed]) {
      if (names.join("\n") !== [...select.options].map((option) => option.value).join("\n")) {
        select.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
      }
    }
  }
}

function readJson(text) {
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new Error(`This is not JSON: ${error.message}`);
  }
}
