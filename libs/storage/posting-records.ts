import type { ImagePosted, LinkPosted } from './journal-record.js';

interface PostedLink {
  readonly at: Date;
  readonly id: Buffer;
  readonly seq: string;
  readonly created?: boolean;
  readonly run?: LinkPosted['run'];
  readonly declared?: Buffer | undefined;
  readonly poster?: LinkPosted['poster'];
}

/** The same posting makes the same bytes, whoever writes it down: a repair puts it in the place of what was damaged. */
export function linkRecord({ at, id, seq, created, run, declared, poster }: PostedLink): LinkPosted {
  return {
    v: 1,
    kind: 'link',
    at: at.toISOString(),
    id: id.toString('hex'),
    seq,
    ...(created ? { created } : {}),
    ...(run ? { run } : {}),
    ...(declared ? { subject: declared.toString('hex') } : {}),
    ...(poster ? { poster } : {}),
  };
}

export function imageRecord(digest: Buffer, poster: ImagePosted['poster'], at: Date): ImagePosted {
  return { v: 1, kind: 'image', at: at.toISOString(), id: digest.toString('hex'), poster };
}
