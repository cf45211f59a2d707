import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { disagreements } from './compare.js';
import { readVectors } from './vector.js';

const directory = new URL('../vectors/in-toto/', import.meta.url).pathname;
const at = new Date('2026-01-01T00:00:00Z');

describe('agreement with the reference implementation', () => {
  for (const file of readdirSync(directory)) {
    const vectors = readVectors(directory + file);

    it(`agrees on all ${vectors.length} vectors of ${file}`, () => {
      const disagreed = vectors.flatMap((vector) =>
        disagreements(vector, at).map((difference) => `${vector.name}: ${difference}`),
      );
      expect(disagreed).toEqual([]);
    });
  }
});
