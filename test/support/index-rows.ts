import type { DataSource } from 'typeorm';

/** Every row of the index, in words that are the same in another database. Not what counts attempts and claims. */
const TABLES: Readonly<Record<string, string>> = {
  chain: 'owner_keys, owner_threshold, settings, active_layout, created_at',
  layout: 'id, statement, version, expires_at, received_at',
  link: 'id, statement, seq, step, container, keyids, size, proven, loose, received_at, principal, token',
  link_artifact: 'digest, kind, step, link',
  link_key: 'keyid, link',
  statement_signer: 'statement, signer, seq, received_at',
  run_link: 'run, link, seq, attempt, joined_at',
  posting: 'run, principal, link, token, attempt, joined, posted_at',
  declaration: 'run, principal, subject, token, declared_at',
  image_posting: 'digest, principal, token, posted_at',
  subject: 'digest',
  subject_key: 'product_digest, subject',
  run_subject: 'run, subject',
  image_relation: 'covered, covering, kind',
  trust_root: 'version, id, owners, threshold, accepted_at::text',
  trust_key:
    'fingerprint, key, keyids, algorithm, owner, not_before, not_after, changes, registered_at::text',
  trust_event: 'seq, kind, fingerprint, body, actor, reason, recorded_at::text',
};

export async function indexRows(source: DataSource): Promise<Record<string, unknown[]>> {
  const tables = Object.entries(TABLES).map(async ([table, columns]) => {
    const owner = table === 'chain' ? 'chain.id' : `${table}.chain_id`;
    const from = table === 'chain' ? 'chain' : `${table} join chain owner on owner.id = ${owner}`;
    const name = table === 'chain' ? 'name' : 'owner.name as chain';
    const own = columns.split(', ').map((column) => `${table}.${column}`);
    const rows = await source.query<object[]>(`select ${name}, ${own.join(', ')} from ${from}`);
    return [table, rows.map((row) => JSON.stringify(row)).sort()] as const;
  });
  return Object.fromEntries(await Promise.all(tables));
}

/** What the newest verdict of each digest says, and what it follows from. */
export async function verdictRows(source: DataSource): Promise<unknown[]> {
  return source.query(
    `select distinct on (chain.name, subject) chain.name, encode(subject, 'hex') as subject, outcome, body,
            encode(inputs_digest, 'hex') as inputs, encode(layout_id, 'hex') as layout, valid_until
       from verdict join chain on chain.id = verdict.chain_id order by chain.name, subject, seq desc`,
  );
}
