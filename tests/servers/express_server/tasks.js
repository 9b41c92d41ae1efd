// Tasks: the list, updates and completion.
import { setTimeout as sleep } from 'node:timers/promises';
import { bug, on } from './config.js';
import { db } from './db.js';
import { ApiError, badRequest, notFound, notYourTask } from './errors.js';
import { now } from './format.js';

const findTask = db.prepare('SELECT * FROM tasks WHERE id = ?');
const findOwnTask = db.prepare('SELECT id, created_at, status FROM tasks WHERE id = ? AND server_id = ?');

const sameId = (a, b) => a?.toLowerCase() === b?.toLowerCase();

// ---- the list ----

function ordering() {
  if (on('list-by-id')) return { columns: ['t.id'], direction: 'ASC', sign: '>' };
  if (on('list-newest-first')) return { columns: ['t.created_at', 't.id'], direction: 'DESC', sign: '<' };
  return { columns: ['t.created_at', 't.id'], direction: 'ASC', sign: '>' };
}
const ORDER = ordering();
const ORDER_BY = ORDER.columns.map((c) => `${c} ${ORDER.direction}`).join(', ');

/** The SQL condition "after this task", or null to start at the beginning. */
function cursorCondition(server, after, statuses, params) {
  params.cursor_id = after;
  const sign = bug('cursor-repeats-last') ? `${ORDER.sign}=` : ORDER.sign;
  if (on('list-by-id') || bug('cursor-compares-ids')) return `t.id ${sign} @cursor_id`;
  // The task may have left the filter since: it is looked up by its id alone.
  let task = findOwnTask.get(after, server.id);
  if (bug('cursor-lost-after-update') && task && statuses && !statuses.includes(task.status)) return null;
  if (!task) {
    if (on('unknown-cursor-404')) throw notFound('cursor not found');
    if (on('unknown-cursor-starts-over')) return null;
    if (on('unknown-cursor-ends')) return '0';
    throw badRequest('unknown cursor', [{ field: 'after', message: 'unknown task' }]);
  }
  params.cursor_time = task.created_at;
  params.cursor_id = task.id;
  return `(t.created_at, t.id) ${sign} (@cursor_time, @cursor_id)`;
}

function filterConditions(server, query, params) {
  const conditions = ['t.server_id = @server_id'];
  params.server_id = server.id;
  const { status, service_type: serviceType, after } = query;
  if (status && !(bug('cursor-ignores-status') && after)) {
    const names = status.map((s, i) => { params[`status${i}`] = s; return `@status${i}`; });
    conditions.push(`t.status IN (${names.join(', ')})`);
  }
  let sql = conditions.join(' AND ');
  if (serviceType && !bug('list-service-type-ignored') && !(bug('cursor-ignores-service-type') && after)) {
    params.service_type = serviceType;
    if (bug('list-sql-injection')) sql += ` AND t.service_type = '${serviceType}'`;
    else if (bug('list-or-leaks-tasks')) sql += ' OR t.service_type = @service_type';
    else if (bug('list-service-type-prefix')) sql += " AND t.service_type LIKE @service_type || '%'";
    else sql += ' AND t.service_type = @service_type';
  }
  return sql;
}

function countTasks(where, params, server) {
  if (bug('list-total-unfiltered')) {
    return db.prepare('SELECT count(*) FROM tasks WHERE server_id = ?').pluck().get(server.id);
  }
  if (bug('list-total-of-all-servers')) where = where.replace('t.server_id = @server_id', '@server_id IS NOT NULL');
  return db.prepare(`SELECT count(*) FROM tasks t WHERE ${where}`).pluck().get(params);
}

/** Rows of one page with the total of the whole filter and whether more follow. */
export const listTasks = db.transaction((server, query) => {
  const params = {};
  const where = filterConditions(server, query, params);
  const total = countTasks(where, { ...params }, server);

  let { limit } = query;
  if (bug('list-limit-ignored')) limit = 100;
  if (bug('list-limit-capped-at-100')) limit = Math.min(limit, 100);
  let offset = query.after ? 0 : (query.page - 1) * limit;
  let pageWhere = where;
  if (query.after) {
    const after = cursorCondition(server, query.after, query.status, params);
    if (after) pageWhere = `(${where}) AND ${after}`;
    if (bug('cursor-skips-one')) offset = 1;
  } else {
    if (bug('list-page-counts-from-zero')) offset = query.page * limit;
    if (bug('list-pages-overlap') && query.page > 1) offset -= 1;
  }
  params.take = bug('list-page-one-short') ? limit : limit + 1;
  params.offset = offset;
  const rows = db.prepare(`
    SELECT t.*, r.name AS request_name, r.website AS request_website, r.type AS type_request, r.auction_price
    FROM tasks t LEFT JOIN requests r ON r.id = t.request_id
    WHERE ${pageWhere}
    ORDER BY ${ORDER_BY}
    LIMIT @take OFFSET @offset
  `).all(params);
  const size = bug('list-page-one-short') ? limit - 1 : limit;
  return { rows: rows.slice(0, size), more: rows.length > size, total };
});

// ---- updates ----

const FLOW = {
  pending: ['queued'],
  queued: ['running'],
  running: ['completed', 'failed', 'canceled'],
  failed: ['pending'],
  completed: [],
  canceled: [],
};

function checkFlow(from, to) {
  if (to === undefined || to === null || from === to) return;
  if (on('status-flow-enforced') && !FLOW[from]?.includes(to)) throw new ApiError(400, 'invalid_transition');
  if (on('finished-tasks-closed') && ['completed', 'canceled'].includes(from)) {
    throw new ApiError(400, 'invalid_transition');
  }
  if (bug('update-retry-refused') && from === 'failed') throw new ApiError(400, 'invalid_transition');
}

const escapeHtml = (s) => s.replace(/&/g, '&amp;').replace(/</g, '&lt;').replace(/>/g, '&gt;').replace(/"/g, '&quot;');

/** The database value of a field; most text faults live here. */
function column(field, value) {
  if (field === 'is_indexed') return bug('update-is-indexed-500') ? value : value ? 1 : 0;
  if (value === null) return field.startsWith('link_') ? '' : null;
  if (field === 'status') return value;
  let text = value;
  if (bug('text-surrogate-500') && !text.isWellFormed()) encodeURIComponent(text); // URIError
  if (bug('text-emoji-500') && /[\u{10000}-\u{10ffff}]/u.test(text)) throw new Error('Incorrect string value');
  if (bug('text-long-500') && text.length > 1000) throw new Error('Data too long for column');
  if (bug('text-emoji-lost')) text = text.replace(/[\u{10000}-\u{10ffff}]/gu, '?');
  if (bug('text-non-ascii-lost')) text = text.replace(/[^\x00-\x7f]/g, '?');
  if (bug('text-truncated-255')) text = text.slice(0, 255);
  if (bug('text-html-escaped')) text = escapeHtml(text);
  if (field.startsWith('link_')) {
    if (bug('link-lower-cased')) text = text.toLowerCase();
    if (bug('link-percent-decoded')) {
      try { text = decodeURIComponent(text); } catch { /* kept */ }
    }
    if (bug('link-query-dropped')) [text] = text.split('?');
  }
  return text;
}

const FIELDS = ['status', 'link_profile', 'link_post', 'error_message', 'note', 'is_indexed'];

/** Column values of a patch: only the fields that were sent. */
function columnsOf(patch, task, op) {
  const set = {};
  for (const field of FIELDS) {
    const value = patch[field];
    if (value === undefined || (field === 'status' && value === null)) continue;
    if (field === 'link_post' && (bug('update-link-post-dropped') || (bug('callback-link-post-dropped') && op === 'callback'))) continue;
    if (field === 'link_profile' && bug('bulk-link-profile-dropped') && op === 'bulk') continue;
    if (field.startsWith('link_') && bug('complete-links-dropped') && op === 'complete') continue;
    set[field] = column(field, value);
  }
  if (bug('callback-absent-cleared') && op === 'callback') {
    set.link_profile ??= '';
    set.link_post ??= '';
  }
  if (set.status === 'running' && task.started_at === null && !on('started-at-left-alone')) set.started_at = now();
  if (set.status === 'completed' && !bug('completed-at-not-set')) set.completed_at = now();
  if (set.status === 'pending' && task.status === 'failed' && on('retry-counted')) set.retry_count = task.retry_count + 1;
  if (set.status === 'failed' && on('failed-retried-at-once') && task.retry_count < task.max_retries) {
    set.status = 'pending';
    set.retry_count = task.retry_count + 1;
  }
  if (bug('complete-status-kept') && op === 'complete') delete set.status;
  return set;
}

function ownershipChecked(op, patch, anonymous) {
  if (anonymous) return false;
  if (bug('update-owner-unchecked')) return op !== 'single';
  if (bug('update-owner-unchecked-without-status')) return patch.status !== undefined;
  if (bug('bulk-owner-unchecked')) return op !== 'bulk';
  if (bug('callback-owner-unchecked')) return op !== 'callback';
  if (bug('complete-owner-unchecked')) return op !== 'complete';
  return true;
}

/** The task, if it exists and the server may change it. */
function ownedTask(server, id, patch, op, anonymous) {
  const task = findTask.get(id);
  if (!task) throw notFound('task not found');
  if (ownershipChecked(op, patch, anonymous) && !sameId(task.server_id, server.id)) {
    if (bug('foreign-task-404')) throw notFound('task not found');
    if (bug('foreign-task-401')) throw new ApiError(401, 'not_your_task');
    throw notYourTask();
  }
  return task;
}

function write(task, set) {
  if (Object.keys(set).length === 0) return;
  const assignments = Object.keys(set).map((c) => `${c} = @${c}`);
  const where = bug('update-hits-siblings')
    ? 'request_id = @request_id AND server_id = @server_id'
    : 'id = @id';
  db.prepare(`UPDATE tasks SET ${assignments.join(', ')}, updated_at = @updated_at WHERE ${where}`)
    .run({ request_id: task.request_id, server_id: task.server_id, ...set, updated_at: now(), id: task.id });
}

const countLink = db.prepare('UPDATE requests SET created_links = created_links + 1 WHERE id = ?');

function changeTask(server, id, patch, op, anonymous = false) {
  const task = ownedTask(server, id, patch, op, anonymous);
  if (op !== 'complete') checkFlow(task.status, patch.status);
  const set = columnsOf(patch, task, op);
  write(task, set);
  if (on('created-links-on-any-completion') && op !== 'complete' && patch.status === 'completed' && task.status !== 'completed') {
    countLink.run(task.request_id);
  }
  const changed = Object.keys(set).some((c) => set[c] !== task[c]);
  return { task, changed };
}

class Rollback extends Error {}

/** Runs fn in a transaction; with undo, it is never committed. */
function inTransaction(fn, undo = false) {
  let result;
  try {
    db.transaction(() => {
      result = fn();
      if (undo) throw new Rollback();
    })();
  } catch (err) {
    if (!(err instanceof Rollback)) throw err;
  }
  return result;
}

let writing = false;

/** PUT /tasks/:id and POST /callback/link/update (op: single, callback). */
export async function updateTask(server, id, patch, op, anonymous) {
  if (bug('update-lost-in-race') && op === 'single') {
    // Read, wait, write the whole row back.
    const task = ownedTask(server, id, patch, op);
    await sleep(60);
    const whole = Object.fromEntries(['status', 'link_profile', 'link_post', 'error_message', 'note'].map((c) => [c, task[c]]));
    write(task, { ...whole, ...columnsOf(patch, task, op) });
    return { task, changed: true };
  }
  if (bug('update-busy-500') && op === 'single') {
    if (writing) throw new Error('SQLITE_BUSY: database is locked');
    writing = true;
    try { await sleep(40); } finally { writing = false; }
  }
  const undo = (bug('update-not-committed') && op === 'single') || (bug('callback-not-committed') && op === 'callback');
  return inTransaction(() => changeTask(server, id, patch, op, anonymous), undo);
}

/** PUT /tasks/bulk: one transaction, a result for each item; check(item) may throw for a bad item. */
export function updateTasks(server, items, check) {
  const results = [];
  let previous = {};
  let stopped = false;
  const applied = bug('bulk-remainder-lost') && items.length > 100 ? items.length - (items.length % 100) : items.length;
  const run = () => items.forEach((raw, index) => {
    if (stopped) return;
    const id = raw?.link_id;
    try {
      const item = check(raw);
      const { link_id: linkId, ...fields } = item;
      const patch = bug('bulk-fields-leak') ? { ...previous, ...fields } : fields;
      previous = Object.fromEntries(Object.entries(patch).filter(([, v]) => v !== undefined));
      if (index < applied) changeTask(server, linkId, patch, 'bulk');
      results.push({ link_id: id, success: true });
    } catch (err) {
      if (!(err instanceof ApiError)) throw err;
      if (bug('bulk-foreign-fails-all') && err.code === 'not_your_task') throw err;
      if (bug('bulk-unknown-id-500') && err.code === 'not_found') throw new TypeError('task is undefined');
      const error = bug('bulk-error-code-wrong') && err.code === 'not_your_task' ? 'forbidden' : err.code;
      results.push({ link_id: id ?? null, success: bug('bulk-failure-reported-as-success'), ...(!bug('bulk-failure-reported-as-success') && { error }) });
      if (bug('bulk-stops-at-failure')) stopped = true;
    }
  });
  const undo = () => bug('bulk-rolled-back-by-failure') && results.some((r) => !r.success);
  try {
    db.transaction(() => { run(); if (undo()) throw new Rollback(); })();
  } catch (err) {
    if (!(err instanceof Rollback)) throw err;
  }
  return results;
}

const readCount = db.prepare('SELECT created_links FROM requests WHERE id = ?').pluck();
const writeCount = db.prepare('UPDATE requests SET created_links = ? WHERE id = ?');

/** POST /callback/link/complete. A task counts once, however often it is completed. */
export async function completeTask(server, id, links, anonymous) {
  const before = bug('created-links-lost-in-race') ? readCount.get(findTask.get(id)?.request_id) : 0;
  if (bug('created-links-lost-in-race')) await sleep(40);
  return inTransaction(() => {
    const { task } = changeTask(server, id, { ...links, status: 'completed' }, 'complete', anonymous);
    const first = task.status !== 'completed';
    if (!first && on('complete-twice-refused')) throw badRequest('task is already completed');
    if (bug('created-links-lost-in-race')) writeCount.run(before + 1, task.request_id);
    else if (!bug('created-links-not-raised') && (first || on('complete-counts-each-call'))) countLink.run(task.request_id);
    if (bug('created-links-raised-twice') && first) countLink.run(task.request_id);
    return { task };
  }, bug('complete-not-committed'));
}

export const taskById = (id) => findTask.get(id);
