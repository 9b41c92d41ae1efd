// A careful worker for the LIKEPION Worker API, in Node 18 or newer without any package.
//
//     LIKEPION_BASE_URL=https://apitest.likepion.com/api/v1/worker \
//     LIKEPION_API_KEY=... LIKEPION_SERVER_NAME=server-01 node worker.js
//
// It goes through the list page by page, some tasks at a time, and tells the API by its callbacks how each one
// ended; then it begins with the first page again, until nothing waits any more, and exits with 0. To try again
// what failed is left to others: a failed task that comes back to pending is done again, max_retries times at most.

"use strict";

const BASE_URL = process.env.LIKEPION_BASE_URL.replace(/\/+$/, "");
const API_KEY = process.env.LIKEPION_API_KEY;
const SERVER_NAME = process.env.LIKEPION_SERVER_NAME;

const HANDS = 8;
const PAGE = 50;
const PATIENCE = 2500; // milliseconds that an answer may be silent
const FIRST_PAUSE = 200;
const LONGEST_PAUSE = 5000;
const GIVE_UP_AFTER = 60000;
const HEARTBEAT_EVERY = 5000;
const LOOK_EVERY = 500;
const LOOKS = 3; // how often it looks before it believes that nothing waits
const MOST_LOGS = 500;

// The API will not do this, now or later: asking again would not help.
class Refused extends Error {}

// No answer, or none to rely on. Asking again may help; what was asked may have been done even so.
class Trouble extends Error {}

const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));

// 0.2 s, 0.4 s, 0.8 s and so on; the chance in it keeps many workers from coming all at once.
function pause(attempt) {
  const longest = Math.min(FIRST_PAUSE * 2 ** attempt, LONGEST_PAUSE);
  return sleep(longest * (0.5 + Math.random() / 2));
}

// The API

let notBefore = 0;

// One request, without a second attempt. Returns the answer's JSON.
async function send(method, path, body) {
  await sleep(notBefore - performance.now());
  const { status, retryAfter, text } = await exchange(method, path, body);
  if (/^\d+$/.test(retryAfter)) notBefore = performance.now() + retryAfter * 1000;
  if (status === 401 || status === 429 || status >= 500) throw new Trouble(`status ${status}`);
  if (status !== 200) throw new Refused(`status ${status}`);
  return parsed(text);
}

async function exchange(method, path, body) {
  const silence = new AbortController();
  const timer = setTimeout(() => silence.abort(), PATIENCE);
  const headers = { "X-API-Key": API_KEY, "Content-Type": "application/json" };
  const options = { method, headers, redirect: "manual", signal: silence.signal };
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
    throw new Trouble(error.cause?.message ?? error.message);
  } finally {
    clearTimeout(timer);
  }
}

function parsed(text) {
  try {
    const answer = JSON.parse(text);
    // What succeeded in a bulk update is a number, and may be 0.
    if ((answer.success ?? answer.data ?? false) !== false) return answer;
  } catch {
    // It is told below.
  }
  throw new Trouble("an answer that is none of the API's");
}

// A request that is repeated, with longer and longer pauses, while there is trouble. Before each further attempt
// `isDone` says whether it was done after all, and only its answer was lost.
async function call(method, path, body, isDone = async () => false) {
  const giveUpAt = performance.now() + GIVE_UP_AFTER;
  for (let attempt = 0; ; attempt++) {
    try {
      return await send(method, path, body);
    } catch (error) {
      if (!(error instanceof Trouble) || performance.now() > giveUpAt) throw error;
    }
    await pause(attempt);
    if (await isDone()) return {};
  }
}

// The server's tasks with a status, each once, page by page; `status` may be several, with commas. A cursor may be
// refused once its task belongs to another server: whoever reads on begins with the first page again.
async function* pages(status, limit) {
  const listed = new Set();
  for (let after = ""; ; ) {
    const page = await call("GET", `/tasks?status=${status}&limit=${limit}${after}`).catch((error) => {
      if (!(error instanceof Refused && after)) throw error;
      return { data: [] };
    });
    const tasks = page.data.filter((task) => !listed.has(task.id) && listed.add(task.id));
    yield tasks;
    if (!page.next_cursor || tasks.length === 0) return;
    after = `&after=${page.next_cursor}`;
  }
}

// What is running, as it was at some time after `since`. All hands share one look.
let looking = Promise.resolve();
let lookedAt = -1;
let running = new Set();

function runningAfter(since) {
  looking = looking.then(async () => {
    if (lookedAt > since) return running;
    const began = performance.now();
    const found = new Set();
    for await (const tasks of pages("running", 500)) tasks.forEach((task) => found.add(task.id));
    lookedAt = began;
    running = found;
    return running;
  });
  return looking;
}

// The tasks

const leftAlone = new Set();
const attempts = new Map(); // how often each task was done at its site in this run
const ends = new Map(); // how each task ended there
const endedAt = new Map(); // its retry_count when the API took down its end

// Not left alone, and at most the first attempt and max_retries more, whoever counts them.
function mayTry(task) {
  const tried = Math.max(task.retry_count, attempts.get(task.id) ?? 0);
  return !leftAlone.has(task.id) && tried <= task.max_retries;
}

// The list may be a little old: what we have ended, as it is there, is no news.
function isNews(task) {
  return task.retry_count > (endedAt.get(task.id) ?? -1);
}

// The work itself, which is only pretended here. Returns how it ended.
async function doAtSite(task) {
  if (isMeantToFail(task.config)) return { status: "failed", error_message: "The site refused the post" };
  const site = `https://${task.site_name}`;
  const links = { link_profile: `${site}/profile/${task.username}`, link_post: `${site}/post/${task.id}` };
  return { status: "completed", ...links };
}

// Whether a test asks for a failure at the site, with the config {"simulate": "fail"}.
function isMeantToFail(config) {
  try {
    return JSON.parse(config).simulate === "fail";
  } catch {
    return false;
  }
}

// How a task ended. What was done at the site and is not taken down yet is not done there again.
async function endOf(task) {
  const known = ends.get(task.id);
  if (known && (task.status === "running" || !endedAt.has(task.id))) return known;
  attempts.set(task.id, (attempts.get(task.id) ?? 0) + 1);
  const end = await doAtSite(task);
  ends.set(task.id, end);
  return end;
}

// The first step of the flow, many tasks at once. Each has its own answer.
async function queue(tasks) {
  const items = tasks.map((task) => ({ link_id: task.id, status: "queued" }));
  if (items.length === 0) return;
  const answer = await call("PUT", "/tasks/bulk", { items });
  for (const { link_id, success, error } of answer.results) if (!success) leaveAlone(link_id, error);
}

// The other steps of the flow: running, and the task's end.
async function doTask(task) {
  if (leftAlone.has(task.id)) return;
  const update = { link_id: task.id, status: "running" };
  if (task.status !== "running") await call("POST", "/callback/link/update", update);
  const begun = performance.now();
  const end = await endOf(task);
  if ((await runningAfter(Math.max(begun, performance.now() - LOOK_EVERY))).has(task.id)) {
    await report(task, end);
  } else {
    log("WARN", `Task not ours to end any more: ${task.id}`);
  }
}

async function report(task, { status, ...result }) {
  const isDone = async () => !(await runningAfter(performance.now())).has(task.id);
  if (status === "completed") {
    await call("POST", "/callback/link/complete", { link_id: task.id, ...result }, isDone);
  } else {
    await call("POST", "/callback/link/update", { link_id: task.id, status, ...result }, isDone);
  }
  endedAt.set(task.id, task.retry_count);
  log("INFO", `Task ${status}: ${task.id}`);
}

async function work(tasks) {
  for (let task; (task = tasks.shift()); ) {
    try {
      await doTask(task);
    } catch (error) {
      if (!(error instanceof Refused)) throw error;
      leaveAlone(task.id, error.message);
    }
  }
}

// Not ours any more (403), gone (404), or against the flow: the others go on.
function leaveAlone(id, why) {
  leftAlone.add(id);
  log("WARN", `Task left alone: ${id}: ${why}`);
}

// What the API is told of the worker: useful, but nothing to stop the work for

let logs = [];

function log(level, message) {
  logs.push({ level, message });
}

async function sendLogs() {
  while (logs.length > 0) await tell("/logs", { logs: logs.splice(0, MOST_LOGS) });
}

// Put in what your machine measures.
function heartbeat(activeTasks) {
  const usage = { cpu_usage: 0.0, ram_usage: 0.0, disk_usage: 0.0 };
  const counts = { active_threads: 1, active_tasks: activeTasks };
  return tell("/health", { server_name: SERVER_NAME, ip: "127.0.0.1", ...usage, ...counts });
}

async function tell(path, body) {
  for (let attempt = 0; attempt < 3; attempt++) {
    try {
      return await send("POST", path, body);
    } catch (error) {
      if (!(error instanceof Trouble)) return console.error(`${path}: ${error.message}`);
    }
    await pause(attempt);
  }
}

// Does all that waits on the list from its beginning to its end; whether there was anything.
async function goThroughTheList(insisting) {
  let found = false;
  for await (const page of pages("pending,queued,running", PAGE)) {
    const tasks = page.filter((task) => mayTry(task) && (insisting || isNews(task)));
    found ||= tasks.length > 0;
    await queue(tasks.filter((task) => task.status === "pending"));
    await Promise.all(Array.from({ length: HANDS }, () => work(tasks)));
    if (logs.length >= MOST_LOGS) await sendLogs();
  }
  return found;
}

async function main() {
  await heartbeat(0);
  const heart = setInterval(() => heartbeat(running.size), HEARTBEAT_EVERY);
  for (let quiet = 0; quiet < LOOKS; ) {
    if (await goThroughTheList(quiet === LOOKS - 1)) quiet = 0;
    else await pause(quiet++);
  }
  clearInterval(heart);
  await sendLogs();
  await heartbeat(0);
}

main().catch((error) => {
  console.error(`gave up: ${error.message}`);
  process.exitCode = 1;
});
