const MAX_TEXT = 300;
const MAX_LISTED = 5;

/** Names in messages are strangers' text: long ones are cut. Structured members of a finding are not. */
export function clip(text: string, length = MAX_TEXT): string {
  return text.length <= length ? text : `${text.slice(0, length)}…`;
}

/** A few of many names. */
export function list(names: readonly string[]): string {
  const shown = names.slice(0, MAX_LISTED).map((name) => `"${clip(name)}"`);
  const more = names.length - shown.length;
  return more > 0 ? `${shown.join(', ')} and ${more} more` : shown.join(', ');
}
