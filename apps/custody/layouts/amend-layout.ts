import { fingerprintOf, type JsonObject, type Layout, type PublicKey } from '#in-toto/index.js';
import { CommandError } from '../command-error.js';
import { readPublicKey } from '../keys/public-key-file.js';

export interface Amendment {
  /** `STEP=FILE`: the key may sign links of the step. */
  readonly addKey?: readonly string[];
  /** `STEP=FILE`: it may no longer. */
  readonly removeKey?: readonly string[];
  readonly expires?: string;
}

interface StepKey {
  readonly step: string;
  readonly key: PublicKey;
  readonly fingerprint: string | undefined;
}

/** The layout with other functionaries or another expiry. It is a new layout, which nobody has signed. */
export async function amendLayout(layout: Layout, amendment: Amendment): Promise<JsonObject> {
  const { addKey = [], removeKey = [], expires } = amendment;
  const added = await Promise.all(addKey.map((text) => stepKey(layout, text)));
  const removed = await Promise.all(removeKey.map((text) => stepKey(layout, text)));
  const steps = (layout.raw.steps as readonly JsonObject[]).map((step) => {
    const kept = (step.pubkeys as readonly string[]).filter(
      (keyid) => !removed.some((one) => one.step === step.name && isKey(layout, keyid, one)),
    );
    const more = added.filter((one) => one.step === step.name).map(({ key }) => key.keyid);
    return { ...step, pubkeys: [...new Set([...kept, ...more])] };
  });
  const used = new Set(steps.flatMap(({ pubkeys }) => pubkeys));
  const isLeftOver = (keyid: string) => !used.has(keyid) && removed.some((one) => isKey(layout, keyid, one));
  const keys = {
    ...Object.fromEntries(Object.entries(layout.raw.keys as JsonObject).filter(([id]) => !isLeftOver(id))),
    ...Object.fromEntries(added.map(({ key }) => [key.keyid, key.raw])),
  };
  // in-toto writes times without fractions of a second.
  return { ...layout.raw, keys, steps, ...(expires ? { expires: expires.replace(/\.\d+Z$/, 'Z') } : {}) };
}

async function stepKey({ steps }: Layout, text: string): Promise<StepKey> {
  const at = text.indexOf('=');
  const step = text.slice(0, at);
  if (!steps.some(({ name }) => name === step)) {
    throw new CommandError(
      `${text}: write STEP=FILE with a step of the layout: ${steps.map(({ name }) => name).join(', ')}`,
      'usage',
    );
  }
  const key = await readPublicKey(text.slice(at + 1));
  return { step, key, fingerprint: fingerprintOf(key) };
}

/** The layout may call the key by another id than the file does. */
function isKey({ keys }: Layout, keyid: string, { key, fingerprint }: StepKey): boolean {
  const known = keys.get(keyid);
  return keyid === key.keyid || (known !== undefined && fingerprintOf(known) === fingerprint);
}
