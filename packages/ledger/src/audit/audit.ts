// The audit: everything that a ledger's folders claim, recomputed from the bytes. Reads only, and
// believes nothing but the log's key and the checkpoints it is given. See test/tamper.
import { JournalError } from '@grantlog/journal'
import { TILE_WIDTH } from '@grantlog/tlog'
import { Chains } from '../commit/chains.ts'
import type { StreamState } from '../commit/stream.ts'
import type { Folders } from '../folders.ts'
import { LogFiles } from '../io/log-files.ts'
import { type LedgerReader, openReader } from '../reader.ts'
import { agrees, anchorsIn, checkpointOpener, emptyLog, knownInside } from './checkpoints.ts'
import { CommitWalk } from './commits.ts'
import { type Finding, Findings } from './findings.ts'
import { FrameCursor } from './frames.ts'
import type { SealedValidation, StoredAudit } from './stored.ts'
import { auditTree } from './tree.ts'

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
  { folders, logKey, onProgress, seen = [] }: AuditOptions,
  findings: Findings,
): Promise<AuditReport> {
  const { journal, keystore, origin, tiles } = reader
  const open = checkpointOpener(origin, logKey)
  const inside = knownInside(reader, open, findings)
  const known = inside[0] ?? emptyLog
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
    files: new LogFiles(folders.ledger),
    known,
    sizes: new Set([...inside, ...anchors].map(({ size }) => size)),
    findings,
    onEntry: (place) => {
      onProgress?.(place.index + 1, known.size)
      return walk.entry(place)
    },
    onBundle: (bundle) => {
      onProgress?.(bundle.first + TILE_WIDTH, known.size)
      return walk.bundle(bundle)
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
