/**
 * Tells by value whether a chain's settings, or who owns it, are what they were: digests in hexadecimal, as SQL over jsonb
 * values. jsonb has one text for one value.
 */
export const SETTINGS_DIGEST = settingsDigest('chain.settings');
export const OWNERS_DIGEST = ownersDigest(
  'chain.owner_threshold',
  'chain.owner_keys',
  'to_jsonb(chain.owner_names)',
);

export function settingsDigest(settings: string): string {
  return digest(`${settings}::text`);
}

/** `names` are null where nobody was named. */
export function ownersDigest(threshold: string, keys: string, names: string): string {
  return digest(`concat_ws(' ', ${threshold}, ${keys}, ${names})`);
}

function digest(text: string): string {
  return `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`;
}
