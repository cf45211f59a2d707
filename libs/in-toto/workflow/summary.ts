import type { JsonValue } from '../json/value.js';
import type { Link } from '../metadata/link.js';

/** Reference step 12: what a whole layout uses and makes, as a link. Inspections do not contribute. */
export function summaryLink(name: JsonValue, steps: readonly { link: Link }[]): Link {
  const [first] = steps;
  const last = steps.at(-1);
  return {
    type: 'link',
    name: first === undefined ? null : name,
    materials: first?.link.materials ?? {},
    products: last?.link.products ?? {},
    byproducts: last?.link.byproducts ?? {},
    command: last?.link.command ?? [],
    environment: {},
  };
}
