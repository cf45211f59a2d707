import { Inject, Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { DataSource } from 'typeorm';
import { type JsonValue, type PublicKey, parsePublicKey, type Side, signersOf } from '#in-toto/index.js';
import { type ChainTrust, chainTrust } from '#persistence/chains/chain-trust.js';
import { anchorKeys } from '#persistence/subjects/anchor-keys.js';
import { type Covering, manifestsOfIndex, relationsOf } from '#persistence/subjects/image-relations.js';
import type { Mark } from '#persistence/subjects/marks.js';
import {
  type EvidenceRow,
  LINKS_OF_RUN,
  linksOfFiles,
  linksOfRuns,
  looseAnchors,
  type RunMember,
  tiedFiles,
} from '#persistence/subjects/subject-evidence.js';
import { keyRecords } from '#persistence/trust/key-records.js';
import type { VerdictBasis } from '#persistence/verdicts/verdict-basis.js';
import { MetadataReader } from '#storage/metadata-reader.js';
import { searchClosure } from './closure-search.js';
import type { Anchor, Build, EvidenceLink, Inputs, Policy } from './evidence.js';
import { EvidenceBudget, type EvidenceLimits, UNLIMITED } from './evidence-budget.js';
import { layOutScreened, type ScreenedLink, screenInRun } from './lay-out-run.js';
import { fingerprintsOf } from './met-signatures.js';
import { LINKS_PER_DIGEST, type TiedLinkSource } from './tied-candidates.js';

/** Anchoring links without a run that a search starts from. */
const LOOSE_ANCHORS = 8;
/** Image manifests of one index. One with more is never passed. */
const MANIFESTS_AT_MOST = 64;
const NO_MANIFESTS = { manifests: [], limited: false };

export interface Gathered {
  readonly inputs: Inputs;
  /** The state of the chain's trust that was read. */
  readonly basis: Omit<VerdictBasis, 'engine'>;
  /** Digests (hexadecimal) whose appearance in a link without a run may change the verdict. */
  readonly watch: readonly string[];
}

export interface Question {
  /** As if this layout were in force. */
  readonly hypotheticalLayout?: Buffer | undefined;
  /** Only if this mark stands. */
  readonly onlyFor?: Mark;
}

/** Gathers what a verdict follows from: the index says which files, the blob store has them, every hash is checked. */
@Injectable()
export class EvidenceReader {
  /** By the digest of a chain's owners. */
  private readonly ownerKeys = new LRUCache<string, readonly PublicKey[]>({ max: 1_000 });

  constructor(
    @Inject(DataSource) private readonly source: DataSource,
    private readonly metadata: MetadataReader,
    private readonly limits: EvidenceLimits = UNLIMITED,
  ) {}

  /**
   * Undefined when the chain does not exist any more, or the mark that asks is not the subject's newest. Throws
   * TooMuchEvidence beyond its limits.
   */
  async gather(
    chainId: number,
    subject: Buffer,
    at: Date,
    { hypotheticalLayout, onlyFor }: Question = {},
  ): Promise<Gathered | undefined> {
    const trust = await chainTrust(this.source, chainId, onlyFor);
    if (!trust) {
      return undefined;
    }
    const supposed = hypotheticalLayout ? withLayout(trust, hypotheticalLayout, at) : trust;
    return {
      ...(await this.gatherSubject(chainId, supposed, subject, at, new EvidenceBudget(this.limits))),
      basis: { epoch: trust.epoch, ...trust.rules },
    };
  }

  private async gatherSubject(
    chainId: number,
    trust: ChainTrust,
    subject: Buffer,
    at: Date,
    budget: EvidenceBudget,
  ): Promise<Omit<Gathered, 'basis'>> {
    const layout = trust.activeLayout && {
      id: trust.activeLayout.id.toString('hex'),
      version: trust.activeLayout.version,
      receivedAt: trust.activeLayout.receivedAt,
      metadata: await this.metadata.read(trust.name, 'layouts', trust.activeLayout.id),
    };
    const owners = {
      keys: this.ownerKeysOf(trust),
      threshold: trust.ownerThreshold,
    };
    const payload = layout?.metadata.payload;
    const functionaries = payload?.type === 'layout' ? [...payload.keys.values()] : [];
    const [{ covering, isIndex }, keys] = await Promise.all([
      relationsOf(this.source, chainId, subject),
      keyRecords(this.source, chainId, fingerprintsOf([...functionaries, ...owners.keys])),
    ]);
    const anchors = anchorsOf(subject, covering);
    const about = { subject, chain: trust.name, settings: trust.settings, layout, owners, keys, anchors };
    const base = { ...about, manifestsLimited: false };
    if (payload?.type !== 'layout') {
      return { inputs: { ...base, builds: [], manifests: [] }, watch: [] };
    }
    const { manifests, limited } = isIndex
      ? await manifestsOfIndex(this.source, chainId, subject, MANIFESTS_AT_MOST)
      : NO_MANIFESTS;
    if (manifests.length > 0 || limited) {
      const gathered = await budget.each(manifests, (manifest) =>
        this.gatherSubject(chainId, trust, manifest, at, budget),
      );
      return {
        inputs: {
          ...about,
          builds: [],
          manifests: gathered.map(({ inputs }) => inputs),
          manifestsLimited: limited,
        },
        watch: gathered.flatMap(({ watch }) => watch),
      };
    }
    const policy: Policy = {
      chain: trust.name,
      layout: payload,
      settings: trust.settings,
      functionaries: signersOf(payload, owners.keys),
      keys,
      at,
    };
    const runs = await this.runs(chainId, subject, anchors, policy, budget);
    const loose = await this.loose(chainId, anchors, policy, budget);
    const builds = [...runs, ...(loose ? [loose.build] : [])].sort(newestFirst);
    const inputs = { ...base, builds, manifests: [] };
    return { inputs, watch: loose?.watch ?? [] };
  }

  /** The same objects as long as the owners are the same: what is found of their signatures is remembered with them. */
  private ownerKeysOf({ ownerKeys, rules }: ChainTrust): readonly PublicKey[] {
    const keys = this.ownerKeys.get(rules.owners) ?? ownerKeys.map((key) => parsePublicKey(key as JsonValue));
    this.ownerKeys.set(rules.owners, keys);
    return keys;
  }

  private async runs(
    chainId: number,
    subject: Buffer,
    anchors: readonly Anchor[],
    policy: Policy,
    budget: EvidenceBudget,
  ): Promise<Build[]> {
    const keys = anchors.flatMap(({ digest }) => anchorKeys(digest));
    const { runs, limited } = await linksOfRuns(this.source, chainId, subject, keys);
    budget.read(runs.flat());
    return budget.each(runs, async (members) => {
      const links = await budget.each(members, (member) => this.linkOfRun(policy, member, budget));
      const build = layOutScreened(policy, members[0]?.run ?? '', links);
      return { ...build, limited: limited || members.length === LINKS_OF_RUN };
    });
  }

  private async loose(chainId: number, anchors: readonly Anchor[], policy: Policy, budget: EvidenceBudget) {
    const keys = anchors.flatMap(({ digest }) => anchorKeys(digest));
    const rows = await looseAnchors(this.source, chainId, keys, LOOSE_ANCHORS);
    if (rows.length === 0) {
      return undefined;
    }
    const links = await this.looseLinks(policy.chain, rows, budget);
    const source = this.tiedLinkSource(chainId, policy.chain, budget);
    const { build, watch } = await searchClosure(policy, links, source, keys);
    return { build: { ...build, limited: build.limited || rows.length === LOOSE_ANCHORS }, watch };
  }

  private tiedLinkSource(chainId: number, chain: string, budget: EvidenceBudget): TiedLinkSource {
    return {
      find: (step: string, side: Side, digests: readonly string[]) => {
        const bytes = digests.map((digest) => Buffer.from(digest, 'hex'));
        return tiedFiles(this.source, chainId, step, side, bytes, LINKS_PER_DIGEST);
      },
      load: async (files) => {
        const rows = await linksOfFiles(this.source, chainId, files);
        return this.looseLinks(chain, rows, budget);
      },
    };
  }

  /** All of them are held: which of them count, the search finds out as it goes. */
  private looseLinks(
    chain: string,
    rows: readonly EvidenceRow[],
    budget: EvidenceBudget,
  ): Promise<EvidenceLink[]> {
    budget.read(rows);
    return budget.each(rows, async (row) => {
      const { link, heap } = await this.link(chain, row);
      budget.hold(heap);
      return link;
    });
  }

  private async linkOfRun(policy: Policy, member: RunMember, budget: EvidenceBudget): Promise<ScreenedLink> {
    const { link, heap } = await this.link(policy.chain, member);
    const { joined, attempt } = member;
    const screened = screenInRun(policy, { ...link, joined, attempt });
    if (screened.ageless) {
      budget.hold(heap);
    }
    return screened;
  }

  private async link(chain: string, row: EvidenceRow): Promise<{ link: EvidenceLink; heap: number }> {
    const { id, statement, arrival, said } = row;
    const { metadata, heap } = await this.metadata.readFile(chain, 'links', id);
    const link = {
      id: id.toString('hex'),
      statement: statement.toString('hex'),
      arrival,
      said,
      metadata,
    };
    return { link, heap };
  }
}

function anchorsOf(subject: Buffer, covering: readonly Covering[]): Anchor[] {
  return [
    { digest: subject, via: 'itself' },
    ...covering.map(({ covering, kind }) => ({ digest: covering, via: kind })),
  ];
}

/** As if it came into force now, after the one that is. */
export function withLayout(trust: ChainTrust, id: Buffer, receivedAt: Date): ChainTrust {
  return { ...trust, activeLayout: { id, version: (trust.activeLayout?.version ?? 0) + 1, receivedAt } };
}

function newestFirst(a: Build, b: Build): number {
  const [first, second] = [newestLink(a), newestLink(b)];
  return first === second ? 0 : first < second ? 1 : -1;
}

function newestLink({ directories }: Build): bigint {
  let newest = -1n;
  for (const { saidAt } of directories.flatMap((files) => [...files.values()])) {
    newest = saidAt.seq > newest ? saidAt.seq : newest;
  }
  return newest;
}
