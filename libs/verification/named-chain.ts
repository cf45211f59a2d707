import type { JsonValue, Link } from '#in-toto/index.js';

const NAME = 'CUSTODY_CHAIN';

/**
 * The supply chain that a link says it was recorded for: `CUSTODY_CHAIN` in its environment, as a member or as
 * `CUSTODY_CHAIN=acme/web` among recorded variables. It is signed with the rest, so a link that names its chain cannot
 * be used in another one that shares its keys.
 */
export function chainNamedBy({ environment }: Link): string | undefined {
  const direct = ownText(environment, NAME);
  if (direct !== undefined) {
    return direct;
  }
  const variables = Object.hasOwn(environment, 'variables') ? environment.variables : undefined;
  if (Array.isArray(variables)) {
    const entry = variables.find(
      (item): item is string => typeof item === 'string' && item.startsWith(`${NAME}=`),
    );
    return entry?.slice(NAME.length + 1);
  }
  return ownText(variables, NAME);
}

function ownText(value: JsonValue | undefined, name: string): string | undefined {
  if (typeof value !== 'object' || value === null || Array.isArray(value) || !Object.hasOwn(value, name)) {
    return undefined;
  }
  const text = (value as Readonly<Record<string, JsonValue>>)[name];
  return typeof text === 'string' ? text : undefined;
}
