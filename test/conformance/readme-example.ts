// The example of libs/in-toto/README.md, between the markers word for word.
// begin
import { readFileSync } from 'node:fs';
import { parseJson, parsePublicKey, verify } from '#in-toto/index.js';

export function verifyDirectory(directory: string, at: Date) {
  const read = (name: string) => readFileSync(`${directory}/${name}`);
  const readIfThere = (name: string) =>
    name.includes('..') ? undefined : attempt(() => read(`links/${name}`));
  const layoutKeys = [parsePublicKey(parseJson(read('owner.json')))];
  return verify({ layout: read('root.layout'), layoutKeys, links: { read: readIfThere } }, { at });
}
// end

function attempt<T>(action: () => T): T | undefined {
  try {
    return action();
  } catch {
    return undefined;
  }
}
