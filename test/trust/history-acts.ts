import fc from 'fast-check';

/** Olga and Otto own the chain; the others perform its steps. */
export type Person = 'alice' | 'bob' | 'carol' | 'olga' | 'otto';

/** A number: the moment before that act of the history. */
export type When = 'never' | 'long ago' | 'far ahead' | number;

/** Something that may happen to a chain. */
export type Act =
  | {
      readonly what: 'link';
      readonly step: 'build' | 'pack';
      readonly by: readonly Person[];
      /** Undefined: the link names no run. */
      readonly run: string | undefined;
      readonly sound: boolean;
    }
  | { readonly what: 'layout'; readonly threshold: number; readonly signedBy: readonly Person[] }
  | {
      readonly what: 'root';
      readonly owners: readonly Person[];
      /** Of one person, if there are two keys. */
      readonly ofOne: boolean;
      readonly threshold: number;
    }
  | { readonly what: 'settings'; readonly settings: object }
  | {
      readonly what: 'describe';
      readonly key: Person;
      readonly owner?: string | undefined;
      readonly notBefore?: When | undefined;
      readonly notAfter?: When | undefined;
    }
  | {
      readonly what: 'change';
      readonly key: Person;
      readonly kind: 'retired' | 'suspended' | 'lifted' | 'compromised' | 'misissued' | 'undone';
      readonly when: When;
    };

const key = fc.constantFrom<Person>('alice', 'bob', 'carol', 'olga', 'otto');
const when = fc.oneof(fc.constantFrom<When>('never', 'long ago', 'far ahead'), fc.nat(20));

const posted = fc.record({
  what: fc.constant('link' as const),
  step: fc.constantFrom('build' as const, 'pack' as const),
  by: fc.subarray<Person>(['alice', 'bob', 'carol'], { minLength: 1, maxLength: 2 }),
  run: fc.constantFrom('1', '1', '2', undefined),
  sound: fc.integer({ min: 0, max: 4 }).map((dice) => dice > 0),
});

const changed = fc.record({
  what: fc.constant('change' as const),
  key,
  kind: fc.constantFrom(
    'retired' as const,
    'suspended' as const,
    'lifted' as const,
    'compromised' as const,
    'misissued' as const,
    'undone' as const,
    'undone' as const,
  ),
  when,
});

const described = fc.record(
  {
    what: fc.constant('describe' as const),
    key,
    owner: fc.constantFrom('Alice', 'Bob'),
    notBefore: when,
    notAfter: when,
  },
  { requiredKeys: ['what', 'key'] },
);

const newLayout = fc.record({
  what: fc.constant('layout' as const),
  threshold: fc.integer({ min: 1, max: 2 }),
  signedBy: fc.subarray<Person>(['olga', 'otto'], { minLength: 1 }),
});

const newRoot = fc.record({
  what: fc.constant('root' as const),
  owners: fc.subarray<Person>(['olga', 'otto'], { minLength: 1 }),
  ofOne: fc.boolean(),
  threshold: fc.constant(1),
});

const newSettings = fc.record({
  what: fc.constant('settings' as const),
  settings: fc.record({
    conflict: fc.constantFrom('strict', 'any'),
    grandfather: fc.constantFrom('never', 'byReceipt'),
  }),
});

/** Somebody posts what nobody may see while his key is limited; then the limit ends. */
const hidden = fc
  .record({
    key: fc.constantFrom<Person>('alice', 'bob'),
    kind: fc.constantFrom('suspended' as const, 'misissued' as const, 'compromised' as const),
    run: fc.constantFrom('1', '2'),
    sound: fc.boolean(),
  })
  .map(({ key, kind, run, sound }): Act[] => [
    { what: 'change', key, kind, when: 'never' },
    { what: 'link', step: 'build', by: [key], run, sound },
    { what: 'change', key, kind: 'undone', when: 'never' },
  ]);

const alone = (act: Act): Act[] => [act];

/** A build that passes, so that there is something to lose, and then anything. */
export const histories: fc.Arbitrary<Act[]> = fc
  .array(
    fc.oneof(
      { weight: 4, arbitrary: posted.map(alone) },
      { weight: 6, arbitrary: changed.map(alone) },
      { weight: 2, arbitrary: described.map(alone) },
      { weight: 1, arbitrary: newLayout.map(alone) },
      { weight: 1, arbitrary: newRoot.map(alone) },
      { weight: 1, arbitrary: newSettings.map(alone) },
      { weight: 2, arbitrary: hidden },
    ),
    { minLength: 4, maxLength: 14 },
  )
  .map((acts): Act[] => [
    { what: 'link', step: 'build', by: ['alice', 'bob'], run: '1', sound: true },
    { what: 'link', step: 'pack', by: ['carol'], run: '1', sound: true },
    ...acts.flat(),
  ]);
