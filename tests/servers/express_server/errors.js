// API errors and the one place where they become HTTP answers.
import { randomUUID } from 'node:crypto';
import { bug, on } from './config.js';
import { reply } from './format.js';

const MESSAGES = {
  invalid_request: 'Request is not valid',
  unauthorized: 'API key is not valid or the server is not active',
  not_your_task: 'Task belongs to another server',
  not_found: 'Resource not found',
  invalid_transition: 'Status cannot change in this way',
  method_not_allowed: 'Method not allowed',
  internal_error: 'Internal server error',
};

export class ApiError extends Error {
  constructor(status, code, { message, details } = {}) {
    super(message ?? MESSAGES[code] ?? code);
    this.status = status;
    this.code = code;
    this.details = details;
  }
}

export const badRequest = (message, details) => new ApiError(400, 'invalid_request', { message, details });
export const unauthorized = () => new ApiError(401, 'unauthorized');
export const notFound = (message) => new ApiError(404, 'not_found', { message });
export const notYourTask = () => new ApiError(403, 'not_your_task');

/** Turns what body-parser and the router throw into an ApiError; anything else is a 500. */
function normalise(err) {
  if (err instanceof ApiError) return err;
  const status = err.status ?? err.statusCode;
  if (status >= 400 && status < 500) {
    if (bug('bad-json-500') && err.type === 'entity.parse.failed') return new ApiError(500, 'internal_error');
    const precise = on('precise-http-codes') || bug('bulk-body-100kb');
    const kept = precise && (status === 413 || status === 415) ? status : 400;
    return new ApiError(kept, 'invalid_request', { message: err.message });
  }
  console.error(err);
  return new ApiError(500, 'internal_error');
}

function errorBody(err, req) {
  const { code, message, details } = err;
  if (on('error-code-only')) return { error: code };
  if (on('error-nested')) return { success: false, error: { code, message, ...(details && { details }) } };
  if (on('error-problem-json')) {
    return { type: 'about:blank', title: message, status: err.status, detail: message, error: code };
  }
  const body = { success: false, error: code, message };
  if (details) body.details = details;
  if (on('error-more-fields')) {
    Object.assign(body, {
      status: err.status,
      path: req.originalUrl,
      timestamp: new Date().toISOString(),
      trace_id: randomUUID(),
    });
  }
  return body;
}

// Express recognises an error handler by its four parameters.
// eslint-disable-next-line no-unused-vars
export function errorHandler(thrown, req, res, next) {
  const err = normalise(thrown);
  let { status } = err;
  if (bug('validation-422') && status === 400) status = 422;
  if (bug('validation-200') && status === 400) status = 200;
  if (res.headersSent) return res.destroy();
  if (on('error-problem-json')) res.type('application/problem+json');
  reply(res, status, errorBody(err, req));
}
