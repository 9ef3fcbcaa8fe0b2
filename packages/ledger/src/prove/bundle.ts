// Bundles: one record with everything that proves it, for somebody who has nothing else
// (FORMAT.md 4). `checkBundle` needs no ledger. See bundle.test.ts and test/vectors/verify.py.
import { base64url, fromBase64url, type SlotName, utf8 } from '@grantlog/record'
import {
  checkProof,
  ed25519Verifier,
  encodeProof,
  openCheckpoint,
  parseVkey,
  proveInclusion,
} from '@grantlog/tlog'
import { checkRecord, verifyBatch } from '../audit/record.ts'
import { LedgerError } from '../codes.ts'
import { ed25519Verify, sha256 } from '../crypto.ts'
import { decodeEnrolment, isCompromised } from '../format/enrolment.ts'
import { contentDigest, decodeLeaf, isRecordLeaf, type RecordLeaf } from '../format/leaf.ts'
import type { LedgerReader } from '../reader.ts'
import type { FrameEntry } from './frames.ts'

/** One record, its batch, its key and its proofs. Text members are the exact bytes. */
export interface Bundle {
  readonly format: 'grantlog-bundle-v1'
  readonly canonical: string
  readonly openings: { readonly [slot: string]: string }
  readonly jws: string
  readonly digests: string
  readonly enrolment: string
  readonly index: number
  readonly leaf: string
  readonly proof: string
  readonly keyIndex: number
  readonly keyLeaf: string
  readonly keyProof: string
  readonly logKey: string
  /** Of a record that its key sealed since it was declared compromised; all four, or none. */
  readonly revocation?: string
  readonly revocationIndex?: number
  readonly revocationLeaf?: string
  readonly revocationProof?: string
}

export interface BundleOptions {
  /** Which slots to disclose; default none. */
  readonly disclose?: readonly SlotName[] | 'all'
  /** The last entry of the key, where that says `since`; see readRevocations. */
  readonly revocation?: FrameEntry | undefined
}

/** What a checked bundle proves. */
export interface BundleReport {
  readonly leaf: RecordLeaf
  readonly index: number
  /** Size of the tree that the record's proof leads to. */
  readonly size: number
  readonly origin: string
  /**
   * Since when the key was declared compromised, in Unix seconds, and this is from that time; null:
   * the bundle says nothing of it.
   */
  readonly compromisedSince: number | null
}

/** The last `key` entry of each key that was declared compromised, by kid. */
export async function readRevocations(
  reader: Pick<LedgerReader, 'frames'>,
): Promise<Map<string, FrameEntry>> {
  const found = new Map<string, FrameEntry>()
  for await (const { entries } of reader.frames(0)) {
    for (const each of entries) {
      if (each.leaf.type !== 'key') continue
      if (sinceOf(each) === undefined) found.delete(each.leaf.id)
      else found.set(each.leaf.id, each)
    }
  }
  return found
}

/** What an entry of a key says of its compromise; undefined: nothing. */
function sinceOf({ stored }: FrameEntry): number | undefined {
  return stored.kind === 'content' ? decodeEnrolment(stored.content).since : undefined
}

/**
 * Bundles of records by index or record id, in the log's order. Only published records have proofs;
 * a target that is not found is left out.
 */
export async function* makeBundles(
  reader: LedgerReader,
  wanted: (leaf: RecordLeaf, index: number) => boolean,
  options: BundleOptions = {},
): AsyncGenerator<Bundle, void, void> {
  const enrolled = new Map<string, FrameEntry>()
  const revocations = await readRevocations(reader)
  const prove = await prover(reader)
  for await (const frame of reader.frames(0)) {
    for (const each of frame.entries) {
      const { index, leaf } = each
      if (leaf.type === 'key') enrolled.set(leaf.id, each)
      if (!isRecordLeaf(leaf) || !wanted(leaf, index) || index >= prove.size) continue
      const key = enrolled.get(leaf.kid)
      if (!key) throw new LedgerError('LEDGER_DAMAGED', `no key is enrolled for record ${index}`)
      const revocation = revocations.get(leaf.kid)
      const own = { ...options, revocation }
      yield await bundleOf(each, key, { prove, options: own, logKey: reader.logKey })
    }
  }
}

/**
 * The bundle of a record that was found already, with the entry of its key's enrolment; both are of
 * this reader. Throws LEDGER_NOT_FOUND when it is not published yet.
 */
export async function makeBundleOf(
  reader: LedgerReader,
  { key, record }: { readonly record: FrameEntry; readonly key: FrameEntry },
  options: BundleOptions = {},
): Promise<Bundle> {
  const prove = await prover(reader)
  if (record.index >= prove.size) {
    throw new LedgerError('LEDGER_NOT_FOUND', 'the record is not published yet')
  }
  return bundleOf(record, key, { prove, options, logKey: reader.logKey })
}

async function bundleOf(
  record: FrameEntry,
  key: FrameEntry,
  {
    logKey,
    options,
    prove,
  }: {
    readonly prove: Prover
    readonly options: BundleOptions
    readonly logKey: string
  },
): Promise<Bundle> {
  if (key.stored.kind !== 'content') {
    throw new LedgerError('LEDGER_DAMAGED', `leaf ${key.index} has no enrolment`)
  }
  return {
    format: 'grantlog-bundle-v1',
    ...recordPart(record, options),
    enrolment: text(key.stored.content),
    index: record.index,
    leaf: text(record.entry),
    proof: await prove.at(record.index),
    keyIndex: key.index,
    keyLeaf: text(key.entry),
    keyProof: await prove.at(key.index),
    logKey,
    ...(await revocationPart(record, { prove, options })),
  }
}

async function revocationPart(
  { leaf }: FrameEntry,
  { options: { revocation }, prove }: { readonly prove: Prover; readonly options: BundleOptions },
): Promise<Partial<Bundle>> {
  // One that is not published yet has no proof, and so nothing is said of it.
  if (revocation?.stored.kind !== 'content' || revocation.index >= prove.size) return {}
  const { content } = revocation.stored
  if (!isCompromised(decodeEnrolment(content), leaf)) return {}
  return {
    revocation: text(content),
    revocationIndex: revocation.index,
    revocationLeaf: text(revocation.entry),
    revocationProof: await prove.at(revocation.index),
  }
}

/** The bundle of one record; throws LEDGER_NOT_FOUND. */
export async function makeBundle(
  reader: LedgerReader,
  target: { readonly index: number } | { readonly id: string },
  options: BundleOptions = {},
): Promise<Bundle> {
  const wanted = (leaf: RecordLeaf, index: number): boolean =>
    'index' in target ? index === target.index : leaf.id === target.id
  for await (const bundle of makeBundles(reader, wanted, options)) return bundle
  throw new LedgerError('LEDGER_NOT_FOUND', 'no published record has this id or index')
}

/**
 * Checks a bundle against a log key; throws a LedgerError, RecordError or TlogError that says what
 * does not hold. Without `logKey` the bundle's own is used, which proves only that it is
 * consistent.
 */
export function checkBundle(bundle: Bundle, options: { logKey?: string } = {}): BundleReport {
  requireForm(bundle)
  const logKey = options.logKey ?? bundle.logKey
  const { name: origin } = parseVkey(logKey, sha256)
  const verifiers = [ed25519Verifier(logKey, sha256, ed25519Verify)]
  const log = { sha256, origin, verifiers }
  const record = checkProof({ ...log, proof: bundle.proof, entry: utf8(bundle.leaf) })
  const key = checkProof({ ...log, proof: bundle.keyProof, entry: utf8(bundle.keyLeaf) })
  if (record.index !== bundle.index || key.index !== bundle.keyIndex || key.index >= record.index) {
    throw broken('the proofs are of other places')
  }
  const leaf = decodeLeaf(utf8(bundle.leaf))
  const keyLeaf = decodeLeaf(utf8(bundle.keyLeaf))
  const content = utf8(bundle.enrolment)
  const enrolment = decodeEnrolment(content)
  if (keyLeaf.type !== 'key' || keyLeaf.digest !== contentDigest('key', content)) {
    throw broken('the enrolment is not what the log holds')
  }
  if (!isRecordLeaf(leaf) || enrolment.kid !== leaf.kid || keyLeaf.id !== leaf.kid) {
    throw broken('the enrolment is of another key')
  }
  const digests = fromBase64url(bundle.digests)
  if (!digests) throw broken('digests')
  const verdict = checkRecord({
    leaf,
    canonical: utf8(bundle.canonical),
    openings: Object.entries(bundle.openings).map(([slot, opening]) => ({
      slot: slot as SlotName,
      opening: utf8(opening),
    })),
    batch: verifyBatch({ jws: bundle.jws, digests }, enrolment),
    enrolment,
  })
  if (verdict) throw broken(verdict.why)
  const compromisedSince = checkRevocation(bundle, leaf, log)
  return { leaf, index: record.index, size: record.checkpoint.size, origin, compromisedSince }
}

/** Gives its `since`; null for a bundle without one. */
function checkRevocation(
  { index, revocation, revocationIndex, revocationLeaf, revocationProof }: Bundle,
  leaf: RecordLeaf,
  log: Omit<Parameters<typeof checkProof>[0], 'entry' | 'proof'>,
): number | null {
  if (revocation === undefined) return null
  const entry = utf8(revocationLeaf!)
  const proof = checkProof({ ...log, proof: revocationProof!, entry })
  if (proof.index !== revocationIndex || proof.index <= index) {
    throw broken('the revocation is of another place')
  }
  const content = utf8(revocation)
  const end = decodeEnrolment(content)
  const endLeaf = decodeLeaf(entry)
  if (endLeaf.type !== 'key' || endLeaf.digest !== contentDigest('key', content)) {
    throw broken('the revocation is not what the log holds')
  }
  if (end.kid !== leaf.kid || endLeaf.id !== leaf.kid || !isCompromised(end, leaf)) {
    throw broken('the revocation is not about the record')
  }
  return end.since ?? null
}

const revocationMembers = ['revocation', 'revocationIndex', 'revocationLeaf', 'revocationProof']

const textMembers = [
  ...['canonical', 'jws', 'digests', 'enrolment', 'leaf', 'proof', 'keyLeaf', 'keyProof'],
  'logKey',
] as const
const countMembers = ['index', 'keyIndex'] as const

/** A bundle comes from anywhere, as JSON: exactly its members, each of its type, or it is none. */
function requireForm(bundle: unknown): void {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  const isText = (value: unknown): boolean => typeof value === 'string' && value.isWellFormed()
  if (!isObject(bundle) || bundle.format !== 'grantlog-bundle-v1') throw broken('its format')
  const isRevoked = Object.hasOwn(bundle, 'revocation')
  const more = isRevoked ? revocationMembers : []
  const members = ['format', 'openings', ...textMembers, ...countMembers, ...more]
  if (Object.keys(bundle).toSorted().join() !== members.toSorted().join()) throw broken('members')
  const { openings } = bundle
  const isIndex = (name: string): boolean => name.endsWith('Index') || name === 'index'
  const sound =
    [...textMembers, ...countMembers, ...more].every((name) =>
      isIndex(name) ? Number.isSafeInteger(bundle[name]) : isText(bundle[name]),
    ) &&
    isObject(openings) &&
    Object.values(openings).every(isText)
  if (!sound) throw broken('a member is not of its type')
}

function recordPart(
  entry: FrameEntry,
  { disclose = [] }: BundleOptions,
): Pick<Bundle, 'canonical' | 'openings' | 'jws' | 'digests'> {
  const { evidence, stored } = entry
  if (stored.kind !== 'record' || !evidence) {
    throw new LedgerError('LEDGER_DAMAGED', `leaf ${entry.index} has no record`)
  }
  const shown = entry.openings().filter(({ slot }) => disclose === 'all' || disclose.includes(slot))
  return {
    canonical: text(stored.canonical),
    openings: Object.fromEntries(shown.map(({ slot, opening }) => [slot, text(opening)])),
    jws: evidence.jws,
    digests: base64url(evidence.digests),
  }
}

export interface Prover {
  readonly size: number
  readonly at: (index: number) => Promise<string>
}

/** Proofs under the newest checkpoint that the reader found. */
export async function prover(reader: LedgerReader): Promise<Prover> {
  const { locked, logKey, origin, published, tiles } = reader
  const note = published ?? (locked && utf8(locked.note))
  if (!note) throw new LedgerError('LEDGER_NOT_FOUND', 'nothing is published yet')
  const verifiers = [ed25519Verifier(logKey, sha256, ed25519Verify)]
  const { size } = openCheckpoint(note, { origin, verifiers })
  const subtrees = tiles.reader(size)
  return {
    size,
    at: async (index) => {
      const hashes = await proveInclusion(subtrees, index, size)
      return encodeProof({ index, hashes, checkpoint: note })
    },
  }
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function broken(why: string): LedgerError {
  return new LedgerError('LEDGER_FORMAT', `the bundle does not hold: ${why}`)
}
