import { layout, sha256Hex, signDsse } from '../support/supply-chain.js';
import { digestOfFile, indexOf, manifestOf, pushed } from './images.js';
import { alice, bob, carol, dave, hexOf, policy } from './pipeline.js';
import type { Scenario } from './scenario.js';

/** Honest pipelines: a defence that stops them is none. */
const honest = (name: string, story: Scenario['story']): Scenario => ({ name, story, expect: 'pass' });

export const controls: readonly Scenario[] = [
  honest('a sound build in a run', async (world) => {
    await world.found();
    const build = world.build('monday');
    await world.postBuild(build, { run: '1' });
    return build.digest;
  }),
  honest('a sound build without a run', async (world) => {
    await world.found();
    const build = world.build('monday');
    await world.postBuild(build);
    return build.digest;
  }),
  honest('links that arrive in reverse order', async (world) => {
    await world.found();
    const build = world.build('monday');
    for (const bytes of [...build.links].reverse())
      await world.post(bytes, { run: '1', subject: build.digest });
    return build.digest;
  }),
  honest('loose links that arrive in reverse order, asked for in between', async (world) => {
    await world.found();
    const build = world.build('monday');
    for (const bytes of [...build.links].reverse()) {
      await world.post(bytes);
      await world.settle(build.digest);
    }
    return build.digest;
  }),
  honest('two builds of two images that share files, without a run', async (world) => {
    await world.found();
    const [monday, tuesday] = [world.build('monday'), world.build('tuesday')];
    await world.postBuild(monday);
    await world.postBuild(tuesday);
    await world.expectPass(monday.digest);
    return tuesday.digest;
  }),
  honest('many builds whose scan has two rules that overlap, without a run', async (world) => {
    await world.found(
      layout()
        .step('checkout', { by: alice, products: ['CREATE *'] })
        .step('build', {
          by: bob,
          materials: ['MATCH * WITH PRODUCTS FROM checkout', 'DISALLOW *'],
          products: ['CREATE image-digest.txt', 'DISALLOW *'],
        })
        .step('scan', {
          by: carol,
          materials: [
            'MATCH * WITH PRODUCTS FROM build',
            'MATCH * WITH PRODUCTS FROM checkout',
            'DISALLOW *',
          ],
        }),
    );
    const builds = Array.from({ length: 40 }, (_, at) => world.build(`build ${at}`));
    for (const build of builds) {
      await world.post(build.sign('checkout', alice, {}, build.sources));
      await world.post(build.sign('build', bob, build.sources, build.digestFile));
      await world.post(build.sign('scan', carol, { ...build.sources, ...build.digestFile }, {}));
    }
    return builds.at(-1)?.digest ?? '';
  }),
  honest('a job repeated after it failed', async (world) => {
    await world.found();
    const build = world.build('monday');
    await world.postSteps(build, ['checkout', 'build'], { run: '1' });
    await world.post(build.failingScan(), { run: '1' });
    await world.post(build.link('scan'), { run: '1', attempt: 2 });
    return build.digest;
  }),
  honest('a whole run repeated', async (world) => {
    await world.found();
    const [first, second] = [world.build('first'), world.build('second')];
    await world.postBuild(first, { run: '1' });
    await world.postBuild(second, { run: '1', attempt: 2 });
    return second.digest;
  }),
  honest('every link uploaded twice', async (world) => {
    await world.found();
    const build = world.build('monday');
    await world.postBuild(build, { run: '1' });
    await world.postBuild(build, { run: '1' });
    return build.digest;
  }),
  honest('a job repeated with the same result, to the byte', async (world) => {
    await world.found();
    const build = world.build('monday');
    await world.postBuild(build, { run: '1' });
    await world.post(build.link('scan'), { run: '1', attempt: 2 });
    return build.digest;
  }),
  honest('a failing build made again in full', async (world) => {
    await world.found();
    const bad = world.build('bad', { image: world.chain });
    const good = world.build('good', { image: world.chain });
    await world.postSteps(bad, ['checkout', 'build'], { run: '1' });
    await world.post(bad.failingScan(), { run: '1' });
    await world.postBuild(good, { run: '2' });
    return good.digest;
  }),
  honest('the same image built thirty times', async (world) => {
    await world.found();
    const image = { image: world.chain };
    for (let i = 0; i < 30; i += 1)
      await world.postBuild(world.build(`night ${i}`, image), { run: `night ${i}` });
    return world.build('any', image).digest;
  }),
  honest('a rebuild that is under way', async (world) => {
    await world.found();
    const image = { image: world.chain };
    await world.postBuild(world.build('monday', image), { run: 'monday' });
    await world.postSteps(world.build('tuesday', image), ['checkout', 'build'], { run: 'tuesday' });
    return world.build('any', image).digest;
  }),
  honest('links of the chain that they name', async (world) => {
    await world.found();
    const build = world.build('monday');
    await world.postSteps(build, ['checkout', 'build'], { run: '1' });
    const { link } = await import('../support/supply-chain.js');
    const environment = { variables: [`CUSTODY_CHAIN=${world.chain}`] };
    const products = { 'report.json': 'no findings' };
    await world.post(signDsse(link('scan', { materials: build.digestFile, products, environment }), carol), {
      run: '1',
    });
    return build.digest;
  }),
  honest('a Statement in place of a link', async (world) => {
    await world.found();
    const build = world.build('monday');
    const digestFile = { name: 'image-digest.txt', digest: { sha256: sha256Hex(`${build.digest}\n`) } };
    const statement = {
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ name: 'report.json', digest: { sha256: sha256Hex('no findings') } }],
      predicateType: 'https://in-toto.io/attestation/link/v0.3',
      predicate: { name: 'scan', command: [], materials: [digestFile], byproducts: {}, environment: {} },
    };
    await world.postSteps(build, ['checkout', 'build'], { run: '1' });
    await world.post(signDsse(statement, carol), { run: '1' });
    return build.digest;
  }),
  honest('two reviewers who agree', async (world) => {
    await world.found(policy().step('review', { by: [carol, dave], threshold: 2, materials: ['ALLOW *'] }));
    const build = world.build('monday');
    await world.postBuild(build, { run: '1' });
    for (const by of [dave, carol])
      await world.post(build.sign('review', by, build.digestFile, {}), { run: '1' });
    return build.digest;
  }),
  honest('a digest file without its algorithm', async (world) => {
    await world.found();
    const build = world.build('monday');
    const digestFile = { 'image-digest.txt': hexOf(build.digest) };
    await world.postSteps(build, ['checkout'], { run: '1' });
    await world.post(build.sign('build', bob, build.sources, { ...build.sources, ...digestFile }), {
      run: '1',
    });
    await world.post(build.sign('scan', carol, digestFile, { 'report.json': 'no findings' }), { run: '1' });
    return build.digest;
  }),
  honest('the manifest of a config that was built', async (world) => {
    return digestOfFile((await pushed(world)).manifest);
  }),
  honest('an index of a manifest that was built and never posted', async (world) => {
    await world.found();
    const build = world.build('monday');
    await world.postBuild(build, { run: '1' });
    const index = indexOf([build.digest]);
    await world.postManifest(index);
    return digestOfFile(index);
  }),
  honest('an index of two platforms that were built', async (world) => {
    const { manifest } = await pushed(world);
    const arm = world.build('arm');
    await world.postBuild(arm, { run: 'arm' });
    const other = manifestOf(arm.digest, 'arm');
    await world.postManifest(other);
    const index = indexOf([digestOfFile(manifest)], [digestOfFile(other)]);
    await world.postManifest(indexOf([digestOfFile(index)]));
    await world.postManifest(index);
    await world.expectPass(digestOfFile(index));
    return digestOfFile(indexOf([digestOfFile(index)]));
  }),
];
