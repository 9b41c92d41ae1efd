// zod schemas of all bodies and of the list's query.
import { z } from 'zod';
import { bug, on } from './config.js';
import { badRequest } from './errors.js';

export const TASK_STATUSES = ['pending', 'queued', 'running', 'completed', 'failed', 'canceled'];
const LOG_LEVELS = ['INFO', 'WARN', 'ERROR', 'DEBUG'];
const REQUEST_STATUSES = ['pending', 'queued', 'active', 'running', 'processing', 'paused', 'completed', 'failed', 'canceled'];
const ACCOUNT_STATUSES = ['active', 'inactive', 'pending', 'locked', 'banned', 'failed', 'disabled'];
export const DEFAULT_STATUSES = ['pending', 'queued'];

// ---- building blocks ----

const object = (shape) => (on('unknown-fields-refused') ? z.strictObject(shape) : z.object(shape));

function optional(schema) {
  if (on('null-ignored')) return schema.nullish().transform((v) => v ?? undefined);
  if (on('null-clears')) return schema.nullish();
  return schema.optional();
}

/** For the heartbeat: the page does not say which fields must be there. */
const heartbeatField = (schema) => (on('heartbeat-fields-required') ? schema : optional(schema));

const converting = (convert, schema) => (on('types-converted') ? z.preprocess(convert, schema) : schema);
const toText = (v) => (typeof v === 'number' || typeof v === 'boolean' ? String(v) : v);
const toNumber = (v) => (typeof v === 'string' && v.trim() !== '' && !Number.isNaN(Number(v)) ? Number(v) : v);
const BOOLEANS = new Map([['true', true], ['1', true], ['false', false], ['0', false]]);
const toBoolean = (v) => BOOLEANS.get(String(v).toLowerCase()) ?? v;

function text({ min = 0, max } = {}) {
  let schema = z.string().min(min);
  if (on('text-length-limited') && max) schema = schema.max(max);
  if (on('ill-formed-text-refused')) schema = schema.refine((v) => v.isWellFormed(), 'not well-formed Unicode');
  return converting(toText, schema);
}

function isWebUrl(value) {
  if (value === '') return true;
  return /^https?:$/.test(URL.canParse(value) ? new URL(value).protocol : '');
}
const link = () => (on('links-must-be-urls') ? text({ max: 2048 }).refine(isWebUrl, 'not a URL') : text({ max: 2048 }));

function metric() {
  let schema = z.number();
  if (bug('health-fraction-refused')) schema = z.int();
  if (on('metrics-in-range')) schema = schema.min(0).max(100);
  return converting(toNumber, schema);
}
function count() {
  let schema = z.int();
  if (bug('health-zero-refused')) schema = schema.positive();
  else if (on('metrics-in-range')) schema = schema.min(0);
  return converting(toNumber, schema);
}

function taskStatus() {
  if (bug('update-status-unchecked')) return z.string();
  let allowed = TASK_STATUSES;
  if (bug('canceled-misspelt')) allowed = allowed.map((s) => (s === 'canceled' ? 'cancelled' : s));
  if (bug('update-status-too-wide')) allowed = [...allowed, 'retry'];
  if (bug('update-queued-refused')) allowed = allowed.filter((s) => s !== 'queued');
  const schema = z.enum(allowed);
  return on('status-any-case') ? z.preprocess((v) => (typeof v === 'string' ? v.toLowerCase() : v), schema) : schema;
}

/** guid: any 8-4-4-4-12 hex id, whatever its version bits. */
const callbackId = () => (on('callback-any-id-text') ? z.string().min(1) : z.guid());

const taskFields = () => ({
  status: optional(taskStatus()),
  link_profile: optional(link()),
  link_post: optional(link()),
  error_message: optional(text({ max: 5000 })),
  note: optional(text({ max: 5000 })),
  is_indexed: optional(converting(toBoolean, z.boolean())),
});

// ---- bodies ----

export const health = object({
  server_name: heartbeatField(text({ max: 255 })),
  ip: heartbeatField(on('ip-checked') ? z.union([z.ipv4(), z.ipv6()]) : text({ max: 255 })),
  cpu_usage: heartbeatField(metric()),
  ram_usage: heartbeatField(metric()),
  disk_usage: heartbeatField(metric()),
  active_threads: heartbeatField(count()),
  active_tasks: heartbeatField(count()),
});

const atLeastOne = (v) => Object.values(v).some((field) => field !== undefined);
export const taskUpdate = on('empty-update-refused')
  ? object(taskFields()).refine(atLeastOne, 'nothing to update')
  : object(taskFields());

export const bulkItem = object({
  link_id: on('bulk-ids-must-be-uuids') ? z.guid() : z.string().min(1),
  ...taskFields(),
});

function batch(item, bugs) {
  let max = 500;
  if (bug(bugs.low)) max = 499;
  if (bug(bugs.high)) max = 501;
  return z.array(item).min(on('empty-batch-accepted') ? 0 : 1).max(max);
}

function noRepeats({ items }, ctx) {
  const ids = items.map((i) => String(i?.link_id).toLowerCase());
  if (new Set(ids).size < ids.length) ctx.addIssue({ code: 'custom', path: ['items'], message: 'repeated link_id' });
}
const bulkShape = object({
  items: batch(on('bulk-bad-items-one-by-one') ? z.unknown() : bulkItem, { low: 'bulk-500-refused', high: 'bulk-501-accepted' }),
});
export const bulkUpdate = on('bulk-repeated-ids-refused') ? bulkShape.superRefine(noRepeats) : bulkShape;

function logLevel() {
  let allowed = LOG_LEVELS;
  if (bug('logs-debug-refused')) allowed = allowed.filter((l) => l !== 'DEBUG');
  if (bug('logs-warn-misnamed')) allowed = allowed.map((l) => (l === 'WARN' ? 'WARNING' : l));
  if (bug('logs-level-too-wide')) allowed = [...allowed, 'FATAL'];
  const schema = z.enum(allowed);
  const level = on('log-level-any-case') ? z.preprocess((v) => (typeof v === 'string' ? v.toUpperCase() : v), schema) : schema;
  return on('log-level-defaults-to-info') ? level.default('INFO') : level;
}
export const logEntry = object({ level: logLevel(), message: text({ min: 1, max: 10_000 }) });
export const logBatch = object({
  logs: batch(on('logs-bad-entries-skipped') ? z.unknown() : logEntry, { low: 'logs-500-refused', high: 'logs-501-accepted' }),
});

export const linkUpdate = object({
  link_id: bug('callback-missing-id-500') ? z.string().optional() : callbackId(),
  ...taskFields(),
  ...(bug('callback-status-required') && { status: taskStatus() }),
});
export const linkComplete = object({
  link_id: callbackId(),
  link_profile: optional(link()),
  link_post: optional(link()),
});
export const requestStatus = object({
  request_id: callbackId(),
  status: on('entity-status-enumerated') ? z.enum(REQUEST_STATUSES) : text({ min: 1, max: 50 }),
});
export const accountStatus = object({
  account_id: callbackId(),
  status: on('entity-status-enumerated') ? z.enum(ACCOUNT_STATUSES) : text({ min: 1, max: 50 }),
});

// ---- the list's query ----

function pageNumber() {
  const schema = bug('list-odd-page-500') ? z.coerce.number().min(1) : z.coerce.number().int().min(1);
  return on('bad-paging-defaults') ? schema.catch(1).default(1) : schema.default(1);
}
function pageSize() {
  const fallback = bug('list-default-limit-50') ? 50 : 100;
  let schema = z.coerce.number().int().min(1);
  if (on('limit-clamped')) schema = schema.transform((n) => Math.min(n, 1000));
  else if (bug('list-limit-1000-refused')) schema = schema.lt(1000);
  else if (!bug('list-limit-unbounded')) schema = schema.max(1000);
  return on('bad-paging-defaults') ? schema.catch(fallback).default(fallback) : schema.default(fallback);
}

/** The status filter: a comma list. Undefined means no filter at all. */
const statusFilter = z.string().optional().transform((value, ctx) => {
  const defaults = () => {
    if (bug('list-default-all')) return undefined;
    return bug('list-default-pending-only') ? ['pending'] : DEFAULT_STATUSES;
  };
  if (value === undefined) return defaults();
  let names = value.split(',').map((s) => s.trim()).filter(Boolean);
  if (on('status-any-case')) names = names.map((s) => s.toLowerCase());
  if (names.length === 0) {
    if (on('empty-status-means-all')) return undefined;
    return on('empty-status-means-none') ? [] : defaults();
  }
  if (bug('list-first-status-only')) names = names.slice(0, 1);
  const known = bug('canceled-misspelt') ? TASK_STATUSES.map((s) => s.replace('canceled', 'cancelled')) : TASK_STATUSES;
  const wrong = names.find((s) => !known.includes(s));
  if (wrong !== undefined && !on('unknown-status-matches-none')) {
    ctx.addIssue({ code: 'custom', message: `unknown status: ${wrong}` });
    return z.NEVER;
  }
  return names;
});

const blankIsAbsent = z.string().optional().transform((v) => v || undefined);
const listShape = object({
  page: pageNumber(),
  limit: pageSize(),
  after: blankIsAbsent,
  status: statusFilter,
  service_type: blankIsAbsent,
});

export function listQuery(query) {
  let flat = { ...query };
  if (on('repeated-parameters-accepted')) {
    const join = ([k, v]) => [k, Array.isArray(v) ? (k === 'status' ? v.join(',') : v.at(-1)) : v];
    flat = Object.fromEntries(Object.entries(flat).map(join));
  }
  return parse(listShape, flat);
}

/** Parses or throws a 400 that names the fields. */
export function parse(schema, input) {
  const value = input === undefined && on('missing-body-read-as-empty') ? {} : input;
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  throw badRequest(
    undefined,
    result.error.issues.map((i) => ({ field: i.path.join('.'), message: i.message })),
  );
}
