// X-API-Key authentication.
import { bug } from './config.js';
import { db } from './db.js';
import { ApiError, unauthorized } from './errors.js';

const WHERE_KEY = bug('key-like-match') ? 'api_key LIKE ?' : bug('key-case-blind') ? 'api_key = ? COLLATE NOCASE' : 'api_key = ?';
const byKey = db.prepare(`SELECT * FROM servers WHERE ${WHERE_KEY}`);
const anyServer = db.prepare("SELECT * FROM servers WHERE status IN ('online', 'active') LIMIT 1");

const isBulk = (req) => /\/tasks\/bulk\/?$/.test(req.path);

function mayWork(server, req) {
  if (bug('inactive-server-accepted')) return true;
  if (bug('inactive-accepted-in-bulk') && isBulk(req)) return true;
  if (bug('active-server-refused')) return server.status === 'online';
  return ['online', 'active'].includes(server.status);
}

/** Paths that a planted fault leaves open. */
function isOpen(req) {
  if (bug('auth-skipped-health')) return req.path === '/health';
  if (bug('auth-skipped-logs')) return req.path === '/logs';
  if (bug('auth-skipped-callbacks')) return req.path.startsWith('/callback/');
  if (bug('auth-skipped-request-status')) return req.path === '/callback/request/status';
  return false;
}

export function authenticate(req, res, next) {
  let key = req.get('X-API-Key');
  if (bug('key-in-query')) key ??= req.query.api_key;
  if (!key && isOpen(req)) {
    req.server = anyServer.get();
    req.anonymous = true;
    return next();
  }
  if (!key) throw bug('missing-key-400') ? new ApiError(400, 'invalid_request') : unauthorized();
  const server = byKey.get(key);
  if (bug('unknown-key-500')) void server.id; // a TypeError for an unknown key
  if (!server) throw bug('unknown-key-403') ? new ApiError(403, 'unauthorized') : unauthorized();
  if (!mayWork(server, req)) throw bug('inactive-server-403') ? new ApiError(403, 'unauthorized') : unauthorized();
  req.server = server;
  return next();
}
