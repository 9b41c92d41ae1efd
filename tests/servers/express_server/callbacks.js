// The callback router: links, requests, accounts.
import express from 'express';
import { bug, on } from './config.js';
import { db } from './db.js';
import { ApiError, badRequest, notFound } from './errors.js';
import { id as idView, reply, time } from './format.js';
import * as schemas from './schemas.js';
import { completeTask, taskById, updateTask } from './tasks.js';

const findRequest = db.prepare('SELECT * FROM requests WHERE id = ?');
const findAccount = db.prepare('SELECT * FROM accounts WHERE id = ?');
const setRequestStatus = db.prepare('UPDATE requests SET status = ? WHERE id = ?');
const setAccountStatus = db.prepare('UPDATE accounts SET status = ? WHERE id = ?');
const hasTaskOf = {
  request: db.prepare('SELECT 1 FROM tasks WHERE request_id = ? AND server_id = ? LIMIT 1'),
  account: db.prepare('SELECT 1 FROM tasks WHERE account_id = ? AND server_id = ? LIMIT 1'),
};

/** The answer about a link; the page shows none for callbacks, so it is that of PUT /tasks/:id. */
function linkAnswer(res, task, changed = true) {
  const data = { updated: on('updated-tells-change') ? changed : true, link_id: idView(task.id) };
  if (on('callback-echoes-resource')) {
    const fresh = taskById(task.id);
    Object.assign(data, {
      status: fresh.status,
      link_profile: fresh.link_profile,
      link_post: fresh.link_post,
      completed_at: time(fresh.completed_at),
      created_links: findRequest.get(fresh.request_id)?.created_links,
    });
  }
  reply(res, 200, { success: true, data });
}

async function linkUpdate(req, res) {
  const { link_id: linkId, ...patch } = schemas.parse(schemas.linkUpdate, req.body);
  if (bug('callback-missing-id-500')) linkId.trim();
  if (on('empty-update-refused') && Object.values(patch).every((v) => v === undefined)) throw badRequest('nothing to update');
  const { task, changed } = await updateTask(req.server, linkId, patch, 'callback', req.anonymous);
  linkAnswer(res, task, changed);
}

async function linkComplete(req, res) {
  const { link_id: linkId, ...links } = schemas.parse(schemas.linkComplete, req.body);
  let task;
  try {
    ({ task } = await completeTask(req.server, linkId, links, req.anonymous));
  } catch (err) {
    if (bug('complete-unknown-id-400') && err.status === 404) throw badRequest('link not found');
    throw err;
  }
  linkAnswer(res, task);
}

function checkShare(kind, row, req) {
  if (!on('callback-share-checked') || req.anonymous) return;
  if (!hasTaskOf[kind].get(row.id, req.server.id)) {
    throw new ApiError(403, 'not_your_task', { message: `no task of this ${kind} belongs to the server` });
  }
}

function requestStatus(req, res) {
  const { request_id: requestId, status } = schemas.parse(schemas.requestStatus, req.body);
  const request = findRequest.get(requestId);
  if (!request && !bug('request-unknown-id-200')) throw notFound('request not found');
  if (request) checkShare('request', request, req);
  if (!bug('request-status-not-saved')) setRequestStatus.run(status, requestId);
  const data = { updated: true, request_id: idView(request?.id ?? requestId) };
  if (on('callback-echoes-resource')) {
    const fresh = findRequest.get(requestId);
    Object.assign(data, { status: fresh?.status, created_links: fresh?.created_links });
  }
  reply(res, 200, { success: true, data });
}

function accountStatus(req, res) {
  const { account_id: accountId, status } = schemas.parse(schemas.accountStatus, req.body);
  const account = findAccount.get(accountId);
  if (bug('account-unknown-id-500') && !account) throw new TypeError('account is undefined');
  if (!account) throw notFound('account not found');
  checkShare('account', account, req);
  if (!bug('account-status-not-saved')) setAccountStatus.run(status, accountId);
  const data = { updated: true, account_id: idView(account.id) };
  if (on('callback-echoes-resource')) data.status = findAccount.get(accountId).status;
  reply(res, 200, { success: true, data });
}

export function callbacks() {
  const router = express.Router({ strict: on('strict-paths'), caseSensitive: on('strict-paths') });
  router.post('/link/update', linkUpdate);
  if (!bug('complete-route-missing')) router.post('/link/complete', linkComplete);
  router.post('/request/status', requestStatus);
  router.post('/account/status', accountStatus);
  return router;
}
