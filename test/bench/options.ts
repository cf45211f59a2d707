import { parseArgs } from 'node:util';

/** Options as `--name VALUE`, each with its default and what it is. `--help` prints them and ends the program. */
export function benchOptions<Name extends string>(
  measures: string,
  options: Readonly<Record<Name, readonly [value: string, meaning: string]>>,
): Record<Name, string> {
  const names = Object.keys(options) as Name[];
  const { values } = parseArgs({
    options: {
      ...Object.fromEntries(
        names.map((name) => [name, { type: 'string' as const, default: options[name][0] }]),
      ),
      help: { type: 'boolean' as const, default: false },
    },
  });
  if (values.help) {
    console.log(`${measures}\n`);
    for (const name of names) {
      const [value, meaning] = options[name];
      console.log(`  --${name.padEnd(14)}${meaning}${value ? ` (${value})` : ''}`);
    }
    process.exit(0);
  }
  return values as Record<Name, string>;
}
