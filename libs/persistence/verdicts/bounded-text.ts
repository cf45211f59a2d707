/** Bytes of a value as JSON. */
export function jsonBytes(value: unknown): number {
  return Buffer.byteLength(JSON.stringify(value) ?? '');
}

/** The text, or its beginning: as JSON at most two bytes for each of `characters`. */
export function clipText(text: string, characters: number): string {
  if (text.length <= characters / 3) {
    return text;
  }
  const clipped = text.length > characters ? `${text.slice(0, characters - 1)}…` : text;
  return jsonBytes(clipped) <= 2 * characters ? clipped : `${text.slice(0, Math.floor(characters / 3) - 1)}…`;
}

/** As many of the first items as take up to `bytes` as JSON. */
export function fitting<T>(items: readonly T[], bytes: number): T[] {
  let room = bytes;
  const end = items.findIndex((item) => {
    room -= jsonBytes(item) + 1;
    return room < 0;
  });
  return end === -1 ? [...items] : items.slice(0, end);
}
