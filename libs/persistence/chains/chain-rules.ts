/**
 * Tells by value whether a chain's settings, or who owns it, are what they were: digests in hexadecimal, as SQL over jsonb
 * values. jsonb has one text for one value.
 */
export const SETTINGS_DIGEST = settingsDigest('chain.settings');
export const OWNERS_DIGEST = ownersDigest('chain.owner_threshold', 'chain.owner_keys');

export function settingsDigest(settings: string): string {
  return digest(`${settings}::text`);
}

export function ownersDigest(threshold: string, keys: string): string {
  return digest(`${threshold} || ' ' || ${keys}::text`);
}

function digest(text: string): string {
  return `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`;
}
