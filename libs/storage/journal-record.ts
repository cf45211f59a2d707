import { z } from 'zod';

const id = z.string().regex(/^[0-9a-f]{64}$/);
/** A number that the database counts by; beyond what JavaScript counts to. */
const count = z.string().regex(/^[1-9][0-9]{0,18}$/);

/** `v` is raised for a kind whose members change their meaning; a new member or kind needs no other version. */
const base = { v: z.literal(1), at: z.iso.datetime({ precision: 3 }) };

/** A supply chain was created. Of several records the last counts: those before were of creations that failed. */
const chainCreated = z.object({
  ...base,
  kind: z.literal('chain'),
  name: z.string(),
  ownerKeys: z.array(z.record(z.string(), z.unknown())),
  ownerThreshold: z.int(),
  settings: z.unknown(),
});

/** The settings of a chain were replaced. */
const settingsChanged = z.object({ ...base, kind: z.literal('settings'), settings: z.unknown() });

/** A layout came into force. Files signed anew have the same version. */
const layoutActivated = z.object({ ...base, kind: z.literal('layout'), id, version: z.int().min(1) });

/** The row of a key in the chain's register, as a change left it. Of several records of a key the last counts. */
const keyKnown = z.object({
  ...base,
  kind: z.literal('key'),
  fingerprint: id,
  key: z.record(z.string(), z.unknown()),
  keyids: z.array(z.string()),
  algorithm: z.string(),
  owner: z.string(),
  notBefore: z.string().nullable(),
  notAfter: z.string().nullable(),
  changes: z.array(z.unknown()),
  registeredAt: z.string(),
});

/** A version of who owns the chain. Of several records of a version the last counts. */
const rootAccepted = z.object({
  ...base,
  kind: z.literal('root'),
  version: z.int().min(1),
  id: id.nullable(),
  owners: z.array(z.looseObject({ key: z.record(z.string(), z.unknown()), owner: z.string().nullish() })),
  threshold: z.int(),
  acceptedAt: z.string(),
});

/** A change of trust: who, when and why. */
const trustChanged = z.object({
  ...base,
  kind: z.literal('event'),
  seq: count,
  event: z.string(),
  fingerprint: id.nullable(),
  body: z.record(z.string(), z.unknown()),
  actor: z.string(),
  reason: z.string(),
  recordedAt: z.string(),
});

/** Who posted it. Absent: the version that recorded it did not say. */
const poster = z.object({ principal: z.string().min(1), token: z.string().min(1) });

/** A link was posted, and something changed by it: it, its place in the run, or the subject was new of that principal. */
const linkPosted = z.object({
  ...base,
  kind: z.literal('link'),
  id,
  /** Its place in the order of arrival. */
  seq: count,
  /** It had not been there before. */
  created: z.literal(true).optional(),
  /** Absent: it was posted without a run. `joined` is the place of a new membership. */
  run: z.object({ name: z.string(), attempt: z.int().min(1), joined: count.optional() }).optional(),
  /** Hexadecimal digest of the subject that CI declared for the run. */
  subject: id.optional(),
  poster: poster.optional(),
});

/** A principal posted an image manifest or index that it had not posted before. */
const imagePosted = z.object({ ...base, kind: z.literal('image'), id, poster });

/**
 * What the index knows and the bytes of links, layouts and manifests do not say. Each kind is one line of the journal;
 * whoever lets the index know more adds a kind here, and to what makes the index anew from it (`libs/fsck/rebuild-*.ts`).
 */
export const journalRecord = z.discriminatedUnion('kind', [
  chainCreated,
  settingsChanged,
  layoutActivated,
  keyKnown,
  trustChanged,
  rootAccepted,
  linkPosted,
  imagePosted,
]);

export type JournalRecord = z.infer<typeof journalRecord>;
export type LinkPosted = z.infer<typeof linkPosted>;
export type ImagePosted = z.infer<typeof imagePosted>;
export type RootAccepted = z.infer<typeof rootAccepted>;
export type LayoutActivated = z.infer<typeof layoutActivated>;
export type KeyKnown = z.infer<typeof keyKnown>;
export type TrustChanged = z.infer<typeof trustChanged>;
/** What a chain is judged by; little, and read as a whole. */
export type TrustRecord = Exclude<JournalRecord, LinkPosted | ImagePosted>;
