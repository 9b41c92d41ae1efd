// A mock of the Worker API for tests: with Vitest, Jest or node:test. It needs the command workerkit in the PATH.
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

export async function startMock() {
  const folder = await mkdtemp(join(tmpdir(), "workerkit-"));
  const file = join(folder, "ready.json");
  const mock = spawn("workerkit", ["serve", "--port", "0", "--ready-file", file], { stdio: ["ignore", "pipe", "inherit"] });
  const ended = once(mock, "exit");
  // The ready file is complete before the mock prints its first line.
  await Promise.race([once(mock.stdout, "data"), ended.then(([code]) => Promise.reject(Error(`workerkit: exit code ${code}`)))]);
  mock.stdout.resume();
  const { control_url } = JSON.parse(await readFile(file, "utf8"));
  await rm(folder, { recursive: true });

  async function call(method, path, body) {
    const answer = await fetch(`${control_url}${path}`, {
      method, headers: { "Content-Type": "application/json" }, body: body && JSON.stringify(body),
    });
    if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
    return answer.status === 204 ? undefined : answer.json();
  }

  return {
    // A new world: an API key with its own tasks. `call` asks its part of the control plane, for example "/tasks".
    async newWorld(options = {}) {
      const { world, base_url, servers } = await call("POST", "/worlds", options);
      const [{ name, api_key }] = servers;
      const env = { LIKEPION_BASE_URL: base_url, LIKEPION_API_KEY: api_key, LIKEPION_SERVER_NAME: name };
      return { env, call: (method, path, body) => call(method, `/worlds/${world}${path}`, body) };
    },
    async stop() {
      mock.kill();
      await ended;
    },
  };
}
