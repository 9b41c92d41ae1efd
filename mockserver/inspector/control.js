// Calls the control plane and reads its events. The token is kept in the memory of the page only.

let token = null;

export class RefusedError extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

export function useToken(text) {
  token = text;
}

// Sends a call. Returns the JSON of the answer, and throws a RefusedError if the mock refuses it.
export async function call(method, path, body = null) {
  const headers = body === null ? {} : { "Content-Type": "application/json" };
  const answer = await send(method, path, headers, body === null ? undefined : JSON.stringify(body));
  return answer.json();
}

// Gives each event of the stream to `onEvent(kind, data)`. `onOpen` is called when the mock listens. Returns when
// the stream ends.
export async function readEvents(world, onOpen, onEvent) {
  const answer = await send("GET", `/events?world=${encodeURIComponent(world)}`, {});
  const reader = answer.body.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  for (let part = await reader.read(); !part.done; part = await reader.read()) {
    const blocks = (text + part.value).split("\n\n");
    text = blocks.pop();
    for (const block of blocks) {
      readBlock(block, onOpen, onEvent);
    }
  }
}

function readBlock(block, onOpen, onEvent) {
  const lines = block.split("\n");
  const valueOf = (name) => lines.find((line) => line.startsWith(`${name}: `))?.slice(name.length + 2);
  if (block === ": listening") {
    onOpen();
  } else if (valueOf("data") !== undefined) {
    onEvent(valueOf("event"), JSON.parse(valueOf("data")));
  }
}

async function send(method, path, headers, body) {
  const authorization = token === null ? {} : { Authorization: `Bearer ${token}` };
  const answer = await fetch(`/_mock${path}`, { method, body, headers: { ...headers, ...authorization } });
  if (!answer.ok) {
    const error = await answer.json().catch(() => ({}));
    throw new RefusedError(answer.status, error.message ?? `the mock answered ${answer.status}`);
  }
  return answer;
}
