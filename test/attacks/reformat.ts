/** The same signed content in other bytes: no signature covers the spaces of a Metablock. */
export function reformatted(file: Buffer): Buffer {
  return Buffer.from(`${JSON.stringify(JSON.parse(file.toString()), null, 3)}\n`);
}
