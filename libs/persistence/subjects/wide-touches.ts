import type { DataSource } from 'typeorm';
import { channels } from '../channels.js';
import { inTransaction, onCommit, type Reader, type Transaction } from '../transaction.js';
import { holdChainForLinks } from './chain-lock.js';
import { tellOfEvidence } from './evidence-hints.js';
import { markTouched, type Touched } from './marks.js';
import { subjectsAnchoredBy } from './touched-subjects.js';
import type { WideTouchRow } from './wide-touch.entity.js';

/** Something that touches more subjects than are marked at once: see `WideTouchRow`. */
export interface WideTouch {
  readonly run: string | undefined;
  readonly principal: string;
  readonly decides: boolean;
  /** Digests, 32 bytes each; undefined: every subject of the run is touched. */
  readonly products: Buffer | undefined;
}

/** Subjects that may have to be verified again. */
export interface Touch {
  readonly touched: readonly Touched[];
  /** What touches others beside them, which are marked later. */
  readonly wide: readonly WideTouch[];
}

/** Digests, or subjects of a run, that are looked at in one transaction: some hundredths of a second. */
const PART = 1_000;
const PART_BYTES = PART * 32;

/**
 * Marks what is touched, or leaves to the relay what would hold the chain for too long. Either is committed with whatever
 * touched it, so nothing is lost with a process: a subject is marked as long as this stands, and not before it was.
 */
export async function markTouch(tx: Transaction, chainId: number, { touched, wide }: Touch): Promise<void> {
  await markTouched(tx, chainId, touched);
  if (wide.length > 0) {
    await leaveForRelay(tx, chainId, wide.flatMap(inParts));
  }
  if (wide.some(({ decides }) => decides)) {
    onCommit(tx, () => tellOfEvidence(tx.connection, chainId, undefined));
  }
}

function inParts(touch: WideTouch): WideTouch[] {
  const { products } = touch;
  if (products === undefined) {
    return [touch];
  }
  return Array.from({ length: Math.ceil(products.length / PART_BYTES) }, (_, at) => ({
    ...touch,
    products: products.subarray(at * PART_BYTES, (at + 1) * PART_BYTES),
  }));
}

/**
 * A run of which all is still to be marked need not be told of twice. Its row is held until this is committed, so that whoever
 * takes it then finds what came.
 */
async function leaveForRelay(tx: Transaction, chainId: number, wide: readonly WideTouch[]): Promise<void> {
  await tx.query(
    `with given as (
       select * from unnest($2::text[], $3::text[], $4::boolean[], $5::bytea[])
                  as given(run, principal, decides, products)),
     added as (
       insert into wide_touch (chain_id, run, principal, decides, products)
       select $1, run, principal, decides, products from given
        where products is not null or not exists (
          select from wide_touch waiting
           where chain_id = $1 and waiting.run = given.run and waiting.products is null and after is null
             and (waiting.decides or not given.decides) offset 0 for share skip locked))
     select pg_notify($6, '')
     union all
     select pg_notify($7, $1::text) from given where decides`,
    [
      chainId,
      wide.map(({ run }) => run ?? null),
      wide.map(({ principal }) => principal),
      wide.map(({ decides }) => decides),
      wide.map(({ products }) => products ?? null),
      channels.mark,
      channels.evidence,
    ],
  );
}

type Part = Pick<WideTouchRow, 'id' | 'run' | 'principal' | 'decides' | 'products' | 'after'> & {
  readonly chain_id: number;
};

/**
 * Marks a part of what was left, of one chain or another, and holds the chain as storing links does: whoever joins the run
 * meanwhile either sees the subjects that are related here, or is seen. False when nothing is left.
 */
export async function markSomeOfWide(source: DataSource): Promise<boolean> {
  const [{ isLeft }] = await source.query<[{ isLeft: boolean }]>(
    'select exists (select from wide_touch) as "isLeft"',
  );
  return isLeft && markPart(source);
}

/** Whether subjects of the chain are still to be marked, and related to their runs. */
export async function isMarkingWide(reader: Reader, chainId: number): Promise<boolean> {
  const [{ isLeft }] = await reader.query<[{ isLeft: boolean }]>(
    'select exists (select from wide_touch where chain_id = $1) as "isLeft"',
    [chainId],
  );
  return isLeft;
}

function markPart(source: DataSource): Promise<boolean> {
  return inTransaction(source, async (tx) => {
    const part = await takePart(tx);
    if (!part) {
      return false;
    }
    const { chain_id: chainId, id, run, principal, decides } = part;
    await holdChainForLinks(tx, chainId, run === null ? [] : [run]);
    const subjects = await subjectsOf(tx, part);
    const touched = subjects.map((subject) => ({ subject, principal, decides }));
    await markTouched(tx, chainId, touched);
    const last = part.products || subjects.length < PART ? undefined : subjects.at(-1);
    await (last
      ? tx.query('update wide_touch set after = $3 where chain_id = $1 and id = $2', [chainId, id, last])
      : tx.query('delete from wide_touch where chain_id = $1 and id = $2', [chainId, id]));
    return true;
  });
}

/** The oldest part of any chain: chance says of which, so that none waits for all of another. */
async function takePart(tx: Transaction): Promise<Part | undefined> {
  const [part] = await tx.query<Part[]>(
    `with recursive chain as (
       (select chain_id from wide_touch order by chain_id limit 1)
       union all
       select (select chain_id from wide_touch other where other.chain_id > chain.chain_id order by chain_id limit 1)
         from chain where chain_id is not null)
     select chain_id, id, run, principal, decides, products, after from wide_touch
      where chain_id = (select chain_id from chain where chain_id is not null order by random() limit 1)
      order by id limit 1 for update skip locked`,
  );
  return part;
}

/** Of a run, the next ones. */
function subjectsOf(tx: Transaction, { chain_id: chainId, run, products, after }: Part): Promise<Buffer[]> {
  return products
    ? subjectsAnchoredBy(tx, chainId, products, run)
    : subjectsOfRun(tx, chainId, run ?? '', after ?? Buffer.alloc(0));
}

async function subjectsOfRun(
  tx: Transaction,
  chainId: number,
  run: string,
  after: Buffer,
): Promise<Buffer[]> {
  const rows = await tx.query<{ subject: Buffer }[]>(
    `select subject from run_subject
      where chain_id = $1 and run = $2 and subject > $3 order by chain_id, run, subject limit ${PART}`,
    [chainId, run, after],
  );
  return rows.map(({ subject }) => subject);
}
