// With node:test. With Vitest: import { after, before, test } from "vitest" as afterAll, beforeAll and test.
import assert from "node:assert/strict";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { after, before, test } from "node:test";
import { startMock } from "./workerkit.mjs";

const WORKER = ["node", process.env.WORKER ?? "worker.js"];
let mock;
before(async () => (mock = await startMock()));
after(() => mock.stop());

async function runWorker(world) {
  const worker = spawn(WORKER[0], WORKER.slice(1), { env: { ...process.env, ...world.env }, stdio: "inherit" });
  await once(worker, "exit");
}

test("the worker completes its task", async () => {
  const world = await mock.newWorld({ world: { servers: [{ name: "server-01" }] } });
  await world.call("POST", "/tasks", { status: "pending" });
  await runWorker(world);
  const { tasks } = await world.call("GET", "/tasks");
  assert.deepEqual(tasks.map(({ status }) => status), ["completed"]);
});

test("the worker is careful on a quiet day", async () => {
  const world = await mock.newWorld({ scenario: "quiet-day" });
  await runWorker(world);
  assert.deepEqual((await world.call("GET", "/verdict")).broken, []);
});
