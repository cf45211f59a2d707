import { Client } from 'pg';
import { BulkLoad } from '../bench/evidence/bulk-load.js';

/**
 * Fills a migrated database as if these chains had been in use for a while: links, and a subject with its verdict for
 * each run. The planner's statistics are up to date.
 */
export async function fillDatabase(url: string, chains: readonly number[], linksEach: number): Promise<void> {
  for (const chain of chains) await new BulkLoad(url, chain, chain).add(linksEach);
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    for (const statement of SUBJECTS) await client.query(statement, [chains]);
    await client.query('vacuum analyze');
  } finally {
    await client.end();
  }
}

const SUBJECTS = [
  `insert into run_subject (chain_id, run, subject)
     select distinct chain_id, run, sha256(convert_to(run, 'UTF8')) from run_link where chain_id = any($1)`,
  `insert into subject (chain_id, digest) select distinct chain_id, subject from run_subject where chain_id = any($1)`,
  `insert into posting (chain_id, run, principal, link, token, attempt, joined, posted_at)
     select chain_id, run, 'ci', link, 'token', attempt, seq, joined_at from run_link where chain_id = any($1)`,
  `insert into declaration (chain_id, run, principal, subject, token, declared_at)
     select chain_id, run, 'ci', subject, 'token', now() from run_subject where chain_id = any($1)`,
  `insert into image_posting (chain_id, digest, principal, token, posted_at)
     select chain_id, digest, 'ci', 'token', now() from subject where chain_id = any($1)`,
  `insert into subject_key (chain_id, product_digest, subject)
     select chain_id, sha256(digest || convert_to(n::text, 'UTF8')), digest
       from subject, generate_series(1, 5) n where chain_id = any($1)`,
  `insert into subject_watch (chain_id, digest, subject)
     select chain_id, sha256(digest || convert_to('watch ' || n, 'UTF8')), digest
       from subject, generate_series(1, 10) n where chain_id = any($1)`,
  `insert into image_relation (chain_id, covered, covering, kind)
     select chain_id, digest, sha256(digest), 'index' from subject where chain_id = any($1)`,
  `insert into verdict_key (chain_id, fingerprint, subject)
     select chain_id, sha256(digest), digest from subject where chain_id = any($1) order by 1, 2`,
  // Handed out for a while: nobody is to verify what has no files.
  `insert into verification_mark (chain_id, subject, claimed_until, attempts)
     select chain_id, sha256(digest), now() + interval '1 day', 4 from subject where chain_id = any($1)`,
  `insert into verdict (chain_id, subject, outcome, inputs_digest, body, explanation, evaluated_at)
     select chain_id, digest, 'pass', digest, '{}', '{}', now() from subject where chain_id = any($1)`,
];
