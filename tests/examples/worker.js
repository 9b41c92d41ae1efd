// A careful worker for the LIKEPION Worker API. It needs Node 18 or newer, and no package.
//
//     LIKEPION_BASE_URL=https://apitest.likepion.com/api/v1/worker \
//     LIKEPION_API_KEY=... LIKEPION_SERVER_NAME=server-01 node worker.js
//
// The worker reads the list page by page, does the tasks of a page, and reports each result by callback. Then it
// starts with the first page again. When no task waits any more, it exits with 0. It does not set failed tasks back
// to pending. If somebody else does, it does them again, up to max_retries times. At SIGTERM it first finishes the
// tasks that it has begun, unless the API fails.

"use strict";

const BASE_URL = process.env.LIKEPION_BASE_URL.replace(/\/+$/, "");
const API_KEY = process.env.LIKEPION_API_KEY;
const SERVER_NAME = process.env.LIKEPION_SERVER_NAME;

const THREADS = 8; // how many tasks are done at the same time
const PAGE = 50; // tasks on a page
const TIMEOUT = 2500; // milliseconds to wait for the next part of an answer
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 5000;
const GIVE_UP_AFTER = 60000;
const HEARTBEAT_EVERY = 5000;
const READ_RUNNING_EVERY = 500;
const CHECKS = 3; // how often the list must be empty before the worker exits
const MOST_LOGS = 500;

// The API refused the request, and will refuse it again.
class RefusedError extends Error {}

// There is no usable answer. Sending the request again may help. The API may have accepted it already.
class TemporaryError extends Error {}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

let stopping = false;
const stopped = new Promise((resolve) => process.once("SIGTERM", resolve)).then(() => (stopping = true));

// Waits 0.2 s, 0.4 s, 0.8 s and so on. A random part keeps many workers from asking at the same time.
// After SIGTERM it does not wait.
function pause(attempt) {
  const longest = Math.min(FIRST_PAUSE * 2 ** attempt, LONGEST_PAUSE);
  return Promise.race([stopped, sleep(longest * (0.5 + Math.random() / 2))]);
}

// Requests

let notBefore = 0;

// Sends a request once and returns the JSON of the answer.
async function send(method, path, body) {
  await sleep(notBefore - performance.now());
  const { status, retryAfter, text } = await exchange(method, path, body);
  // Retry-After has a number of seconds or a date.
  const wait = /^\d+$/.test(retryAfter) ? retryAfter * 1000 : Date.parse(retryAfter) - Date.now();
  if (wait > 0) notBefore = performance.now() + wait;
  if (status === 401 || status === 429 || status >= 500) throw new TemporaryError(`status ${status}`);
  if (status !== 200) throw new RefusedError(`status ${status}`);
  return parsed(text);
}

async function exchange(method, path, body) {
  const aborter = new AbortController();
  const timer = setTimeout(() => aborter.abort(), TIMEOUT);
  const headers = { "X-API-Key": API_KEY, "Content-Type": "application/json" };
  const options = { method, headers, redirect: "manual", signal: aborter.signal };
  try {
    const answer = await fetch(BASE_URL + path, { ...options, body: body && JSON.stringify(body) });
    const pieces = [];
    for await (const piece of answer.body ?? []) {
      timer.refresh();
      pieces.push(piece);
    }
    const text = Buffer.concat(pieces).toString();
    return { status: answer.status, retryAfter: answer.headers.get("Retry-After") ?? "", text };
  } catch (error) {
    throw new TemporaryError(error.cause?.message ?? error.message);
  } finally {
    clearTimeout(timer);
  }
}

function parsed(text) {
  try {
    const answer = JSON.parse(text);
    // In the answer to a bulk update, `success` is a number and can be 0.
    if ((answer.success ?? answer.data ?? false) !== false) return answer;
  } catch {
    // The error is thrown below.
  }
  throw new TemporaryError("the answer is not from the API");
}

// Sends a request, and repeats it after a temporary error. The pauses get longer each time. `isDone` says whether
// the API has accepted the request, so that only the answer was lost. Then the request is not repeated.
async function call(method, path, body, isDone = async () => false) {
  const giveUpAt = performance.now() + GIVE_UP_AFTER;
  for (let attempt = 0; ; attempt++) {
    try {
      return await send(method, path, body);
    } catch (error) {
      if (!(error instanceof TemporaryError) || performance.now() > giveUpAt || stopping) throw error;
    }
    await pause(attempt);
    if (await isDone()) return {};
  }
}

// Yields the server's tasks with a status, each once, page by page. `status` can be several statuses with commas.
// If the API refuses a cursor, the task of the cursor belongs to another server now. Then the rest of the list is not
// read.
async function* pages(status, limit) {
  const listed = new Set();
  for (let after = ""; ; ) {
    const page = await call("GET", `/tasks?status=${status}&limit=${limit}${after}`).catch((error) => {
      if (!(error instanceof RefusedError && after)) throw error;
      return { data: [] };
    });
    const tasks = page.data.filter((task) => !listed.has(task.id) && listed.add(task.id));
    yield tasks;
    if (!page.next_cursor || tasks.length === 0) return;
    after = `&after=${page.next_cursor}`;
  }
}

let reading = Promise.resolve();
let readAt = -1;
let running = new Set();

// Returns the ids of the running tasks. They were read after the time `since`. All threads share one reading.
function runningAfter(since) {
  reading = reading.then(async () => {
    if (readAt > since) return running;
    const began = performance.now();
    const found = new Set();
    for await (const tasks of pages("running", 500)) tasks.forEach((task) => found.add(task.id));
    readAt = began;
    running = found;
    return running;
  });
  return reading;
}

// Tasks

const dropped = new Set();
const attempts = new Map(); // how often each task was done in this run
const results = new Map(); // the result of each task in this run
const reportedAtRetry = new Map(); // the retry_count of each task when its result was reported

// Allows the first attempt and max_retries more, by the count of the API and by our own count.
function mayTry(task) {
  const tried = Math.max(task.retry_count, attempts.get(task.id) ?? 0);
  return !dropped.has(task.id) && tried <= task.max_retries;
}

// The list may be a little old: a task that we have reported already is not new.
function isNew(task) {
  return task.retry_count > (reportedAtRetry.get(task.id) ?? -1);
}

// Put the real work here. Returns the result.
async function doAtSite(task) {
  if (isMeantToFail(task.config)) return { status: "failed", error_message: "The site refused the post" };
  const site = `https://${task.site_name}`;
  const links = { link_profile: `${site}/profile/${task.username}`, link_post: `${site}/post/${task.id}` };
  return { status: "completed", ...links };
}

// Whether a test wants the task to fail: with the config {"simulate": "fail"}.
function isMeantToFail(config) {
  try {
    return JSON.parse(config).simulate === "fail";
  } catch {
    return false;
  }
}

// Returns the result of a task. A task that is done, but not reported yet, is not done again.
async function resultOf(task) {
  const known = results.get(task.id);
  if (known && (task.status === "running" || !reportedAtRetry.has(task.id))) return known;
  attempts.set(task.id, (attempts.get(task.id) ?? 0) + 1);
  const result = await doAtSite(task);
  results.set(task.id, result);
  return result;
}

// Sets many tasks to queued with one request. The answer has one result for each task.
async function queue(tasks) {
  const items = tasks.map((task) => ({ link_id: task.id, status: "queued" }));
  if (items.length === 0) return;
  const answer = await call("PUT", "/tasks/bulk", { items });
  for (const { link_id, success, error } of answer.results) if (!success) drop(link_id, error);
}

// Sets one task to running, does it, and reports its result.
async function doTask(task) {
  if (dropped.has(task.id)) return;
  const update = { link_id: task.id, status: "running" };
  if (task.status !== "running") await call("POST", "/callback/link/update", update);
  const began = performance.now();
  const result = await resultOf(task);
  if ((await runningAfter(Math.max(began, performance.now() - READ_RUNNING_EVERY))).has(task.id)) {
    await report(task, result);
  } else {
    log("WARN", `Task is not ours any more: ${task.id}`);
  }
}

async function report(task, { status, ...fields }) {
  const isDone = async () => !(await runningAfter(performance.now())).has(task.id);
  if (status === "completed") {
    await call("POST", "/callback/link/complete", { link_id: task.id, ...fields }, isDone);
  } else {
    await call("POST", "/callback/link/update", { link_id: task.id, status, ...fields }, isDone);
  }
  reportedAtRetry.set(task.id, task.retry_count);
  log("INFO", `Task ${status}: ${task.id}`);
}

async function doTasks(tasks) {
  for (let task; !stopping && (task = tasks.shift()); ) {
    try {
      await doTask(task);
    } catch (error) {
      if (!(error instanceof RefusedError)) throw error;
      drop(task.id, error.message);
    }
  }
}

// Leaves a refused task alone from now on. It belongs to another server (403), does not exist (404), or cannot get
// this status now.
function drop(id, why) {
  dropped.add(id);
  log("WARN", `Task dropped: ${id}: ${why}`);
}

// Heartbeats and logs: the work goes on if they fail

let logs = [];

function log(level, message) {
  logs.push({ level, message });
}

async function sendLogs() {
  while (logs.length > 0) await post("/logs", { logs: logs.splice(0, MOST_LOGS) });
}

// Sends a heartbeat. Put the values of your machine here.
function heartbeat(activeTasks) {
  const usage = { cpu_usage: 0.0, ram_usage: 0.0, disk_usage: 0.0 };
  const counts = { active_threads: 1, active_tasks: activeTasks };
  return post("/health", { server_name: SERVER_NAME, ip: "127.0.0.1", ...usage, ...counts });
}

async function post(path, body) {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      return await send("POST", path, body);
    } catch (error) {
      if (!(error instanceof TemporaryError)) return console.error(`${path}: ${error.message}`);
    }
    await pause(attempt);
  }
}

// Reads the list once from beginning to end and does its waiting tasks. Returns whether there were any.
async function doTasksOfList(includeReported) {
  let foundTasks = false;
  for await (const page of pages("pending,queued,running", PAGE)) {
    if (stopping) break;
    const tasks = page.filter((task) => mayTry(task) && (includeReported || isNew(task)));
    foundTasks ||= tasks.length > 0;
    await queue(tasks.filter((task) => task.status === "pending"));
    await Promise.all(Array.from({ length: THREADS }, () => doTasks(tasks)));
    if (logs.length >= MOST_LOGS) await sendLogs();
  }
  return foundTasks;
}

async function main() {
  await heartbeat(0);
  const heartbeats = setInterval(() => heartbeat(running.size), HEARTBEAT_EVERY);
  for (let emptyChecks = 0; emptyChecks < CHECKS && !stopping; ) {
    if (emptyChecks > 0) await pause(emptyChecks - 1);
    if (await doTasksOfList(emptyChecks === CHECKS - 1)) emptyChecks = 0;
    else emptyChecks++;
  }
  clearInterval(heartbeats);
  await sendLogs();
  await heartbeat(0);
}

main().catch((error) => {
  console.error(`gave up: ${error.message}`);
  process.exit(1);
});
