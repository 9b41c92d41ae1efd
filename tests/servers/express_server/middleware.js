// Middleware that only variants and faults need.
import { setTimeout as sleep } from 'node:timers/promises';
import { bug, on } from './config.js';

/** Headers and delays of the legal variants. */
export async function habits(req, res, next) {
  if (on('security-headers')) {
    res.set({
      'X-Content-Type-Options': 'nosniff',
      'Strict-Transport-Security': 'max-age=31536000',
      'Cache-Control': 'no-store',
      'Access-Control-Allow-Origin': '*',
      'X-Request-Id': Math.random().toString(36).slice(2),
    });
  }
  if (on('connection-closed-after-answer')) res.set('Connection', 'close');
  if (on('slow-answers')) await sleep(30 + Math.random() * 120);
  next();
}

const cache = new Map();

/** Fault: a response cache in front of the list. */
export function listCache(req, res, next) {
  const stale = bug('list-cached-after-update');
  const shared = bug('list-cache-shared-by-servers');
  if (!stale && !shared) return next();
  if (req.method !== 'GET') {
    if (shared) cache.clear();
    return next();
  }
  const key = shared ? req.originalUrl : `${req.server.id} ${req.originalUrl}`;
  const hit = cache.get(key);
  if (hit && hit.until > Date.now()) return res.type('json').send(hit.text);
  const { send } = res;
  res.send = (text) => {
    if (res.statusCode === 200) cache.set(key, { text, until: Date.now() + 30_000 });
    return send.call(res, text);
  };
  return next();
}

let free = 10;

/** Fault: a pool of ten connections; an answer 404 never gives its connection back. */
export async function leakyPool(req, res, next) {
  if (!bug('pool-leaks-on-404')) return next();
  for (let i = 0; free === 0 && i < 10; i += 1) await sleep(100);
  if (free === 0) throw new Error('timeout: no free connection in the pool');
  free -= 1;
  res.on('close', () => { if (res.statusCode !== 404) free += 1; });
  return next();
}
