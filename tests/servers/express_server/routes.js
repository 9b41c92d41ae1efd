// The worker router: heartbeat, tasks, logs.
import express from 'express';
import { bug, on } from './config.js';
import { db } from './db.js';
import { localTime, id as idView, now, reply, taskView, time } from './format.js';
import { ApiError, notFound } from './errors.js';
import * as schemas from './schemas.js';
import { listTasks, updateTask, updateTasks } from './tasks.js';
import { callbacks } from './callbacks.js';

const startedAt = now();
const HEARTBEAT_FIELDS = ['ip', 'cpu_usage', 'ram_usage', 'disk_usage', 'active_threads', 'active_tasks'];
const saveHeartbeat = db.prepare(`
  UPDATE servers SET last_heartbeat_at = @at, ${HEARTBEAT_FIELDS.map((f) => `${f} = coalesce(@${f}, ${f})`).join(', ')}
  WHERE id = @id
`);
const rename = db.prepare('UPDATE servers SET name = ? WHERE id = ?');
const beaten = new Set();

function health(req, res) {
  const body = schemas.parse(schemas.health, req.body);
  const { server } = req;
  if (bug('health-missing-name-500')) body.server_name.trim();
  if (bug('health-second-beat-500')) {
    if (beaten.has(server.id)) throw new Error('UNIQUE constraint failed: heartbeats.server_id');
    beaten.add(server.id);
  }
  const metrics = Object.fromEntries(HEARTBEAT_FIELDS.map((f) => [f, body[f] ?? null]));
  if (!bug('health-metrics-not-saved')) saveHeartbeat.run({ ...metrics, at: now(), id: server.id });
  let { name } = server;
  if (on('heartbeat-renames-server') && body.server_name) {
    name = body.server_name;
    rename.run(name, server.id);
  }
  const at = bug('health-time-frozen') ? startedAt : now();
  const data = {
    status: 'ok',
    server_id: bug('health-id-is-name') ? name : idView(server.id),
    server_name: name,
    server_time: bug('health-time-local') ? localTime(at) : bug('health-time-epoch') ? at / 1000 : time(at),
  };
  if (on('heartbeat-extra-fields')) Object.assign(data, { interval_seconds: 30, pending_tasks: countPending(server) });
  if (bug('health-content-type-html')) res.type('html');
  reply(res, 200, bug('health-data-unwrapped') ? { success: true, ...data } : { success: true, data });
}

const pendingCount = db.prepare("SELECT count(*) FROM tasks WHERE server_id = ? AND status IN ('pending', 'queued')").pluck();
const countPending = (server) => pendingCount.get(server.id);

function list(req, res) {
  const query = schemas.listQuery(req.query);
  const { rows, more, total } = listTasks(req.server, query);
  const last = rows.at(bug('next-cursor-first-item') ? 0 : -1);
  if (bug('list-empty-404') && rows.length === 0) throw notFound('no tasks');
  let next = last && (more || on('next-cursor-on-last-page')) ? idView(last.id) : null;
  if (on('next-cursor-only-by-cursor') && !query.after) next = null;
  const number = (n) => (bug('list-numbers-as-text') ? String(n) : n);
  const body = {
    server_id: idView(req.server.id),
    server_name: req.server.name,
    data: rows.map(taskView),
    total: bug('list-total-of-page') ? rows.length : total,
    page: number(query.page),
    limit: number(query.limit),
    next_cursor: next,
  };
  if (query.after && on('cursor-page-is-null')) body.page = null;
  if (bug('list-data-not-array') && rows.length === 1) [body.data] = body.data;
  reply(res, 200, body);
}

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;

async function update(req, res) {
  const { id } = req.params;
  if (on('path-id-must-be-uuid') && !UUID.test(id)) throw new ApiError(400, 'invalid_request', { message: 'id is not a UUID' });
  const patch = schemas.parse(schemas.taskUpdate, req.body);
  let outcome;
  try {
    outcome = await updateTask(req.server, id, patch, 'single');
  } catch (err) {
    if (bug('update-unknown-id-500') && err.status === 404) throw new TypeError('task is undefined');
    if (!(bug('update-unknown-id-200') && err.status === 404)) throw err;
    outcome = { task: { id }, changed: false };
  }
  const { task, changed } = outcome;
  const data = { updated: on('updated-tells-change') ? changed : true, link_id: idView(task.id) };
  if (bug('update-updated-is-count')) data.updated = 1;
  if (bug('update-link-id-renamed')) { data.id = data.link_id; delete data.link_id; }
  if (bug('update-link-id-is-request')) data.link_id = idView(task.request_id ?? task.id);
  if (bug('update-204')) return res.status(204).end();
  return reply(res, 200, { success: true, data });
}

function bulk(req, res) {
  const { items } = schemas.parse(schemas.bulkUpdate, req.body);
  const check = (item) => (on('bulk-bad-items-one-by-one') ? schemas.parse(schemas.bulkItem, item) : item);
  const results = updateTasks(req.server, items, check);
  const success = results.filter((r) => r.success).length;
  const body = { total: items.length, success, failed: items.length - success, results };
  if (bug('bulk-success-counts-all')) Object.assign(body, { success: items.length, failed: 0 });
  if (bug('bulk-failed-always-zero')) body.failed = 0;
  if (bug('bulk-total-counts-successes')) body.total = success;
  if (bug('bulk-results-only-failures')) body.results = results.filter((r) => !r.success);
  reply(res, 200, body);
}

const addLog = db.prepare('INSERT INTO logs (server_id, level, message, created_at) VALUES (?, ?, ?, ?)');
const countLogs = db.prepare('SELECT count(*) FROM logs').pluck();

function logs(req, res) {
  let { logs: entries } = schemas.parse(schemas.logBatch, req.body);
  if (on('logs-bad-entries-skipped')) {
    entries = entries.map((e) => schemas.logEntry.safeParse(e)).filter((r) => r.success).map((r) => r.data);
  }
  if (bug('logs-long-message-500') && entries.some((e) => e.message.length > 5000)) throw new Error('Data too long for column');
  if (bug('logs-repeats-dropped')) entries = [...new Map(entries.map((e) => [e.message, e])).values()];
  let created = 0;
  db.transaction(() => {
    for (const entry of entries) {
      if (!bug('logs-not-saved')) addLog.run(req.server.id, entry.level, entry.message, now());
      created += 1;
    }
  })();
  if (bug('logs-created-is-table-size')) created = countLogs.get();
  if (bug('logs-created-off-by-one')) created -= 1;
  reply(res, on('logs-answer-201') ? 201 : 200, { success: true, created: bug('logs-created-as-text') ? String(created) : created });
}

/** 405 instead of 404 for a known path with another method. */
function wrongMethod(allowed) {
  return (req, res) => {
    res.set('Allow', allowed);
    throw new ApiError(405, 'method_not_allowed');
  };
}

export function workerRouter() {
  const router = express.Router({ strict: on('strict-paths'), caseSensitive: on('strict-paths') });
  router.post('/health', health);
  router.get('/tasks', list);
  if (bug('bulk-route-shadowed')) router.put('/tasks/:id', update);
  router.put('/tasks/bulk', bulk);
  router.put('/tasks/:id', update);
  router.post('/logs', logs);
  if (!bug('callbacks-at-old-path')) router.use('/callback', callbacks());
  if (on('precise-http-codes')) {
    router.all('/health', wrongMethod('POST'));
    router.all('/tasks', wrongMethod('GET'));
    router.all('/tasks/:id', wrongMethod('PUT'));
    router.all('/logs', wrongMethod('POST'));
  }
  return router;
}
