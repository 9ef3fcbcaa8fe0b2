// The audit: everything that a ledger's folders claim, recomputed from the bytes. Reads only, and
// believes nothing but the log's key and the checkpoints it is given. See audit.test.ts,
// test/tamper.
import { JournalError } from '@grantlog/journal'
import { base64url } from '@grantlog/record'
import { ed25519Verifier, openCheckpoint, TlogError } from '@grantlog/tlog'
import { Streams, type StreamState } from '../commit/streams.ts'
import { ed25519Verify, sha256 } from '../crypto.ts'
import type { Folders } from '../folders.ts'
import { isRecordLeaf } from '../format/leaf.ts'
import { type LedgerReader, openReader } from '../reader.ts'
import {
  auditCommit,
  auditPendingCommit,
  type FramesAudit,
  leafOf,
  type LogEntry,
} from './frames.ts'
import { type Finding, Findings } from './findings.ts'
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
  readonly findings: readonly Finding[]
  readonly findingsCount: number
  /** Checkpoints from elsewhere that the log agrees with; none: it is only self-consistent. */
  readonly anchors: number
  readonly anchored: boolean
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
  const known = newest(reader, open, findings)
  const anchors = seen.flatMap((note) => open(note) ?? [])
  const frames: FramesAudit = {
    journal,
    keystore,
    findings,
    enrolments: new Map(),
    verified: 0,
    next: 0,
  }
  const leaves = leafAuditor(findings, frames)
  const sizes = anchors.map(({ size }) => size)
  const tree = await auditTree({
    tiles,
    known,
    sizes,
    findings,
    onEntry: async (index, entry, suspect) => {
      await leaves.entry(index, entry, suspect)
      onProgress?.(index + 1, known.size)
    },
  })
  const pending = await auditPending(leaves, frames)
  const agreeing = anchors.filter((anchor) => agrees(anchor, known, tree.roots, findings))
  const streams = [...leaves.streams.states()]
  return {
    origin,
    size: known.size,
    root: known.root,
    records: leaves.records,
    verified: frames.verified,
    pending,
    streams,
    gaps: streams.reduce((sum, { missing }) => sum + missing, 0),
    findings: findings.list,
    findingsCount: findings.count,
    anchors: agreeing.length,
    anchored: agreeing.length > 0,
  }
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
 * The newest checkpoint there is. The lock store may be one ahead of the folder, after a crash
 * between signing and publishing; when the folder lacks what was signed, it was rolled back.
 */
function newest(reader: LedgerReader, open: OpenNote, findings: Findings): KnownRoot {
  const published = reader.published && open(reader.published)
  if (!published && (reader.published || reader.locked)) {
    findings.add('CHECKPOINT_ALTERED', { where: 'checkpoint' })
  }
  const locked = reader.locked && open(new TextEncoder().encode(reader.locked.note))
  const candidates = [published, locked].filter((known) => known !== null)
  const [best] = candidates.sort((a, b) => b.size - a.size)
  return best ?? { size: 0, root: base64url(sha256(new Uint8Array(0))) }
}

interface LeafAuditor {
  readonly streams: Streams
  records: number
  /** `suspect`: its tile says it is another entry. */
  entry(index: number, entry: Uint8Array, suspect: boolean): Promise<void>
  /** Entries since the last frame leaf: a commit that is not whole. */
  readonly open: LogEntry[]
}

/** Checks leaves one by one, and each commit when its frame leaf has come. */
function leafAuditor(findings: Findings, frames: FramesAudit): LeafAuditor {
  let lastReceivedAt = 0
  const auditor: LeafAuditor = {
    streams: new Streams(),
    records: 0,
    open: [],
    async entry(index, entry, suspect) {
      auditor.open.push({ entry, suspect })
      const leaf = leafOf(entry)
      const at = { where: `entry ${index}`, index }
      if (!leaf) {
        findings.add('LEAF_MALFORMED', at)
        return
      }
      // A suspect entry says nothing about its neighbours; the tree's own check names it.
      if (!suspect) {
        if (leaf.receivedAt < lastReceivedAt) {
          findings.add('ORDER_CHANGED', at, 'it was received before the entry it stands behind')
        }
        lastReceivedAt = leaf.receivedAt
      }
      if (isRecordLeaf(leaf)) {
        if (auditor.streams.find(leaf.kid, leaf.instance, leaf.seq) !== undefined) {
          findings.add('CONFLICT', at)
        } else auditor.streams.add(leaf, index)
        if (leaf.type === 'record') auditor.records++
      } else if (leaf.type === 'frame') {
        const entries = auditor.open.splice(0)
        const first = index + 1 - entries.length
        const misplaced = leaf.first !== first || leaf.count !== entries.length - 1
        if (misplaced && !suspect) {
          findings.add('ORDER_CHANGED', at, 'a frame leaf does not stand behind its commit')
        }
        await auditCommit(frames, first, entries)
      }
    },
  }
  return auditor
}

/** Commits beyond the checkpoint, in leaves. */
async function auditPending(leaves: LeafAuditor, frames: FramesAudit): Promise<number> {
  let pending = leaves.open.length
  while (frames.next < frames.journal.next) pending += await auditPendingCommit(frames)
  return pending
}

/** Compares a checkpoint from elsewhere with the log; says so when they do not agree. */
function agrees(
  anchor: KnownRoot,
  known: KnownRoot,
  roots: ReadonlyMap<number, readonly string[]>,
  findings: Findings,
): boolean {
  const where = `size ${anchor.size}`
  if (anchor.size > known.size) {
    const detail = `a checkpoint of ${anchor.size} leaves was seen; this log has ${known.size}`
    findings.add('LOG_ROLLED_BACK', { where }, detail)
    return false
  }
  const found = roots.get(anchor.size)
  const agreeing = found?.includes(anchor.root) === true
  if (found && !agreeing) {
    findings.add('LOG_REWRITTEN', { where }, 'a checkpoint seen elsewhere has another root')
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
    findings: findings.list,
    findingsCount: findings.count,
    anchors: 0,
    anchored: false,
  }
}
