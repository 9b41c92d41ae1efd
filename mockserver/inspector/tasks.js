// The tasks as lanes over time. A lane shows the statuses of one task one after the other.

import { element } from "/_mock/ui/dom.js";
import { laneBar } from "/_mock/ui/lanes.js";

const MOST_LANES = 100;

export class TasksView {
  constructor(store) {
    this.store = store;
    this.root = element("section", { "aria-label": "Tasks" });
  }

  update() {
    const tasks = this.store.state?.tasks ?? [];
    const lanes = tasks.map((task) => laneOf(task, this.store.steps.get(task.id) ?? [])).filter((lane) => lane.parts.length);
    lanes.sort((first, second) => second.changed - first.changed);
    const counts = countsOf(tasks);
    const summary = Object.entries(counts).map(([status, count]) => element("li", {}, badge(status), ` ${count}`));
    const drawn = lanes.slice(0, MOST_LANES);
    const hint = lanes.length
      ? `Tasks that a worker has begun: ${lanes.length}. Shown are the ${drawn.length} that changed last, in the time of the world.`
      : "No task has been begun yet.";
    this.root.replaceChildren(element("h2", {}, "Tasks"), element("ul", { class: "counts" }, ...summary), element("p", {}, hint), ...drawLanes(drawn, timeOf(this.store.state?.time)));
  }
}

function countsOf(tasks) {
  const counts = {};
  tasks.forEach((task) => (counts[task.status] = (counts[task.status] ?? 0) + 1));
  return counts;
}

// The parts of a lane: the status of the task from one time on. Before the page was opened, only the beginning and
// the end of the work are known.
function laneOf(task, steps) {
  const parts = steps.map((step) => ({ status: step.now, from: timeOf(step.time) }));
  if (task.started_at && !parts.some((part) => part.from <= timeOf(task.started_at))) {
    parts.unshift({ status: steps[0]?.was ?? "running", from: timeOf(task.started_at) });
  }
  if (task.completed_at && parts.at(-1)?.status !== task.status) {
    parts.push({ status: task.status, from: timeOf(task.completed_at) });
  }
  return { task, parts, changed: parts.at(-1)?.from ?? 0 };
}

function drawLanes(lanes, now) {
  const begin = Math.min(...lanes.map((lane) => lane.parts[0].from));
  const end = Math.max(now, ...lanes.map((lane) => lane.changed)) + 1;
  return lanes.map(({ task, parts }) => {
    const bar = laneBar(parts, task.completed_at ? parts.at(-1).from : end, { begin, end });
    const way = parts.map((part) => part.status).join(", ");
    const retries = task.retry_count ? `, ${task.retry_count} retries` : "";
    const error = task.error_message ? `: ${task.error_message}` : "";
    return element(
      "article",
      { class: "lane" },
      element("h3", {}, badge(task.status), ` ${task.id}`),
      element("p", {}, `${task.server}, ${task.service_type}${retries}: ${way}${error}`),
      bar,
    );
  });
}

function badge(status) {
  return element("span", { class: `badge ${status}` }, status);
}

function timeOf(text) {
  return text ? Date.parse(text) : 0;
}
