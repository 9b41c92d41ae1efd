// A worker with axios and axios-retry. It does five tasks at the same time, reports each with PUT /tasks/:id, and
// exits when no task waits. A supervisor starts it again later.

import axios from "axios";
import axiosRetry from "axios-retry";

const { LIKEPION_BASE_URL, LIKEPION_API_KEY, LIKEPION_SERVER_NAME } = process.env;
const AT_ONCE = 5;
const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

const api = axios.create({
  baseURL: LIKEPION_BASE_URL,
  timeout: 5000,
  headers: { "X-API-Key": LIKEPION_API_KEY },
  // An answer that is cut off, or that a proxy made, must not count as success.
  transitional: { silentJSONParsing: false, clarifyTimeoutError: true },
  responseType: "json",
});

axiosRetry(api, {
  retries: 10,
  shouldResetTimeout: true,
  // Retry-After is respected by exponentialDelay.
  retryDelay: (count, error) => axiosRetry.exponentialDelay(count, error, 150),
  // PUT and GET can be repeated. So can the POST of a heartbeat. Other requests are not sent with POST, but logs are.
  retryCondition: (error) => {
    if (error.config?.url === "/logs") return false;
    const status = error.response?.status;
    if (status === undefined) return true;
    return status === 401 || status === 429 || status >= 500 || (status >= 200 && status < 300);
  },
});

// In an answer of the API there is `data`, or `success`, or both.
api.interceptors.response.use((response) => {
  if (response.data === null || typeof response.data !== "object") {
    throw new axios.AxiosError("The answer is no JSON", "ERR_BAD_RESPONSE", response.config, response.request, response);
  }
  return response;
});

let stopping = false;
process.on("SIGTERM", () => (stopping = true));

const finished = new Map(); // task id -> retry_count when its result was accepted
const refused = new Set();
const logs = [];
let active = 0;

async function listTasks(status) {
  const tasks = new Map();
  let after;
  do {
    const { data: page } = await api.get("/tasks", { params: { status, limit: 100, after } });
    for (const task of page.data) tasks.set(task.id, task);
    after = page.data.length > 0 ? page.next_cursor : null;
  } while (after);
  return [...tasks.values()].filter(isOpen);
}

const isOpen = (task) => !refused.has(task.id) && !(finished.get(task.id) >= task.retry_count);
const update = (task, fields) => api.put(`/tasks/${task.id}`, fields);

async function postAtSite(task) {
  let config = {};
  try {
    config = JSON.parse(task.config) ?? {};
  } catch {
    // Some customers' requests have no config.
  }
  if (config.simulate === "fail") throw new Error("Account is locked at the site");
  return { link_profile: `https://${task.site_name}/members/${task.username}` , link_post: `https://${task.site_name}/t/${task.id}` };
}

async function resultOf(task) {
  try {
    return { status: "completed", ...(await postAtSite(task)) };
  } catch (error) {
    return { status: "failed", error_message: error.message };
  }
}

async function work(task) {
  active++;
  try {
    if (task.status === "pending") await update(task, { status: "queued" });
    if (task.status !== "running") await update(task, { status: "running" });
    const result = await resultOf(task);
    await update(task, result);
    finished.set(task.id, task.retry_count);
    logs.push({ level: "INFO", message: `${task.id}: ${result.status}` });
  } catch (error) {
    // 400, 403, 404 and 409: the task is not ours any more, or cannot change in this way.
    const status = error.response?.status;
    if (![400, 403, 404, 409].includes(status)) throw error;
    refused.add(task.id);
    logs.push({ level: "WARN", message: `${task.id}: refused with ${status}` });
  } finally {
    active--;
  }
}

async function workOn(tasks) {
  const queue = [...tasks];
  const consumer = async () => {
    while (queue.length > 0 && !stopping) await work(queue.shift());
  };
  await Promise.all(Array.from({ length: AT_ONCE }, consumer));
}

function heartbeat() {
  const memory = process.memoryUsage().rss / 2 ** 30;
  return api
    .post("/health", {
      server_name: LIKEPION_SERVER_NAME,
      ip: "192.168.1.20",
      cpu_usage: 10.5,
      ram_usage: memory,
      disk_usage: 30,
      active_threads: 1,
      active_tasks: active,
    })
    .catch((error) => console.warn(`heartbeat: ${error.message}`));
}

async function sendLogs() {
  const batch = logs.splice(0, 500);
  if (batch.length > 0) await api.post("/logs", { logs: batch }).catch((error) => console.warn(`logs: ${error.message}`));
}

async function main() {
  heartbeat();
  const heartbeats = setInterval(heartbeat, 5000);
  await workOn(await listTasks("running"));
  // The list may lag a little behind, so that the last look is repeated.
  for (let empty = 0; empty < 3 && !stopping; ) {
    const tasks = (await listTasks("pending,queued")).slice(0, 50);
    await workOn(tasks);
    await sendLogs();
    empty = tasks.length > 0 ? 0 : empty + 1;
    if (empty > 0) await sleep(400 * empty);
  }
  clearInterval(heartbeats);
  await sendLogs();
}

main().catch((error) => {
  console.error(`gave up: ${error.message}`);
  process.exitCode = 1;
  process.exit();
});
