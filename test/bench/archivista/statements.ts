import { type SigningKey, sha256Hex, signDsse } from '../../support/supply-chain.js';

/** What both services take: Statements in DSSE envelopes with 20 subjects, about 4 KiB each, all different. */
export function signedStatements(builder: SigningKey, name: string, count: number): Buffer[] {
  return Array.from({ length: count }, (_, at) => {
    const subject = Array.from({ length: 20 }, (_, file) => ({
      name: `dist/part-${file}.js`,
      digest: { sha256: sha256Hex(`${name} ${at} ${file}`) },
    }));
    const predicate = {
      name: 'build',
      command: ['make', 'all'],
      materials: [],
      byproducts: { stdout: 'compiled\n'.repeat(45) },
      environment: {},
    };
    const predicateType = 'https://in-toto.io/attestation/link/v0.3';
    return signDsse({ _type: 'https://in-toto.io/Statement/v1', subject, predicateType, predicate }, builder);
  });
}
