// Forms that change the world, each with one call of the control plane.

import { call } from "/_mock/ui/control.js";
import { element, field } from "/_mock/ui/dom.js";
import { FaultFields } from "/_mock/ui/fault_form.js";

const STATUSES = ["pending", "queued", "running", "completed", "failed", "canceled"];

export class ActionsView {
  // say(text, isError): shows what an action did. showWorld(name): a world was added, and is shown now.
  constructor(store, say, showWorld) {
    this.store = store;
    this.say = say;
    this.showWorld = showWorld;
    this.servers = element("select", { name: "server" });
    this.changed = element("select", { name: "server" });
    this.scenarios = element("select", { name: "scenario", required: true });
    this.faults = new FaultFields();
    this.isLoaded = false;
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
      this.form("Add a fault", [this.faults.root], async (texts) => {
        const added = await this.call("POST", "/faults", this.faults.faultOf(texts));
        return `The fault ${added.fault} was added.`;
      }),
      this.form("Remove all faults", [], async () => `${(await this.call("DELETE", "/faults")).cleared} faults were removed.`),
      this.form("Advance the clock", [field("By", "advance", null, { value: "60s", required: true })], async (fields) => `It is now ${(await this.call("POST", "/clock", fields)).time}.`),
      this.form("Stop the clock", [], async () => `The clock stands at ${(await this.call("POST", "/clock", { freeze: this.store.state.time })).time}.`),
      this.form("Start the clock", [], async () => `The clock runs from ${(await this.call("POST", "/clock", { run: true })).time}.`),
      this.form("Reset the world", [], async () => {
        await this.call("POST", "/reset");
        return "The world is as it was at its start.";
      }),
      this.form("Make a world with a scenario", [element("label", {}, "Scenario ", this.scenarios)], async (fields) => {
        const { world, servers } = await call("POST", "/worlds", fields);
        await this.showWorld(world);
        return `The world ${world} was made. Its worker uses the key ${servers[0].api_key}`;
      }),
      this.form("Save a capsule", [element("p", {}, "A file with the requests so far, without secrets, for workerkit replay.")], async () => {
        const { file, text } = await this.call("GET", "/capsule");
        saveFile(file, text);
        return `The capsule ${file} was saved.`;
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

  // Loads the choices that do not change while the mock runs.
  async load() {
    if (this.isLoaded) {
      return;
    }
    this.isLoaded = true;
    try {
      await this.faults.load();
      const { scenarios } = await call("GET", "/scenarios");
      this.scenarios.replaceChildren(...scenarios.map(({ name, title }) => element("option", { value: name }, `${name}: ${title}`)));
    } catch (error) {
      this.isLoaded = false;
      this.say(error.message, true);
    }
  }

  update() {
    if (this.store.state !== null) {
      this.load();
    }
    const names = (this.store.state?.servers ?? []).map((server) => server.name);
    for (const select of [this.servers, this.changed]) {
      if (names.join("\n") !== [...select.options].map((option) => option.value).join("\n")) {
        select.replaceChildren(...names.map((name) => element("option", { value: name }, name)));
      }
    }
  }
}

function saveFile(name, text) {
  const url = URL.createObjectURL(new Blob([text], { type: "application/yaml" }));
  element("a", { href: url, download: name }).click();
  URL.revokeObjectURL(url);
}
