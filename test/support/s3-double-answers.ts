export interface Answer {
  readonly status: number;
  readonly etag?: string;
  readonly body?: Buffer;
}

export function errorAnswer(status: number, code: string): Answer {
  return { status, body: xml(`<Error><Code>${code}</Code><Message>${code}</Message></Error>`) };
}

/** ListObjectsV2. The continuation token is the last key of the page before. */
export function listing(bucket: string, objects: Map<string, Buffer>, query: URLSearchParams): Answer {
  const prefix = query.get('prefix') ?? '';
  const after = query.get('continuation-token') ?? query.get('start-after') ?? '';
  const size = Number(query.get('max-keys') ?? 1000);
  const rest = [...objects.keys()].filter((key) => key.startsWith(prefix) && key > after).sort();
  const page = rest.slice(0, size);
  const isTruncated = rest.length > page.length;
  const next = isTruncated
    ? `<NextContinuationToken>${escapeXml(page.at(-1) ?? '')}</NextContinuationToken>`
    : '';
  const contents = page.map((key) => {
    const length = objects.get(key)?.length ?? 0;
    return `<Contents><Key>${escapeXml(key)}</Key><Size>${length}</Size></Contents>`;
  });
  return {
    status: 200,
    body: xml(
      `<ListBucketResult><Name>${bucket}</Name><KeyCount>${page.length}</KeyCount><MaxKeys>${size}</MaxKeys>` +
        `<IsTruncated>${isTruncated}</IsTruncated>${next}${contents.join('')}</ListBucketResult>`,
    ),
  };
}

function xml(text: string): Buffer {
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${text}`);
}

function escapeXml(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}
