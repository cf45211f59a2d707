import type { Artifacts } from '#in-toto/index.js';

const SHA256 = /^[0-9a-f]{64}$/i;

/** The sha256 digests of artifacts, each once, 32 bytes one after the other, as the index takes them. Other algorithms tie nothing. */
export function sha256Digests(artifacts: Artifacts): Buffer {
  const digests = new Set<string>();
  for (const path in artifacts) {
    const hex = artifacts[path]?.sha256;
    if (hex !== undefined && SHA256.test(hex)) {
      digests.add(hex.toLowerCase());
    }
  }
  return Buffer.from([...digests].join(''), 'hex');
}
