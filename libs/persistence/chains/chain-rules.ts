/**
 * Tells by value whether a chain's settings, or who owns it, are what they were: digests over the columns of `chain`, in
 * hexadecimal. jsonb has one text for one value.
 */
export const SETTINGS_DIGEST = digest('chain.settings::text');
export const OWNERS_DIGEST = digest(`chain.owner_threshold || ' ' || chain.owner_keys::text`);

function digest(text: string): string {
  return `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`;
}
