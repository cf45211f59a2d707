import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { Client, expectStatus } from '../support/client.js';
import { type ExampleChain, exampleChain } from '../support/example-chain.js';
import { keyFingerprint } from '../support/key-fingerprint.js';
import { createDatabase, type TestDatabase } from '../support/postgres.js';
import { type Program, startProgram } from '../support/program.js';
import { type Service, startService } from '../support/service.js';

const CHAIN = 'acme/many';
const VERDICTS = 100_000;
const AT_ONCE = 10_000;
/** What is promised to whoever revokes a key. */
const WITHIN_MS = 5_000;
const ASKED = 200;

describe('a revoked key that a hundred thousand verdicts depend on', () => {
  let database: TestDatabase;
  let service: Service;
  let processes: Program[];
  let web: ExampleChain;
  let second: Client;

  beforeAll(async () => {
    database = await createDatabase();
    service = await startService({ DATABASE_URL: database.url });
    const environment = { DATABASE_URL: database.url, CUSTODY_DATA_DIR: service.dataDir };
    processes = await Promise.all([1, 2].map(() => startProgram('query-api', environment)));
    second = service.operator.as(await service.operator.createToken(['operate']));
    web = exampleChain({ seed: CHAIN });
    await service.operator.found(CHAIN, web);
    await service.operator.postRun(web, { chain: CHAIN, run: '1', subject: web.imageDigest });
    await service.operator.waitForVerdict(web.imageDigest, 'pass', CHAIN);
    await multiply();
  }, 120_000);

  afterAll(async () => {
    await Promise.all(processes.map((program) => program.end('SIGTERM')));
    await service.stop();
    await database.drop();
  });

  /** As many more images, found with the same keys; a few at a time, since the service's own patience is short. */
  const multiply = async () => {
    for (let made = 0; made < VERDICTS; made += AT_ONCE) await multiplyBy(made + 1, made + AT_ONCE);
  };
  const multiplyBy = (first: number, last: number) =>
    service.query(
      `with subjects as (
         insert into subject (chain_id, digest)
         select chain.id, sha256(convert_to('image ' || n, 'UTF8')) from chain, generate_series($2::integer, $3::integer) n
          where name = $1 returning chain_id, digest),
       keys as (
         insert into verdict_key (chain_id, fingerprint, subject)
         select chain_id, fingerprint, digest from subjects join verdict_key using (chain_id)
          where verdict_key.subject = $4)
       insert into verdict (chain_id, subject, outcome, inputs_digest, layout_id, body, explanation, evaluated_at,
                            valid_until, basis, relies_on, cause)
       select chain_id, subjects.digest, outcome, inputs_digest, layout_id, body, explanation, evaluated_at,
              valid_until, basis, relies_on, cause
         from subjects join verdict using (chain_id) where outcome = 'pass' and verdict.subject = $4`,
      [CHAIN, first, last, Buffer.from(web.imageDigest.slice('sha256:'.length), 'hex')],
    );
  const digests = () =>
    service
      .query<{ digest: string }>(
        `select 'sha256:' || encode(digest, 'hex') as digest from subject tablesample bernoulli (2) limit $1`,
        [ASKED],
      )
      .then((rows) => rows.map(({ digest }) => digest));
  /** How many of them each process allows. */
  const allowed = async (asked: readonly string[]) =>
    Promise.all(
      processes.map(async ({ url }) => {
        const deployer = new Client(url, service.operator.token);
        const replies = await Promise.all(asked.map((digest) => deployer.verdict(digest, CHAIN)));
        return replies.filter(({ body }) => body.allowed === true).length;
      }),
    );
  const change = async (who: Client, what: string, more: object = {}) => {
    const bob = keyFingerprint(web.functionaries.bob);
    const path = `/keys/${bob}/${what}?chain=${CHAIN}`;
    return expectStatus(await who.post(path, { reason: 'the laptop is gone', ...more }), 200).body;
  };
  const marks = () => service.query('select from verification_mark');

  it('is denied by every process without a job, and allowed again by all once that is undone', async () => {
    const asked = await digests();
    expect(await allowed(asked)).toEqual([asked.length, asked.length]);
    const { change: recorded, verdicts } = await change(service.operator, 'compromise');
    expect(verdicts).toMatchObject({ dependent: VERDICTS + 1 });
    await expect.poll(() => allowed(asked), { timeout: WITHIN_MS }).toEqual([0, 0]);
    expect(await marks()).toEqual([]);
    await change(second, 'undo', { undoes: (recorded as { seq: string }).seq });
    await expect.poll(() => allowed(asked), { timeout: WITHIN_MS }).toEqual([asked.length, asked.length]);
  }, 60_000);
});
