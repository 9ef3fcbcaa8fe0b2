// The audit: everything that a ledger's folders claim, recomputed from the bytes. Reads only, and
// believes nothing but the log's key and the checkpoints it is given. See test/tamper.
import { JournalError } from '@grantlog/journal'
import { base64url, utf8 } from '@grantlog/record'
import { ed25519Verifier, openCheckpoint, TlogError } from '@grantlog/tlog'
import { Chains } from '../commit/chains.ts'
import type { StreamState } from '../commit/stream.ts'
import { ed25519Verify, sha256 } from '../crypto.ts'
import type { Folders } from '../folders.ts'
import { type LedgerReader, openReader } from '../reader.ts'
import { CommitWalk } from './commits.ts'
import { type Finding, Findings } from './findings.ts'
import { FrameCursor } from './frames.ts'
import type { SealedValidation, StoredAudit } from './stored.ts'
import { auditTree, type KnownRoot } from './tree.ts'

export interface AuditOptions {
  readonly folders: Folders
  /** The log's verifier key, kept by the auditor: the one beside the data proves little. */
  readonly logKey: string
  /** Checkpoint notes that were kept elsewhere, by producers, witnesses or people. */
  readonly seen?: readonly Uint8Array[]
  /** Told of progress in entries. */
  readonly onProgress?: (done: number, total: number) => void
}

export interface AuditReport {
  readonly origin: string
  /** Leaves under the newest checkpoint, and its root (b64u). */
  readonly size: number
  readonly root: string
  /** Leaves of type `record`, and how many of them verified wholly. */
  readonly records: number
  readonly verified: number
  /** Committed leaves that no checkpoint covers yet. */
  readonly pending: number
  readonly streams: readonly StreamState[]
  /** Numbers missing inside streams. */
  readonly gaps: number
  /** The newest validation of each service, by what its leaves say. */
  readonly validations: readonly SealedValidation[]
  readonly findings: readonly Finding[]
  readonly findingsCount: number
  /** Checkpoints from elsewhere that the log agrees with; none: it is only self-consistent. */
  readonly anchors: number
  readonly anchored: boolean
  /** Leaves that the newest of them covers: what comes after is only self-consistent. */
  readonly anchoredSize: number
}

/**
 * Audits a ledger. Findings are in the report; it throws only when it cannot look: LEDGER_MISSING,
 * KEYSTORE_DAMAGED, a TlogError for a malformed `logKey`.
 */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const findings = new Findings()
  const reader = await openReaderOrExplain(options.folders, findings)
  if (!reader) return nothingReadable(findings)
  try {
    return await auditReader(reader, options, findings)
  } finally {
    await reader.close()
  }
}

async function auditReader(
  reader: LedgerReader,
  { logKey, onProgress, seen = [] }: AuditOptions,
  findings: Findings,
): Promise<AuditReport> {
  const { journal, keystore, origin, tiles } = reader
  const open = checkpointOpener(origin, logKey)
  const inside = knownInside(reader, open, findings)
  const known = inside[0] ?? { size: 0, root: base64url(sha256(new Uint8Array(0))) }
  const anchors = anchorsIn(seen, open, { origin, findings })
  const stored: StoredAudit = {
    ...{ findings, keystore, blind: false, verified: 0 },
    enrolments: new Map(),
    chains: new Chains(),
    validations: new Map(),
  }
  const walk = new CommitWalk(stored, new FrameCursor(journal, keystore))
  const roots = await auditTree({
    tiles,
    known,
    sizes: new Set([...inside, ...anchors].map(({ size }) => size)),
    findings,
    onEntry: (place) => {
      onProgress?.(place.index + 1, known.size)
      return walk.entry(place)
    },
  })
  walk.end(known.size)
  const pending = await walk.pending(known.size)
  for (const other of inside) agrees(other, known, { roots, findings })
  const agreeing = anchors.filter((anchor) => agrees(anchor, known, { roots, findings }))
  const anchoredSize = Math.max(0, ...agreeing.map(({ size }) => size))
  requireAccounted(walk, stored.verified, findings)
  const streams = [...walk.streams.states()]
  return {
    origin,
    size: known.size,
    root: known.root,
    records: walk.records,
    verified: stored.verified,
    pending,
    streams,
    gaps: streams.reduce((sum, { missing }) => sum + missing, 0),
    validations: [...stored.validations.values()],
    findings: findings.list,
    findingsCount: findings.count,
    anchors: agreeing.length,
    anchored: anchoredSize > 0,
    anchoredSize,
  }
}

/** Every record verified, or a finding says why not: a hole in these checks must not pass. */
function requireAccounted(walk: CommitWalk, verified: number, findings: Findings): void {
  if (findings.count > 0 || verified === walk.records) return
  const where = `${walk.records - verified} of ${walk.records} records`
  findings.add('RECORD_MISSING', { where }, 'they could not be verified')
}

type OpenNote = (note: Uint8Array) => KnownRoot | null

/** Reads a checkpoint note; null unless the log's key signed it for this log. */
function checkpointOpener(origin: string, logKey: string): OpenNote {
  const log = { origin, verifiers: [ed25519Verifier(logKey, sha256, ed25519Verify)] }
  return (note) => {
    try {
      const { size, root } = openCheckpoint(note, log)
      return { size, root: base64url(root) }
    } catch (error) {
      if (error instanceof TlogError) return null
      throw error
    }
  }
}

/**
 * The checkpoints that the ledger itself keeps, the newest first: the published one, and the lock
 * store's, which may be one ahead after a crash between signing and publishing.
 */
function knownInside(reader: LedgerReader, open: OpenNote, findings: Findings): KnownRoot[] {
  const notes = [
    { where: 'checkpoint', note: reader.published },
    { where: 'lock store', note: reader.locked && utf8(reader.locked.note) },
  ]
  const known = notes.flatMap(({ where, note }) => {
    const opened = note && open(note)
    if (note && !opened) findings.add('CHECKPOINT_ALTERED', { where })
    return opened ?? []
  })
  // A crash before the very first publication leaves the lock store alone, with an empty log.
  const lost = !reader.published && known.some(({ size }) => size > 0)
  if (lost) findings.add('CHECKPOINT_ALTERED', { where: 'checkpoint' }, 'it is not there')
  return known.sort((a, b) => b.size - a.size)
}

/** Checkpoints from elsewhere that are this log's. An empty log's says nothing. */
function anchorsIn(
  seen: readonly Uint8Array[],
  open: OpenNote,
  { origin, findings }: { readonly origin: string; readonly findings: Findings },
): KnownRoot[] {
  return seen.flatMap((note, i) => {
    const opened = open(note)
    if (opened) return opened.size > 0 ? opened : []
    const [line] = new TextDecoder().decode(note).split('\n')
    if (line === origin) findings.add('ANCHOR_FOREIGN', { where: `seen checkpoint ${i + 1}` })
    return []
  })
}

/** Compares another checkpoint of this log with what it is; says so when they do not agree. */
function agrees(
  anchor: KnownRoot,
  known: KnownRoot,
  tree: { readonly roots: ReadonlyMap<number, readonly string[]>; readonly findings: Findings },
): boolean {
  const where = `size ${anchor.size}`
  if (anchor.size > known.size) {
    const detail = `a checkpoint of ${anchor.size} leaves was seen; this log has ${known.size}`
    tree.findings.add('LOG_ROLLED_BACK', { where }, detail)
    return false
  }
  const found = tree.roots.get(anchor.size)
  const agreeing = found?.includes(anchor.root) === true
  if (found && !agreeing) {
    tree.findings.add(
      'LOG_REWRITTEN',
      { where },
      'another checkpoint of this size has another root',
    )
  }
  return agreeing
}

async function openReaderOrExplain(
  folders: Folders,
  findings: Findings,
): Promise<LedgerReader | null> {
  try {
    return await openReader(folders)
  } catch (error) {
    if (!(error instanceof JournalError)) throw error
    findings.add('FRAME_ALTERED', { where: 'commit journal' }, error.message)
    return null
  }
}

function nothingReadable(findings: Findings): AuditReport {
  return {
    origin: '',
    size: 0,
    root: '',
    records: 0,
    verified: 0,
    pending: 0,
    streams: [],
    gaps: 0,
    validations: [],
    findings: findings.list,
    findingsCount: findings.count,
    anchors: 0,
    anchored: false,
    anchoredSize: 0,
  }
}
