// A daemon with undici: its own fetch, with a RetryAgent below it. Changes of many tasks go into one bulk update.

import { Agent, RetryAgent, fetch } from "undici";
import { setTimeout as sleep } from "node:timers/promises";

const base = process.env.LIKEPION_BASE_URL;
const headers = { "X-API-Key": process.env.LIKEPION_API_KEY, "Content-Type": "application/json" };

// Repeats a GET after a 5xx, a 429 or a broken connection, and respects Retry-After. It must not repeat a PUT: fetch
// makes a stream from the body, and below it RetryAgent would send the second attempt without the body.
const dispatcher = new RetryAgent(new Agent({ headersTimeout: 5000, bodyTimeout: 5000, connectTimeout: 3000 }), {
  maxRetries: 4,
  minTimeout: 300,
  maxTimeout: 5000,
  methods: ["GET"],
  throwOnError: false, // hands on the last answer, with its Retry-After
});

let running = true;
process.once("SIGTERM", () => (running = false));

class Refused extends Error {}

async function request(method, path, body) {
  const answer = await fetch(base + path, { method, headers, dispatcher, body: body && JSON.stringify(body) });
  if ([400, 403, 404, 409, 413, 415, 422].includes(answer.status)) {
    await answer.text();
    throw new Refused(`${method} ${path}: ${answer.status}`);
  }
  if (!answer.ok) {
    await answer.text();
    throw Object.assign(new Error(`${method} ${path}: ${answer.status}`), { wait: answer.headers.get("retry-after") });
  }
  const content = await answer.json();
  if (typeof content !== "object" || content === null) throw new Error(`${method} ${path}: no object`);
  return content;
}

// Asks until there is an answer. What RetryAgent does not repeat is repeated here: updates, a 401, no JSON.
async function call(method, path, body) {
  for (let seconds = 0.5; ; seconds = Math.min(seconds * 2, 15)) {
    try {
      return await request(method, path, body);
    } catch (error) {
      if (error instanceof Refused) throw error;
      console.warn(error.message, error.cause?.message ?? "");
      await sleep(Math.max(seconds, Number(error.wait) || 0) * 1000);
    }
  }
}

async function tasksWith(status) {
  const found = new Map();
  let query = `status=${status}&limit=250`;
  for (;;) {
    const page = await call("GET", `/tasks?${query}`);
    for (const task of page.data) found.set(task.id, task);
    if (!page.next_cursor || page.data.length === 0) return [...found.values()];
    query = `status=${status}&limit=250&after=${page.next_cursor}`;
  }
}

const logs = [];
const log = (level, message) => logs.push({ level, message });
const gone = new Set(); // refused tasks
const ended = new Map(); // id -> retry_count

// Sends one change for each task. Returns the tasks whose change was accepted.
async function change(tasks, fieldsOf) {
  const accepted = [];
  for (let start = 0; start < tasks.length; start += 100) {
    const part = tasks.slice(start, start + 100);
    const items = part.map((task) => ({ link_id: task.id, ...fieldsOf(task) }));
    const answer = await call("PUT", "/tasks/bulk", { items });
    const results = new Map(answer.results.map((result) => [result.link_id, result]));
    for (const task of part) {
      const result = results.get(task.id);
      if (result?.success) {
        accepted.push(task);
      } else {
        gone.add(task.id);
        log("WARN", `${task.id}: ${result?.error}`);
      }
    }
  }
  return accepted;
}

function resultOf(task) {
  let settings = null;
  try {
    settings = JSON.parse(task.config);
  } catch {
    // Not every config is JSON.
  }
  if (settings?.simulate === "fail") return { status: "failed", error_message: "Timeout of the site" };
  return { status: "completed", link_post: `https://${task.site_name}/blog/${task.id}` };
}

async function doAll(tasks) {
  const queued = [
    ...(await change(tasks.filter((task) => task.status === "pending"), () => ({ status: "queued" }))),
    ...tasks.filter((task) => task.status === "queued"),
  ];
  const started = [
    ...(await change(queued, () => ({ status: "running" }))),
    ...tasks.filter((task) => task.status === "running"),
  ];
  const results = new Map(started.map((task) => [task.id, resultOf(task)]));
  for (const task of await change(started, (task) => results.get(task.id))) {
    ended.set(task.id, task.retry_count);
    log("INFO", `${task.id}: ${results.get(task.id).status}`);
  }
}

// Heartbeats and logs are sent once. The next ones come soon.
async function tell(path, body) {
  try {
    await request("POST", path, body);
  } catch (error) {
    console.warn(error.message);
  }
}

function beat() {
  const usage = { cpu_usage: 1, ram_usage: 2, disk_usage: 3, active_threads: 4, active_tasks: 0 };
  return tell("/health", { server_name: process.env.LIKEPION_SERVER_NAME, ip: "127.0.0.1", ...usage });
}

const isOpen = (task) => !gone.has(task.id) && (ended.get(task.id) ?? -1) < task.retry_count;

await beat();
const beats = setInterval(beat, 3000);
let status = "running"; // what an earlier run left comes first
while (running) {
  const tasks = (await tasksWith(status)).filter(isOpen);
  await doAll(tasks.slice(0, 40));
  if (logs.length > 0) await tell("/logs", { logs: logs.splice(0, 500) });
  status = "pending,queued";
  if (tasks.length <= 40) await sleep(800);
}
clearInterval(beats);
if (logs.length > 0) await tell("/logs", { logs: logs.splice(0, 500) });
process.exit(0);
