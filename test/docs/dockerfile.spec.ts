import { existsSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { readText } from './documents.js';

const dockerfile = readText('Dockerfile');

describe('the image', () => {
  it('is made of files that exist', () => {
    const sources = [...dockerfile.matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, paths = '']) =>
      paths.split(' '),
    );
    expect(sources).toContain('package.json');
    expect(sources.filter((path) => !existsSync(path))).toEqual([]);
  });

  it.each(['Dockerfile', 'docker-compose.yml'])('runs programs that exist: %s', (path) => {
    const programs = [...readText(path).matchAll(/\bdist\/(apps\/[\w-]+\/main)\.js/g)].map(
      ([, program]) => `${program}.ts`,
    );
    expect(programs.length).toBeGreaterThan(0);
    expect(programs.filter((program) => !existsSync(program))).toEqual([]);
  });

  it('and all that it runs beside are named by digest, with the tag for people', () => {
    const named = (path: string, line: RegExp) =>
      [...readText(path).matchAll(line)].map(([, name = '']) => name);
    const images = [
      ...named('Dockerfile', /^FROM (\S+)/gm),
      ...named('docker-compose.yml', /^ +image: (\S+)/gm),
    ];
    expect(images.length).toBeGreaterThan(4);
    expect(images.filter((image) => !/^[\w./-]+:[\w.-]+@sha256:[0-9a-f]{64}$/.test(image))).toEqual([]);
  });
});
