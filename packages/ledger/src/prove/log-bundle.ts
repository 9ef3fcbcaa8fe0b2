// Bundles of audit log records (FORMAT.md 6.4): that the log has exactly this, and what the
// receiver says of who brought it. `checkLogBundle` needs no ledger. See log-bundle.test.ts and
// test/vectors/verify.py.
import { type LogSlotName, utf8 } from '@grantlog/record'
import { checkProof, ed25519Verifier, parseVkey } from '@grantlog/tlog'
import { LedgerError } from '../codes.ts'
import { ed25519Verify, sha256 } from '../crypto.ts'
import { decodeLeaf, type LogLeaf } from '../format/leaf.ts'
import { logBreach } from '../format/observation.ts'
import type { LedgerReader } from '../reader.ts'
import { prover } from './bundle.ts'
import type { FrameEntry } from './frames.ts'

/** Text members are the exact bytes. */
export interface LogBundle {
  readonly format: 'grantlog-log-bundle-v1'
  readonly canonical: string
  readonly index: number
  readonly leaf: string
  readonly logKey: string
  readonly observation: string
  readonly openings: { readonly [slot: string]: string }
  readonly proof: string
}

export interface LogBundleOptions {
  /** Which slots to disclose; default none. */
  readonly disclose?: readonly LogSlotName[] | 'all'
}

export interface LogBundleReport {
  readonly leaf: LogLeaf
  readonly index: number
  /** Size of the tree that the proof leads to. */
  readonly size: number
  readonly origin: string
}

/** The bundle of one log record, by index or the leaf's id; throws LEDGER_NOT_FOUND. */
export async function makeLogBundle(
  reader: LedgerReader,
  target: { readonly index: number } | { readonly id: string },
  options: LogBundleOptions = {},
): Promise<LogBundle> {
  for await (const { entries } of reader.frames(0)) {
    for (const found of entries) {
      const { index, leaf, stored } = found
      const isIt =
        'index' in target ? index === target.index : 'id' in leaf && leaf.id === target.id
      if (isIt && stored.kind === 'log') return makeLogBundleOf(reader, found, options)
    }
  }
  throw notPublished()
}

/** The same of an entry that was read; throws LEDGER_NOT_FOUND for one that is not published. */
export async function makeLogBundleOf(
  reader: LedgerReader,
  { entry, index, logOpenings, stored }: FrameEntry,
  { disclose = [] }: LogBundleOptions = {},
): Promise<LogBundle> {
  const prove = await prover(reader)
  if (stored.kind !== 'log' || index >= prove.size) throw notPublished()
  const shown = logOpenings().filter(({ slot }) => disclose === 'all' || disclose.includes(slot))
  return {
    format: 'grantlog-log-bundle-v1',
    canonical: text(stored.canonical),
    index,
    leaf: text(entry),
    logKey: reader.logKey,
    observation: text(stored.observation),
    openings: Object.fromEntries(shown.map(({ opening, slot }) => [slot, text(opening)])),
    proof: await prove.at(index),
  }
}

function notPublished(): LedgerError {
  return new LedgerError('LEDGER_NOT_FOUND', 'no published log record has this id or index')
}

/** As `checkBundle`; what it says nothing of is who made the record. */
export function checkLogBundle(
  bundle: LogBundle,
  options: { logKey?: string } = {},
): LogBundleReport {
  requireForm(bundle)
  const logKey = options.logKey ?? bundle.logKey
  const { name: origin } = parseVkey(logKey, sha256)
  const verifiers = [ed25519Verifier(logKey, sha256, ed25519Verify)]
  const entry = utf8(bundle.leaf)
  const proved = checkProof({ sha256, origin, verifiers, proof: bundle.proof, entry })
  if (proved.index !== bundle.index) throw broken('the proof is of another place')
  const leaf = decodeLeaf(entry)
  if (leaf.type !== 'log') throw broken('the leaf is of no log record')
  const openings = Object.entries(bundle.openings).map(([slot, opening]) => ({
    slot: slot as LogSlotName,
    opening: utf8(opening),
  }))
  const stored = { canonical: utf8(bundle.canonical), observation: utf8(bundle.observation) }
  const breach = logBreach(leaf, stored, openings)
  if (breach !== null) throw broken(breach)
  return { leaf, index: proved.index, size: proved.checkpoint.size, origin }
}

const texts = ['canonical', 'leaf', 'logKey', 'observation', 'proof'] as const

/** A bundle comes from anywhere: exactly its members, each of its type, or it is none. */
function requireForm(bundle: unknown): void {
  const isObject = (value: unknown): value is Record<string, unknown> =>
    typeof value === 'object' && value !== null && !Array.isArray(value)
  const isText = (value: unknown): boolean => typeof value === 'string' && value.isWellFormed()
  if (!isObject(bundle) || bundle.format !== 'grantlog-log-bundle-v1') throw broken('its format')
  const members = ['format', 'index', 'openings', ...texts].toSorted().join()
  const { index, openings } = bundle
  const isWhole =
    Object.keys(bundle).toSorted().join() === members &&
    texts.every((name) => isText(bundle[name])) &&
    Number.isSafeInteger(index) &&
    isObject(openings) &&
    Object.values(openings).every(isText)
  if (!isWhole) throw broken('a member is not of its type')
}

function text(bytes: Uint8Array): string {
  return new TextDecoder().decode(bytes)
}

function broken(why: string): LedgerError {
  return new LedgerError('LEDGER_FORMAT', `the bundle does not hold: ${why}`)
}
