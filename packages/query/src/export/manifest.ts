// What an exported file is, as a signed note (c2sp.org/signed-note): whoever has the file, its
// manifest and the ledger's export key knows that it is what this ledger gave out, whole.
//   grantlog-export-v1
//   origin localhost/grantlog-0a1b2c3d
//   query "client:web outcome:denied"
//   format csv
//   personal withheld
//   records 2
//   first 17
//   last 40
//   sha256 9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08
//   checkpoint 41 47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=
//   created 2026-01-31T12:00:00.000Z
//
//   — localhost/grantlog-0a1b2c3d/export …
// See manifest.test.ts.
import { ed25519Verify, type LedgerReader, sha256 } from '@grantlog/ledger'
import {
  ed25519Verifier,
  emptyRoot,
  openCheckpoint,
  openNote,
  parseVkey,
  signNote,
  TlogError,
} from '@grantlog/tlog'
import { QueryError } from '../codes.ts'
import type { Exported } from './export.ts'
import { EXPORT_FORMATS, type ExportFormat } from './formats.ts'
import { exportKeyName, exportSigner } from './key.ts'

const FORM = 'grantlog-export-v1'

/** What a manifest is of. */
export interface ManifestOptions {
  readonly reader: Pick<LedgerReader, 'keystore' | 'logKey' | 'origin' | 'published'>
  readonly exported: Exported
  /** As it was written. */
  readonly query: string
  readonly format: ExportFormat
  readonly showPersonal: boolean
  /** When it was asked, Unix milliseconds: relative times of the query count from it. */
  readonly now: number
}

export interface Manifest {
  readonly origin: string
  readonly query: string
  readonly format: ExportFormat
  readonly personal: 'shown' | 'withheld'
  readonly records: number
  readonly firstIndex: number | null
  readonly lastIndex: number | null
  /** Hexadecimal. */
  readonly sha256: string
  /** The log as it was published: records from `size` on were not under it yet. */
  readonly checkpoint: { readonly size: number; readonly root: string }
  readonly created: string
}

/** Errors: EXPORT_KEY_MISSING; TlogError when the published checkpoint is not the log's. */
export function manifestOf(options: ManifestOptions): Uint8Array {
  const { exported, format, now, query, reader, showPersonal } = options
  const { size, root } = checkpointOf(reader)
  const place = (index: number | null): string => (index === null ? '-' : String(index))
  const lines = [
    FORM,
    `origin ${reader.origin}`,
    // As a JSON string: a line end or a control character in it cannot make a line.
    `query ${JSON.stringify(query)}`,
    `format ${format}`,
    `personal ${showPersonal ? 'shown' : 'withheld'}`,
    `records ${exported.records}`,
    `first ${place(exported.firstIndex)}`,
    `last ${place(exported.lastIndex)}`,
    `sha256 ${exported.sha256}`,
    `checkpoint ${size} ${root}`,
    `created ${new Date(now).toISOString()}`,
  ]
  return signNote(`${lines.join('\n')}\n`, [exportSigner(reader)])
}

function checkpointOf({ logKey, origin, published }: ManifestOptions['reader']): {
  readonly size: number
  readonly root: string
} {
  const root = (hash: Uint8Array): string => Buffer.from(hash).toString('base64')
  if (published === null) return { size: 0, root: root(emptyRoot(sha256)) }
  const verifiers = [ed25519Verifier(logKey, sha256, ed25519Verify)]
  const checkpoint = openCheckpoint(published, { origin, verifiers })
  return { size: checkpoint.size, root: root(checkpoint.root) }
}

const form = new RegExp(
  [
    `^${FORM}\n`,
    'origin (?<origin>\\S+)\n',
    'query (?<query>"[^\n]*")\n',
    `format (?<format>${EXPORT_FORMATS.join('|')})\n`,
    'personal (?<personal>shown|withheld)\n',
    'records (?<records>0|[1-9]\\d{0,14})\n',
    'first (?<first>-|0|[1-9]\\d{0,14})\n',
    'last (?<last>-|0|[1-9]\\d{0,14})\n',
    'sha256 (?<sha256>[0-9a-f]{64})\n',
    'checkpoint (?<size>0|[1-9]\\d{0,14}) (?<root>[A-Za-z0-9+/]{43}=)\n',
    'created (?<created>\\d{4}-\\d\\d-\\d\\dT\\d\\d:\\d\\d:\\d\\d\\.\\d{3}Z)\n$',
  ].join(''),
)

/**
 * Opens a manifest under the export key of the ledger that is trusted. Errors: EXPORT_UNVERIFIED
 * when that key has not signed it, EXPORT_MALFORMED; TLOG_KEY_MALFORMED for the key.
 */
export function openManifest(bytes: Uint8Array, vkey: string): Manifest {
  const verifier = ed25519Verifier(vkey, sha256, ed25519Verify)
  let text: string
  try {
    text = openNote(bytes, [verifier]).text
  } catch (cause) {
    if (!(cause instanceof TlogError)) throw cause
    throw new QueryError('EXPORT_UNVERIFIED', cause.message, { cause })
  }
  const found = form.exec(text)?.groups
  if (found === undefined) throw new QueryError('EXPORT_MALFORMED')
  const field = (name: string): string => found[name] ?? ''
  const place = (name: string): number | null => (field(name) === '-' ? null : Number(field(name)))
  // A key of another log, or one that signs something else, says nothing of this one.
  if (parseVkey(vkey, sha256).name !== exportKeyName(field('origin'))) {
    throw new QueryError('EXPORT_UNVERIFIED', 'it is of another log than the key')
  }
  return {
    origin: field('origin'),
    query: queryIn(field('query')),
    format: field('format') as ExportFormat,
    personal: field('personal') as Manifest['personal'],
    records: Number(field('records')),
    firstIndex: place('first'),
    lastIndex: place('last'),
    sha256: field('sha256'),
    checkpoint: { size: Number(field('size')), root: field('root') },
    created: field('created'),
  }
}

function queryIn(json: string): string {
  try {
    return JSON.parse(json) as string
  } catch (cause) {
    throw new QueryError('EXPORT_MALFORMED', 'its query', { cause })
  }
}
