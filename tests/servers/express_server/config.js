// Which variants and which fault are switched on (environment), checked against the catalogue.
import { readFileSync } from 'node:fs';

const catalogue = JSON.parse(readFileSync(new URL('./catalogue.json', import.meta.url), 'utf8'));
const variantByName = new Map(catalogue.variants.map((v) => [v.name, v]));
const faultNames = new Set(catalogue.faults.map((f) => f.name));

const variants = new Set(
  (process.env.SERVER_VARIANTS ?? '').split(',').map((s) => s.trim()).filter(Boolean),
);
const fault = (process.env.SERVER_FAULT ?? '').trim() || null;

for (const name of variants) {
  const entry = variantByName.get(name);
  if (!entry) throw new Error(`unknown variant: ${name}`);
  const clash = entry.excludes.find((other) => variants.has(other));
  if (clash) throw new Error(`variants exclude each other: ${name}, ${clash}`);
}
if (fault && !faultNames.has(fault)) throw new Error(`unknown fault: ${fault}`);

/** True if the legal variant is on. */
export function on(name) {
  if (!variantByName.has(name)) throw new Error(`variant not in the catalogue: ${name}`);
  return variants.has(name);
}

/** True if the planted fault is on. */
export function bug(name) {
  if (!faultNames.has(name)) throw new Error(`fault not in the catalogue: ${name}`);
  return fault === name;
}
