import { describe, expect, it } from 'vitest';
import { keyIdOf } from './keyid.js';

describe('keyIdOf', () => {
  it('names an Ed25519 key as tools of 2.x do', () => {
    const key = {
      keytype: 'ed25519',
      scheme: 'ed25519',
      keyval: { public: '7a3dde1108b6db6bd7d066cee171ff29f2545831dca73a886a5fc765ea2d2f6b' },
    };
    expect(keyIdOf(key, '2.x')).toBe('d8ac4728296fb7ca2e3b8e2982c083e3839d4c00d62c3e6056df74e23daaf371');
  });

  it('names an Ed25519 key as tools of 1.x do', () => {
    const key = {
      keyid_hash_algorithms: ['sha256', 'sha512'],
      keytype: 'ed25519',
      scheme: 'ed25519',
      keyval: { private: '', public: 'cdd3186e6f297cc7bb420b9bc4e752136cd43a02ce105fe3714be1bc9d1aafea' },
    };
    expect(keyIdOf(key, '1.x')).toBe('f6cf6a6fd6d49752d366a48eab4601d44a20b9e1640237a3f8fa04d742eec57f');
  });

  it('hashes a PEM with its final newline for 2.x', () => {
    const pem = `-----BEGIN PUBLIC KEY-----
MFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEFvrgg9zjcGrwTUPEiTyu7W76bCkQ
Q0l8H/bzN4QBZ0NHPG7r4P8G7n2Oo6O+O0e7xNPxIgLAyj0mKNkIFIC+pw==
-----END PUBLIC KEY-----
`;
    const key = { keytype: 'ecdsa', scheme: 'ecdsa-sha2-nistp256', keyval: { public: pem } };
    expect(keyIdOf(key, '2.x')).toBe('3359a84064ece95cb089b32d2aa5576d0f2e61498ee58440596fb760b9a44764');
    expect(keyIdOf(key, '1.x')).toBe(keyIdOf({ ...key, keyval: { public: pem.trim() } }, '1.x'));
  });
});
