// A daemon with got. One task at a time; results are reported by callback. got repeats GET and PUT by itself, but no
// POST. So for a callback the worker repeats the request, after it has looked whether the first one had arrived.

import got, { HTTPError, ParseError, RequestError } from "got";
import { setTimeout as sleep } from "node:timers/promises";

const { LIKEPION_BASE_URL, LIKEPION_API_KEY, LIKEPION_SERVER_NAME } = process.env;
const TEMPORARY = [401, 408, 429, 500, 502, 503, 504];

const api = got.extend({
  prefixUrl: LIKEPION_BASE_URL,
  headers: { "X-API-Key": LIKEPION_API_KEY },
  responseType: "json",
  timeout: { connect: 2000, response: 4000, request: 30000 },
  retry: { limit: 6, methods: ["GET"], statusCodes: TEMPORARY, maxRetryAfter: 60000, backoffLimit: 8000 },
});

const stop = new AbortController();
process.on("SIGTERM", () => stop.abort());

const pause = (milliseconds) => sleep(milliseconds, undefined, { signal: stop.signal }).catch(() => {});

// Whether the same request may be accepted later: there was no answer, or no answer of the API, or a temporary error.
function isTemporary(error) {
  if (error instanceof HTTPError) return TEMPORARY.includes(error.response.statusCode);
  return error instanceof ParseError || error instanceof RequestError || error instanceof SyntaxError;
}

function retryAfter(error) {
  const header = error.response?.headers?.["retry-after"];
  if (header === undefined) return 0;
  const seconds = Number(header);
  return Number.isNaN(seconds) ? Date.parse(header) - Date.now() : seconds * 1000;
}

// Calls `request` until there is an answer of the API. `arrived` says whether an earlier attempt has had an effect.
async function untilAnswered(request, arrived = async () => false) {
  for (let attempt = 0; ; attempt++) {
    try {
      if (attempt > 0 && (await arrived())) return undefined;
      const answer = await request();
      if (answer === null || typeof answer !== "object") throw new SyntaxError("no JSON object");
      return answer;
    } catch (error) {
      if (!isTemporary(error) || attempt === 12) throw error;
      console.warn(`${error.message}; attempt ${attempt + 1}`);
      await sleep(Math.max(retryAfter(error), Math.min(250 * 2 ** attempt, 8000) * (0.75 + Math.random() / 2)));
    }
  }
}

async function list(status) {
  const tasks = [];
  for (let page = 1; ; page++) {
    const searchParams = { page, limit: 100, status };
    const { data, total } = await untilAnswered(() => api.get("tasks", { searchParams }).json());
    tasks.push(...data);
    if (data.length === 0 || page * 100 >= total) return [...new Map(tasks.map((task) => [task.id, task])).values()];
  }
}

async function statusIs(id, status) {
  return (await list(status)).some((task) => task.id === id);
}

const setStatus = (id, fields) =>
  untilAnswered(() => api.post("callback/link/update", { json: { link_id: id, ...fields } }).json());

async function report(task, result) {
  const notRunning = async () => !(await statusIs(task.id, "running"));
  if (result.error) {
    const json = { link_id: task.id, status: "failed", error_message: result.error };
    await untilAnswered(() => api.post("callback/link/update", { json }).json(), notRunning);
  } else {
    const json = { link_id: task.id, ...result };
    await untilAnswered(() => api.post("callback/link/complete", { json }).json(), notRunning);
  }
}

// Stands for the work of a browser at the site.
function post(task) {
  if (/"simulate":\s*"fail"/.test(task.config ?? "")) return { error: "The site asks for a phone number" };
  return { link_profile: `https://${task.site_name}/@${task.username}`, link_post: `https://${task.site_name}/@${task.username}/${task.id}` };
}

const done = new Map(); // id -> retry_count at the end
const lost = new Set(); // tasks that the API refused
let logs = [];

async function handle(task) {
  try {
    if (task.status === "pending") await setStatus(task.id, { status: "queued" });
    if (task.status !== "running") await setStatus(task.id, { status: "running" });
    const result = post(task);
    await report(task, result);
    done.set(task.id, task.retry_count);
    logs.push({ level: result.error ? "WARN" : "INFO", message: `Task ${task.id} done` });
  } catch (error) {
    if (isTemporary(error)) throw error;
    lost.add(task.id);
    logs.push({ level: "ERROR", message: `Task ${task.id} refused: ${error.response?.statusCode}` });
  }
}

const isNew = (task) => !lost.has(task.id) && (done.get(task.id) ?? -1) < task.retry_count;

async function heartbeats() {
  while (!stop.signal.aborted) {
    const json = { server_name: LIKEPION_SERVER_NAME, ip: "172.16.0.4", cpu_usage: 4.2, ram_usage: 33.3, disk_usage: 70.1, active_threads: 1, active_tasks: 1 };
    await api.post("health", { json }).catch((error) => console.warn(`heartbeat: ${error.message}`));
    await pause(4000);
  }
}

async function sendLogs() {
  const batch = logs.slice(0, 500);
  if (batch.length === 0) return;
  try {
    await api.post("logs", { json: { logs: batch } });
  } catch (error) {
    console.warn(`logs: ${error.message}`);
    if (isTemporary(error) && logs.length < 5000) return; // they are sent with the next ones
  }
  logs = logs.slice(batch.length);
}

async function main() {
  const beating = heartbeats();
  for (const task of await list("running")) await handle(task);
  while (!stop.signal.aborted) {
    for (const task of (await list("pending,queued")).filter(isNew).slice(0, 25)) {
      if (stop.signal.aborted) break;
      await handle(task);
    }
    await sendLogs();
    await pause(1000);
  }
  await sendLogs();
  await beating;
}

main().catch((error) => {
  console.error(error.message);
  process.exit(1);
});
