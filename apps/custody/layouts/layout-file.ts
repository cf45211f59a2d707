import { type JsonObject, type Layout, type Metadata, parseJson, parseMetadata } from '#in-toto/index.js';
import { CommandError } from '../command-error.js';
import { readInput } from '../files.js';

/** A layout in a file: Metablock, DSSE envelope, or the bare layout that nobody has signed. */
export interface LayoutFile {
  /** The container; around a bare layout, a Metablock without signatures. */
  readonly container: JsonObject;
  readonly metadata: Metadata;
  readonly layout: Layout;
}

export async function readLayoutFile(path: string): Promise<LayoutFile> {
  const bytes = await readInput(path);
  try {
    return openLayout(bytes);
  } catch (error) {
    throw new CommandError(`${path} holds no layout: ${(error as Error).message}`, 'usage');
  }
}

export function openLayout(bytes: Uint8Array): LayoutFile {
  const read = parseJson(bytes) as JsonObject;
  const container = read._type === 'layout' ? { signatures: [], signed: read } : read;
  const metadata = parseMetadata(Buffer.from(writeContainer(container)));
  if (metadata.payload.type !== 'layout') {
    throw new Error('it is a link');
  }
  return { container, metadata, layout: metadata.payload };
}

/** Signatures cover the canonical form of the layout (or the payload of the envelope), not how the file is laid out. */
export function writeContainer(container: JsonObject): string {
  return `${JSON.stringify(container, null, 1)}\n`;
}
