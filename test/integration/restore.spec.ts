import { randomBytes } from 'node:crypto';
import { DataSource } from 'typeorm';
import { expect, inject, it } from 'vitest';
import { createDataSource } from '#persistence/data-source.js';
import { Config } from '#platform/config.js';
import { BlobStore } from '#storage/blob-store.js';
import { cached } from '../support/cache.js';
import { component } from '../support/components.js';
import { execute } from '../support/execute.js';
import { indexRows, verdictRows } from '../support/index-rows.js';
import { fillStore, settled } from '../support/rich-store.js';
import { startService } from '../support/service.js';
import { findingsOf } from '../support/store-check.js';

const tool = (name: string, ...args: string[]) => execute(cached(`postgres-tools/programs/${name}`), args);

component('pg-dump')('a dump, restored into an empty database beside the blobs', () => {
  it('has the same rows and the same verdicts, of the same inputs, and is sound', async () => {
    const service = await startService();
    await settled(service, await fillStore(service));
    const before = service.app.get(DataSource);
    const dump = service.scratch('custody.dump');
    const url = service.app.get(Config).databaseUrl?.reveal() ?? '';
    await tool('pg_dump', '--format=custom', `--file=${dump}`, url);

    const empty = new URL(inject('postgres').url);
    empty.pathname = `/restored_${randomBytes(8).toString('hex')}`;
    const database = empty.pathname.slice(1);
    await service.query(`create database ${database}`);
    await tool('pg_restore', '--single-transaction', '--no-owner', `--dbname=${empty.href}`, dump);
    const restored = await createDataSource(empty.href).initialize();

    expect(await indexRows(restored)).toEqual(await indexRows(before));
    expect(await verdictRows(restored)).toEqual(await verdictRows(before));
    expect(await findingsOf({ source: restored, blobs: service.app.get(BlobStore) })).toEqual([]);

    await restored.destroy();
    await service.query(`drop database ${database} with (force)`);
    await service.stop();
  });
});
