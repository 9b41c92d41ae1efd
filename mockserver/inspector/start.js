// Connects the parts of the page: the choice of the world, the views and the token.

import { ActionsView } from "/_mock/ui/actions.js";
import { call, useToken } from "/_mock/ui/control.js";
import { element, visibleText } from "/_mock/ui/dom.js";
import { RequestsView } from "/_mock/ui/requests.js";
import { ScenarioView } from "/_mock/ui/scenario.js";
import { ServersView } from "/_mock/ui/servers.js";
import { Store } from "/_mock/ui/store.js";
import { TasksView } from "/_mock/ui/tasks.js";

const UNAUTHORIZED = 401;
const NOT_FOUND = 404;
const place = (id) => document.getElementById(id);
const store = new Store(drawSoon, showConnection);
const views = {
  Requests: new RequestsView(store),
  Tasks: new TasksView(store),
  Servers: new ServersView(store),
  Scenario: new ScenarioView(store, showExchange),
  Actions: new ActionsView(store, say, showWorld),
};
let shown = "Requests";
let isDrawing = false;

// Draws the view once before the browser shows the next picture, however many events came.
function drawSoon() {
  if (!isDrawing) {
    isDrawing = true;
    requestAnimationFrame(() => {
      isDrawing = false;
      views[shown].update();
    });
  }
}

function showConnection(state, error = null) {
  place("connection").textContent = state === "live" ? "live" : "not connected, trying again";
  place("connection").className = state;
  place("token").hidden = error?.status !== UNAUTHORIZED;
  if (error?.status === NOT_FOUND) {
    loadWorlds().catch(() => null);
  }
}

function say(text, isError) {
  place("message").textContent = visibleText(text);
  place("message").className = isError ? "failed" : "good";
  place("message").hidden = false;
}

function show(name) {
  shown = name;
  for (const tab of place("tabs").children) {
    tab.setAttribute("aria-current", tab.textContent === name ? "page" : "false");
  }
  place("message").hidden = true;
  place("view").replaceChildren(views[name].root);
  views[name].update();
}

function showExchange(number) {
  const exchange = store.exchanges.find((candidate) => candidate.number === number);
  if (exchange === undefined) {
    say(`The mock has dropped exchange ${number}.`, true);
    return;
  }
  show("Requests");
  views.Requests.choose(exchange);
}

async function loadWorlds() {
  const { worlds } = await call("GET", "/health");
  const select = place("world");
  select.replaceChildren(...worlds.map((name) => element("option", { value: name }, name)));
  if (worlds.length && !worlds.includes(store.world)) {
    store.follow(worlds[0]);
  }
  select.value = store.world ?? "";
}

async function showWorld(name) {
  store.follow(name);
  await loadWorlds();
}

async function start() {
  try {
    await loadWorlds();
  } catch (error) {
    showConnection("lost", error);
    if (error.status !== UNAUTHORIZED) {
      setTimeout(start, 1000);
    }
  }
}

for (const name of Object.keys(views)) {
  place("tabs").append(element("button", { type: "button", onclick: () => show(name) }, name));
}
place("world").addEventListener("focus", () => loadWorlds().catch(() => null));
place("world").addEventListener("change", (event) => store.follow(event.target.value));
place("token").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = event.target.querySelector("input");
  useToken(input.value);
  input.value = "";
  start();
});
show("Requests");
start();
