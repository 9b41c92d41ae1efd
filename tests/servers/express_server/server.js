// Start: node server.js --port N --data FILE.json
import { createServer } from 'node:http';
import { parseArgs } from 'node:util';
import { createApp } from './app.js';
import { on } from './config.js';
import { loadData } from './db.js';

process.on('SIGTERM', () => process.exit(0));

const { values } = parseArgs({ options: { port: { type: 'string', default: '0' }, data: { type: 'string' } } });
if (!values.data) {
  console.error('usage: node server.js --port N --data FILE.json');
  process.exit(2);
}
loadData(values.data);

const server = createServer(createApp());
if (on('idle-connections-closed-soon')) server.keepAliveTimeout = 200;
server.listen(Number(values.port), '127.0.0.1', () => {
  process.stdout.write(`listening on ${server.address().port}\n`);
});
