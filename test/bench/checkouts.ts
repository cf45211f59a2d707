import { existsSync } from 'node:fs';
import { resolve } from 'node:path';

/** A built checkout of Custody whose programs are measured. */
export interface Checkout {
  readonly name: string;
  readonly folder: string;
}

/** For the options of a benchmark that can measure another checkout beside this one. */
export const AGAINST = ['', 'folder of another checkout, built, to measure in the same run'] as const;

/** This checkout, then the one to compare it with. Both are driven by the benchmark of this one. */
export function checkouts(against: string): readonly Checkout[] {
  const present = { name: 'this', folder: '.' };
  if (!against) return [present];
  const folder = resolve(against);
  if (!existsSync(resolve(folder, 'dist/apps/all-in-one/main.js'))) {
    throw new Error(`${folder} is not a built checkout: run npm ci and npm run build there.`);
  }
  return [present, { name: 'other', folder }];
}
