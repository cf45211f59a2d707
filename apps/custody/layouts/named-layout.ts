import type { ListedLayout } from '#trust/layouts/list-layouts.js';
import { CommandError } from '../command-error.js';
import type { ServiceClient } from '../service-client.js';

/** How a command names a layout: for its `--help`. */
export const LAYOUT_ARGUMENT = 'its version, or its id or the first 8 digits or more of it';

/** The layout's id in full. */
export async function namedLayout(
  service: ServiceClient,
  chain: string | undefined,
  name: string,
): Promise<string> {
  if (/^[0-9a-f]{64}$/.test(name)) {
    return name;
  }
  const isVersion = /^\d{1,7}$/.test(name);
  const before = isVersion ? String(Number(name) + 1) : undefined;
  const { layouts } = await service.get<{ layouts: ListedLayout[] }>('/layouts', { chain, before });
  const isMeant = (layout: ListedLayout) =>
    isVersion ? layout.version === Number(name) : /^[0-9a-f]{8,}$/.test(name) && layout.id.startsWith(name);
  // The newest file of a version has the most signatures.
  const found = layouts.find(isMeant);
  if (!found) {
    throw new CommandError(`LAYOUT_UNKNOWN: No layout of the chain is ${name}.\n  See: custody layouts list`);
  }
  return found.id;
}
