import type { DataSource } from 'typeorm';
import type { Reader } from '../transaction.js';
import type { MetSignature, VerdictBasis } from '../verdicts/verdict-basis.js';
import type { Outcome, VerdictBody } from '../verdicts/verdict-body.js';
import type { Grounds } from '../verdicts/verdict-cause.js';

/** Where a worker finds something to do. */
export interface ReplayPart {
  readonly replayId: string;
  readonly chainId: number;
  readonly hypotheticalLayout: Buffer | null;
  /** Subjects a second; null: what the configuration says. */
  readonly rateLimit: number | null;
}

export interface ClaimedItem {
  readonly subject: Buffer;
  readonly attempts: number;
  /** The verdict that was current when the replay was planned. */
  readonly before: VerdictBefore;
}

export interface VerdictBefore extends Grounds {
  readonly outcome: Outcome;
  readonly inputsDigest: Buffer;
  readonly body: VerdictBody;
}

/** Chains of dry runs under way in which somebody may take a subject, the oldest replay first. */
export async function openParts(reader: Reader): Promise<ReplayPart[]> {
  return reader.query<ReplayPart[]>(
    `select part.replay_id as "replayId", part.chain_id as "chainId",
            replay.hypothetical_layout as "hypotheticalLayout", replay.rate_limit as "rateLimit"
       from replay join replay_chain part on part.replay_id = replay.id
      where replay.state = 'planned' and part.done < part.total and exists (
        select from replay_item item
         where item.replay_id = replay.id and item.chain_id = part.chain_id and item.result is null
           and item.claimed_until < now())
      order by replay.id, part.chain_id`,
  );
}

/** Takes subjects that nobody holds, and holds them for a while. Several workers never take the same. */
export async function claimItems(
  source: DataSource,
  { replayId, chainId }: ReplayPart,
  { limit, leaseSeconds }: { limit: number; leaseSeconds: number },
): Promise<ClaimedItem[]> {
  const [claimed] = await source.query<[ClaimedRow[], number]>(
    // Materialized: a plan that asks for the free ones again for each row would take more than it may.
    `with free as materialized (
       select subject from replay_item
        where replay_id = $1 and chain_id = $2 and result is null and claimed_until < now()
          and exists (select from replay where id = $1 and state = 'planned')
        order by claimed_until limit $3 for update skip locked)
     update replay_item item
        set claimed_until = now() + make_interval(secs => $4), attempts = item.attempts + 1
       from free
      where item.replay_id = $1 and item.chain_id = $2 and item.subject = free.subject
      returning item.subject, item.attempts, item.verdict_seq`,
    [replayId, chainId, limit, leaseSeconds],
  );
  if (claimed.length === 0) {
    return [];
  }
  const rows = await source.query<(ClaimedRow & BeforeRow)[]>(
    `select claimed.subject, claimed.attempts, outcome, inputs_digest, body, layout_id, basis, relies_on
       from unnest($2::bytea[], $3::bigint[], $4::integer[]) claimed(subject, seq, attempts)
      cross join lateral (
        select * from verdict where chain_id = $1 and subject = claimed.subject and seq = claimed.seq offset 0) verdict`,
    [
      chainId,
      claimed.map(({ subject }) => subject),
      claimed.map((row) => row.verdict_seq),
      claimed.map(({ attempts }) => attempts),
    ],
  );
  return rows.map(({ subject, attempts, ...row }) => ({
    subject,
    attempts,
    before: {
      outcome: row.outcome,
      inputsDigest: row.inputs_digest,
      body: row.body,
      layoutId: row.layout_id,
      basis: row.basis,
      reliesOn: row.relies_on,
    },
  }));
}

interface BeforeRow {
  readonly outcome: Outcome;
  readonly inputs_digest: Buffer;
  readonly body: VerdictBody;
  readonly layout_id: Buffer | null;
  readonly basis: VerdictBasis | null;
  readonly relies_on: MetSignature[] | null;
}

interface ClaimedRow {
  readonly subject: Buffer;
  readonly attempts: number;
  readonly verdict_seq: string;
}

/** Gives subjects back that were not verified, to be taken again after these seconds. */
export async function releaseItems(
  source: DataSource,
  { replayId, chainId }: ReplayPart,
  subjects: readonly Buffer[],
  afterSeconds: number,
): Promise<void> {
  await source.query(
    `update replay_item set claimed_until = now() + make_interval(secs => $4), attempts = greatest(attempts - 1, 0)
      where replay_id = $1 and chain_id = $2 and subject = any($3) and result is null`,
    [replayId, chainId, subjects, afterSeconds],
  );
}
