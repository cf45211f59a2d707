/**
 * Tells by value whether a chain's settings, or who owns it, are what they were: digests over the columns of `chain`, in
 * hexadecimal. jsonb has one text for one value.
 */
export const SETTINGS_DIGEST = digest('chain.settings::text');
export const OWNERS_DIGEST = digest(
  `concat_ws(' ', chain.owner_threshold, chain.owner_keys, chain.owner_names)`,
);

function digest(text: string): string {
  return `encode(sha256(convert_to(${text}, 'UTF8')), 'hex')`;
}
