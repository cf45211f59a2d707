import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { mermaid } from './mermaid.js';

function explained(names: { step?: string; run?: string | null; path?: string; rule?: string }) {
  const {
    step = 'build',
    run = '7',
    path = 'image.tar',
    rule = 'MATCH src/* WITH PRODUCTS FROM tag',
  } = names;
  return {
    digest: `sha256:${'ab'.repeat(32)}`,
    verdict: 'fail',
    steps: ['tag', step, 'scan'],
    builds: [
      {
        run,
        outcome: 'fail',
        sets: 1,
        chosen: [
          { id: '1'.repeat(64), step: 'tag', keyids: ['a'], receivedAt: '' },
          { id: '2'.repeat(64), step, keyids: ['b'], receivedAt: '' },
        ],
        rejected: [{ id: '3'.repeat(64), step: 'scan', keyids: ['c'], reason: 'SIGNATURE_INVALID' }],
        anchors: [{ link: '2'.repeat(64), step, path, form: 'digest', via: 'itself', digest: '' }],
        ties: [
          {
            rule,
            from: { step, side: 'materials' },
            to: { step: 'tag', side: 'products' },
            compared: 3,
            equal: 2,
            artifacts: [],
          },
        ],
        missingTies: [{ rule: 'MATCH image.tar WITH PRODUCTS FROM build', from: 'scan', to: step }],
      },
    ],
    manifests: [],
  } satisfies Parameters<typeof mermaid>[0];
}

describe('the graph of a verdict', () => {
  it('has a box for each link, an arrow for each rule, dashed where it does not hold', () => {
    expect(mermaid(explained({})).split('\n')).toEqual([
      'flowchart RL',
      '  subject(["sha256:abababababab… fail"])',
      '  subgraph b0 ["run 7: fail"]',
      '    b0s0["tag<br/>link 11111111"]',
      '    b0s1["build<br/>link 22222222"]',
      '    b0s2["scan<br/>no link"]:::absent',
      '    b0r0["scan<br/>link 33333333<br/>SIGNATURE_INVALID"]:::rejected',
      '  end',
      '  b0s1 -.->|"MATCH src/* WITH PRODUCTS FROM tag: 2 of 3"| b0s0',
      '  b0s2 -.->|"MATCH image.tar WITH PRODUCTS FROM build: no link"| b0s1',
      '  b0s1 ==>|"image.tar (digest)"| subject',
      '  classDef absent stroke-dasharray: 4 4',
      '  classDef rejected color:#888,stroke:#888',
      '',
    ]);
  });

  it('says when a build names no run, and how the manifests of an index fare', () => {
    const manifests = [{ digest: `sha256:${'cd'.repeat(32)}`, outcome: 'pending' as const }];
    const text = mermaid({ ...explained({ run: null }), manifests });
    expect(text).toContain('subgraph b0 ["links without a run: fail"]');
    expect(text).toContain('m0(["manifest sha256:cdcdcdcdcdcd… pending"]) --> subject');
  });

  it('cuts names that are too long to draw', () => {
    const text = mermaid(explained({ path: 'x'.repeat(500) }));
    expect(text).toContain(`"${'x'.repeat(79)}… (digest)"`);
  });

  it.each([
    '"] --> subject',
    '<img src=x onerror=alert(1)>',
    'a\n  click b0s0 "javascript:x"',
    '`x`',
    '#quot;',
  ])('keeps the name %j from becoming markup', (name) => {
    expect(shapeOf(mermaid(explained({ step: name })))).toEqual(shapeOf(mermaid(explained({}))));
  });

  it('has the same shape whatever tenants call their things', () => {
    const name = fc.string({ unit: 'binary', minLength: 1, maxLength: 30 });
    const hostile = fc.record({ step: name, run: name, path: name, rule: name });
    const plain = shapeOf(mermaid(explained({})));
    fc.assert(
      fc.property(hostile, (names) => {
        fc.pre(!['tag', 'scan'].includes(names.step));
        expect(shapeOf(mermaid(explained(names)))).toEqual(plain);
      }),
    );
  });
});

/** The lines without what stands in quotes, of which nothing may be markup but the line breaks put in here. */
function shapeOf(text: string): string[] {
  return text.split('\n').map((line) =>
    line.replace(/"([^"]*)"/g, (_, quoted: string) => {
      expect(quoted.replaceAll('<br/>', '')).not.toMatch(/[<>\n\r`\\]|#(?!\d+;)/);
      return '""';
    }),
  );
}
