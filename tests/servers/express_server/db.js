// The SQLite database (in memory, fresh at each start) and the loading of the data file.
import { readFileSync } from 'node:fs';
import Database from 'better-sqlite3';
import { on } from './config.js';

export const db = new Database(':memory:');

// UUIDs are the same in either case (RFC 9562), so the id columns compare without case.
const ID = on('ids-exact-case') ? 'TEXT' : 'TEXT COLLATE NOCASE';

db.exec(`
  CREATE TABLE servers (
    id ${ID} PRIMARY KEY,
    name TEXT NOT NULL,
    api_key TEXT NOT NULL UNIQUE,
    status TEXT NOT NULL,
    last_heartbeat_at INTEGER,
    ip TEXT, cpu_usage REAL, ram_usage REAL, disk_usage REAL,
    active_threads INTEGER, active_tasks INTEGER
  );
  CREATE TABLE accounts (id ${ID} PRIMARY KEY, status TEXT NOT NULL);
  CREATE TABLE requests (
    id ${ID} PRIMARY KEY,
    name TEXT, website TEXT, type TEXT, auction_price REAL,
    status TEXT NOT NULL,
    created_links INTEGER NOT NULL DEFAULT 0
  );
  CREATE TABLE tasks (
    id ${ID} PRIMARY KEY,
    server_id ${ID} REFERENCES servers(id),
    request_id ${ID} REFERENCES requests(id),
    account_id ${ID} REFERENCES accounts(id),
    service_type TEXT, site_id ${ID}, site_name TEXT,
    email TEXT, username TEXT, password TEXT, about TEXT,
    link_profile TEXT, link_post TEXT,
    status TEXT NOT NULL DEFAULT 'pending',
    retry_count INTEGER NOT NULL DEFAULT 0,
    max_retries INTEGER NOT NULL DEFAULT 3,
    details TEXT, config TEXT,
    error_message TEXT, note TEXT, is_indexed INTEGER NOT NULL DEFAULT 0,
    started_at INTEGER, completed_at INTEGER,
    created_at INTEGER NOT NULL, updated_at INTEGER
  );
  CREATE INDEX tasks_by_server ON tasks (server_id, status, created_at, id);
  CREATE TABLE logs (
    id INTEGER PRIMARY KEY,
    server_id ${ID} REFERENCES servers(id),
    level TEXT NOT NULL,
    message TEXT NOT NULL,
    created_at INTEGER NOT NULL
  );
`);

/** Milliseconds of a time in the data file; a time without an offset is UTC. */
function millis(value) {
  if (value === null || value === undefined || value === '') return null;
  if (typeof value === 'number') return value;
  const text = String(value);
  const ms = Date.parse(/(Z|[+-]\d\d:?\d\d)$/i.test(text) ? text : `${text}Z`);
  if (Number.isNaN(ms)) throw new Error(`not a time in the data file: ${value}`);
  return ms;
}

const jsonText = (v) => (v === null || v === undefined ? null : JSON.stringify(v));
const plainText = (v) => (v === null || v === undefined ? null : typeof v === 'string' ? v : JSON.stringify(v));

function inserter(table, columns) {
  return db.prepare(
    `INSERT INTO ${table} (${columns.join(', ')}) VALUES (${columns.map((c) => `@${c}`).join(', ')})`,
  );
}

const TASK_COLUMNS = [
  'id', 'server_id', 'request_id', 'account_id', 'service_type', 'site_id', 'site_name', 'email', 'username',
  'password', 'about', 'link_profile', 'link_post', 'status', 'retry_count', 'max_retries', 'details', 'config',
  'error_message', 'note', 'is_indexed', 'started_at', 'completed_at', 'created_at', 'updated_at',
];

/** Loads the data file in one transaction. */
export function loadData(file) {
  const data = JSON.parse(readFileSync(file, 'utf8'));
  const server = inserter('servers', ['id', 'name', 'api_key', 'status']);
  const account = inserter('accounts', ['id', 'status']);
  const request = inserter('requests', ['id', 'name', 'website', 'type', 'auction_price', 'status', 'created_links']);
  const task = inserter('tasks', TASK_COLUMNS);
  db.transaction(() => {
    for (const s of data.servers) server.run(s);
    for (const a of data.accounts ?? []) account.run(a);
    for (const r of data.requests ?? []) {
      request.run({
        id: r.id, name: r.name ?? null, website: r.website ?? null, type: r.type ?? null,
        auction_price: r.auction_price ?? null, status: r.status ?? 'pending', created_links: r.created_links ?? 0,
      });
    }
    for (const t of data.tasks ?? []) {
      const row = Object.fromEntries(TASK_COLUMNS.map((c) => [c, t[c] ?? null]));
      task.run({
        ...row,
        status: t.status ?? 'pending',
        retry_count: t.retry_count ?? 0,
        max_retries: t.max_retries ?? 3,
        details: jsonText(t.details),
        config: plainText(t.config),
        is_indexed: t.is_indexed ? 1 : 0,
        started_at: millis(t.started_at),
        completed_at: millis(t.completed_at),
        created_at: millis(t.created_at) ?? Date.now(),
        updated_at: millis(t.updated_at),
      });
    }
  })();
}
