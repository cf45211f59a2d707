import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';

export interface Vector {
  readonly tcId: number;
  readonly comment: string;
  readonly flags: readonly string[];
  /** Hexadecimal, as is the signature. */
  readonly msg: string;
  readonly sig: string;
  readonly result: 'valid' | 'invalid' | 'acceptable';
}

export interface VectorGroup {
  readonly publicKeyPem: string;
  readonly publicKeyDer: string;
  readonly sha?: string;
  readonly mgfSha?: string;
  readonly sLen?: number;
  readonly tests: readonly Vector[];
}

export interface VectorFile {
  readonly algorithm: string;
  readonly numberOfTests: number;
  readonly testGroups: readonly VectorGroup[];
}

const DIRECTORY = new URL('../vectors/wycheproof/', import.meta.url);

export function readVectors(name: string): VectorFile {
  return JSON.parse(gunzipSync(readFileSync(new URL(`${name}.json.gz`, DIRECTORY))).toString());
}
