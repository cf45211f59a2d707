/** The same signed content in other bytes: no signature covers the spaces of a Metablock. */
export function reformatted(file: Buffer): Buffer {
  return Buffer.from(`${JSON.stringify(JSON.parse(file.toString()), null, 3)}\n`);
}

/** As many files with the same signed content as are asked for. */
export function writtenAnew(file: Buffer, times: number): Buffer[] {
  return Array.from({ length: times }, (_, n) => Buffer.concat([file, Buffer.from(' '.repeat(n + 1))]));
}
