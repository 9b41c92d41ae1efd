// How values and bodies look on the wire.
import { gzipSync } from 'node:zlib';
import { bug, on } from './config.js';


/** Vietnamese wall clock without an offset: what a naive driver would print. */
export function localTime(ms) {
  return new Date(ms + 7 * 3600_000).toISOString().slice(0, 19);
}

/** RFC 3339 text of a time in milliseconds; whole seconds have no fraction. */
export function time(ms) {
  if (ms === null || ms === undefined) return null;
  const iso = new Date(ms).toISOString();
  if (on('time-millis')) return iso;
  const short = iso.replace('.000Z', 'Z');
  if (on('time-utc-offset')) return short.replace('Z', '+00:00');
  if (on('time-vietnam-offset')) {
    return new Date(ms + 7 * 3600_000).toISOString().replace('.000Z', 'Z').replace('Z', '+07:00');
  }
  return short;
}

/** Now, in whole seconds. */
export const now = () => Math.floor(Date.now() / 1000) * 1000;

export const id = (value) => (value && on('ids-upper-case') ? value.toUpperCase() : value);

const link = (value) => (value ? value : on('absent-links-null') ? null : '');

function price(value) {
  if (value === null) return null;
  if (bug('list-price-string')) return value.toFixed(2);
  if (bug('list-price-int')) return Math.trunc(value);
  return value;
}

/** A task as GET /tasks shows it, in the order of the page. */
export function taskView(row) {
  const view = {
    id: id(row.id),
    request_id: id(row.request_id),
    service_type: row.service_type,
    site_id: id(row.site_id),
    site_name: row.site_name,
    email: row.email,
    username: row.username,
    password: bug('list-password-masked') ? '******' : row.password,
    about: row.about,
    link_profile: link(row.link_profile),
    link_post: link(row.link_post),
    status: row.status,
    retry_count: row.retry_count,
    max_retries: row.max_retries,
    details: row.details === null ? null : JSON.parse(row.details),
    started_at: time(row.started_at),
    created_at: bug('list-created-at-local') ? localTime(row.created_at) : time(row.created_at),
    request_name: row.request_name,
    request_website: bug('list-website-is-name') ? row.request_name : row.request_website,
    type_request: row.type_request,
    auction_price: price(row.auction_price),
    config: row.config,
  };
  if (bug('list-config-object')) {
    try { view.config = JSON.parse(row.config); } catch { view.config = {}; }
  }
  if (bug('list-camel-case-field')) {
    view.requestName = view.request_name;
    delete view.request_name;
  }
  if (bug('list-nulls-omitted')) {
    for (const key of Object.keys(view)) if (view[key] === null) delete view[key];
  }
  if (on('task-extra-fields')) {
    Object.assign(view, {
      server_id: id(row.server_id),
      account_id: id(row.account_id),
      error_message: row.error_message,
      note: row.note,
      is_indexed: row.is_indexed === 1,
      completed_at: time(row.completed_at),
      updated_at: time(row.updated_at),
    });
  }
  return view;
}

/** Sends a JSON body. */
export function reply(res, status, body) {
  res.status(status);
  let text = JSON.stringify(body, null, on('json-pretty') ? 2 : 0);
  if (on('json-ascii')) {
    text = text.replace(/[\u0080-\uffff]/g, (c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`);
  }
  const type = res.get('Content-Type') ?? 'application/json';
  if (on('gzip-answers') && res.req.acceptsEncodings('gzip')) {
    res.set('Content-Encoding', 'gzip').vary('Accept-Encoding');
    res.set('Content-Type', type.includes('charset') ? type : `${type}; charset=utf-8`);
    return res.send(gzipSync(text));
  }
  if (on('json-type-without-charset')) {
    // Express adds a charset to text bodies, not to buffers.
    res.setHeader('Content-Type', type.split(';')[0]);
    return res.send(Buffer.from(text));
  }
  res.type(type);
  return res.send(text);
}
