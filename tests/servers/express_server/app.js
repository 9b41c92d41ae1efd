// The Express application.
import express from 'express';
import { authenticate } from './auth.js';
import { callbacks } from './callbacks.js';
import { bug, on } from './config.js';
import { errorHandler, notFound } from './errors.js';
import { habits, leakyPool, listCache } from './middleware.js';
import { workerRouter } from './routes.js';

export const BASE = '/api/v1/worker';

export function createApp() {
  const app = express();
  app.disable('x-powered-by');
  if (on('no-etag')) app.disable('etag');

  // 500 items with long texts are more than the default of 100 kB.
  const body = express.json({
    limit: bug('bulk-body-100kb') ? '100kb' : '20mb',
    ...(on('json-whatever-the-content-type') && { type: () => true }),
  });

  app.use(habits);
  if (bug('old-callback-open')) {
    const open = (req, res, next) => { req.anonymous = true; next(); };
    app.use('/api/v1/callback', open, body, callbacks());
  }
  if (bug('callbacks-at-old-path')) app.use('/api/v1/callback', authenticate, body, callbacks());
  const guards = on('body-read-before-auth') ? [body, authenticate] : [authenticate, body];
  app.use(BASE, ...guards, leakyPool, listCache, workerRouter());
  app.use((req) => { throw notFound(`no such path: ${req.method} ${req.path}`); });
  app.use(errorHandler);
  return app;
}
