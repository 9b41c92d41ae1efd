// What a caller program gets from the benchmark, and how it prints what it read.
declare const process: { env: Record<string, string | undefined> };

interface World {
  base_url: string;
  api_key: string;
  server_name: string;
  foreign_task: string;
  unknown_task: string;
  account: string;
}

export const world: World = JSON.parse(process.env.CALLS ?? "{}");
export const wrongKey = "a-key-of-nobody";

export function print(name: string, value: string | number | undefined): void {
  console.log(`${name} ${value}`);
}

// The value, which has to be there.
export function present<T>(value: T | null | undefined): T {
  if (value === null || value === undefined) throw new Error("a value is missing");
  return value;
}
