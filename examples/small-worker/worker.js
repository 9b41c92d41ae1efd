// A small worker for the LIKEPION Worker API. Each snippet of "Mend a rule" replaces some of its functions.
//
// It is short, so that you can read it in one go. tests/examples/worker.js is a worker for all scenarios.

const BASE_URL = process.env.LIKEPION_BASE_URL;
const API_KEY = process.env.LIKEPION_API_KEY;
const SERVER_NAME = process.env.LIKEPION_SERVER_NAME;
const HEARTBEAT_EVERY = Number(process.env.HEARTBEAT_EVERY ?? 5); // seconds
const HEADERS = { "X-API-Key": API_KEY, "Content-Type": "application/json" };
const OPEN = "pending,queued,running";

const ended = new Set(); // ids of the tasks whose result was reported
const dropped = new Set(); // ids of the tasks that the API refused
const logs = [];
let stopping = false;

// The API refused the request, and will refuse it again.
class Refused extends Error {}

// There is no usable answer. The same request may succeed later.
class Trouble extends Error {
  constructor(message, retryAfter = null) {
    super(message);
    this.retryAfter = retryAfter;
  }
}

// The site refused the post.
class SiteError extends Error {}

const sleep = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

async function exchange(method, path, body) {
  const signal = AbortSignal.timeout(10_000);
  const answer = await fetch(BASE_URL + path, { method, headers: HEADERS, body, signal });
  return [answer.status, answer.headers, await answer.text()];
}

function parse(text) {
  try {
    const answer = JSON.parse(text);
    if (answer !== null && typeof answer === "object") return answer;
  } catch {
    // The error is thrown below.
  }
  throw new Trouble("the answer is not JSON");
}

// Sends a request once.
async function send(method, path, body) {
  let status, headers, text;
  try {
    [status, headers, text] = await exchange(method, path, body && JSON.stringify(body));
  } catch (error) {
    throw new Trouble(error.cause?.message ?? error.message);
  }
  if (status === 401 || status === 429 || status >= 500) {
    throw new Trouble(`status ${status}`, headers.get("Retry-After"));
  }
  if (status !== 200) throw new Refused(`status ${status}`);
  return parse(text);
}

// Sends a request until it is answered.
async function call(method, path, body) {
  const giveUpAt = Date.now() + 600_000;
  for (let pause = 0.2; ; pause = Math.min(2 * pause, 30)) {
    try {
      return await send(method, path, body);
    } catch (trouble) {
      if (!(trouble instanceof Trouble) || Date.now() > giveUpAt || stopping) throw trouble;
      await sleep(Number(trouble.retryAfter ?? pause));
    }
  }
}

// Reads all pages of the list.
async function readTasks(status, limit = 100) {
  const tasks = new Map();
  for (let cursor = ""; ; ) {
    const page = await call("GET", `/tasks?status=${status}&limit=${limit}${cursor}`);
    for (const task of page.data) tasks.set(task.id, task);
    if (page.data.length === 0 || !page.next_cursor) return [...tasks.values()];
    cursor = `&after=${page.next_cursor}`;
  }
}

function isOpen(task) {
  return !ended.has(task.id) && !dropped.has(task.id);
}

// Stands for the real work. Returns the link of the new post.
async function postAtSite(task) {
  if ((task.config ?? "").includes('"simulate": "fail"')) throw new SiteError("the site was closed");
  return `https://${task.site_name}/post/${task.id}`;
}

// Returns the result of a task.
async function work(task) {
  try {
    return { status: "completed", link_post: await postAtSite(task) };
  } catch (error) {
    if (!(error instanceof SiteError)) throw error;
    return { status: "failed", error_message: error.message };
  }
}

async function start(task) {
  if (task.status !== "running") await call("PUT", `/tasks/${task.id}`, { status: "running" });
}

async function report(task, result) {
  await call("PUT", `/tasks/${task.id}`, result);
}

// Leaves a task alone from now on.
function drop(task, why) {
  dropped.add(task.id);
  log("warn", `dropped ${task.id}: ${why}`);
}

async function doTask(task) {
  try {
    await start(task);
    const result = await work(task);
    await report(task, result);
    ended.add(task.id);
    logResult(task, result);
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    drop(task, error.message);
  }
}

// Reports many changes. Each has the `link_id` of its task.
async function updateMany(changes) {
  for (let begin = 0; begin < changes.length; begin += 500) {
    const items = changes.slice(begin, begin + 500);
    const answer = await call("PUT", "/tasks/bulk", { items });
    for (const item of answer.results) if (!item.success) drop({ id: item.link_id }, item.error);
  }
}

// Does many tasks, and reports them in bulk.
async function doMany(tasks) {
  await updateMany(tasks.map((task) => ({ link_id: task.id, status: "running" })));
  const ours = tasks.filter((task) => !dropped.has(task.id));
  const results = await Promise.all(ours.map(work));
  await updateMany(ours.map((task, place) => ({ link_id: task.id, ...results[place] })));
  ours.forEach((task, place) => {
    ended.add(task.id);
    logResult(task, results[place]);
  });
}

async function doTasks(tasks) {
  if (tasks.length > 100) return doMany(tasks);
  for (const task of tasks) await doTask(task);
}

// Opens the failed tasks again that have retries left.
async function retryFailed() {
  for (const task of await readTasks("failed")) {
    if (!dropped.has(task.id) && task.retry_count < task.max_retries) {
      await call("PUT", `/tasks/${task.id}`, { status: "pending" });
      ended.delete(task.id);
    }
  }
}

// level: the name of a method of `console`.
function log(level, message) {
  logs.push({ level: level.toUpperCase(), message });
}

function logResult(task, result) {
  log("info", `${result.status}: ${task.id}`);
}

async function sendLogs() {
  while (logs.length > 0) {
    try {
      await send("POST", "/logs", { logs: logs.slice(0, 500) });
    } catch (error) {
      if (error instanceof Trouble) return; // they are sent with the next ones
      console.error(`logs were refused: ${error.message}`);
    }
    logs.splice(0, 500);
  }
}

async function heartbeat() {
  const usage = { cpu_usage: 12.5, ram_usage: 40.0, disk_usage: 30.0 };
  const counts = { active_threads: 1, active_tasks: 0 };
  const body = { server_name: SERVER_NAME, ip: "127.0.0.1", ...usage, ...counts };
  await send("POST", "/health", body).catch((error) => console.error(`heartbeat: ${error.message}`));
}

// Sends heartbeats until the process ends.
async function keepAlive() {
  await heartbeat();
  setInterval(heartbeat, HEARTBEAT_EVERY * 1000).unref();
}

// Does all tasks that wait.
async function run() {
  for (let tasks; (tasks = (await readTasks(OPEN)).filter(isOpen)).length > 0; ) {
    await doTasks(tasks);
    await retryFailed();
    await sendLogs();
  }
}

async function main() {
  process.once("SIGTERM", () => (stopping = true));
  await keepAlive();
  await run();
}

main();
