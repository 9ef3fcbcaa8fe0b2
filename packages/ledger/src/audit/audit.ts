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
import { type Compromised, compromisedIn } from './compromised.ts'
import { type Finding, Findings } from './findings.ts'
import { FrameCursor } from './frames.ts'
import { type AnewReason, type AuditState, Resume, type ResumeOptions } from './resume.ts'
import type { SealedValidation, StoredAudit } from './stored.ts'
import { auditTree, type KnownRoot, type TreeSoFar } from './tree.ts'
import { Words, type WordsReport } from './words.ts'

export interface AuditOptions {
  readonly folders: Folders
  /** The log's verifier key, kept by the auditor: the one beside the data proves little. */
  readonly logKey: string
  /** Checkpoint notes that were kept elsewhere, by producers, witnesses or people. */
  readonly seen?: readonly Uint8Array[]
  /** Told of progress in entries; first of where it begins. */
  readonly onProgress?: (done: number, total: number) => void
  /** Goes on where an audit with this file was stopped, and keeps how far it is there. */
  readonly resume?: ResumeOptions
}

export interface AuditReport {
  readonly origin: string
  /** Leaves under the newest checkpoint, and its root (b64u). */
  readonly size: number
  readonly root: string
  /** Leaves of type `record`, and how many of them verified wholly. */
  readonly records: number
  readonly verified: number
  /** Log records that are what was taken in; no producer of ours signed them. */
  readonly logs: number
  /** Committed leaves that no checkpoint covers yet. */
  readonly pending: number
  readonly streams: readonly StreamState[]
  /** Numbers missing inside streams. */
  readonly gaps: number
  /** Keys that were declared compromised; what they signed verifies all the same. */
  readonly compromised: readonly Compromised[]
  /** What producers say of the log in records of theirs that verified. */
  readonly words: WordsReport
  /** The newest validation of each service, by what its leaves say. */
  readonly validations: readonly SealedValidation[]
  readonly findings: readonly Finding[]
  readonly findingsCount: number
  /** Checkpoints from elsewhere that the log agrees with; none: it is only self-consistent. */
  readonly anchors: number
  readonly anchored: boolean
  /** Leaves that the newest of them covers: what comes after is only self-consistent. */
  readonly anchoredSize: number
  /** Entries before `from` were read by an audit that began at `startedAt`, Unix ms; null: none. */
  readonly resumed: { readonly from: number; readonly startedAt: number } | null
  /** Why nothing of a file to resume from was used, and all was read; null: nothing was left. */
  readonly anew: AnewReason | null
}

/**
 * Audits a ledger. Findings are in the report; it throws only when it cannot look: LEDGER_MISSING,
 * KEYSTORE_DAMAGED, RESUME_UNUSABLE, AUDIT_STOPPED, a TlogError for a malformed `logKey`.
 */
export async function audit(options: AuditOptions): Promise<AuditReport> {
  const findings = new Findings()
  const reader = await openReaderOrExplain(options.folders, findings)
  if (!reader) return nothingReadable(findings)
  const cursor = new FrameCursor(reader.journal, reader.keystore)
  try {
    return await auditReader(reader, cursor, options, findings)
  } finally {
    await cursor.close()
    await reader.close()
  }
}

async function auditReader(
  reader: LedgerReader,
  cursor: FrameCursor,
  options: AuditOptions,
  findings: Findings,
): Promise<AuditReport> {
  const { folders, logKey, onProgress, seen = [] } = options
  const { keystore, origin, tiles } = reader
  const open = checkpointOpener(origin, logKey)
  const inside = knownInside(reader, open, findings)
  const known = inside[0] ?? emptyLog
  const anchors = anchorsIn(seen, open, { origin, findings })
  const resume = options.resume && (await Resume.open(options.resume, { origin, logKey }))
  // What the verifier saw there itself must be there still.
  const others = [...inside, ...(resume?.state ? [resume.state.known] : [])]
  const sizes = new Set([...others, ...anchors].map(({ size }) => size))
  const anew = resume ? anewReason(resume, known, sizes) : null
  if (anew !== null) options.resume?.onAnew?.(anew)
  const state = (anew === null && resume?.state) || null
  const { size } = known
  const words = new Words({ origin, size, tree: tiles.reader(size) }, state?.words)
  const stored = newStored({ findings, keystore, words }, state)
  const startedAt = state?.startedAt ?? Date.now()
  let roots: TreeSoFar['roots'] = new Map()
  if (state) cursor.startAt(state.frame)
  const walk = new CommitWalk(stored, cursor, {
    ...(state && { from: state }),
    onCommit: (size) => {
      if (findings.count > 0 || words.isContradicted) return
      resume?.ended(() => ({ ...walk.walked(), size, startedAt, known, roots }))
    },
  })
  const from = state?.size ?? 0
  onProgress?.(from, known.size)
  const found = await auditTree({
    ...{ tiles, known, sizes, findings },
    files: new LogFiles(folders.ledger),
    ...(state && { from: state }),
    onBegin: async (so) => {
      if (words.isDue || resume?.isDue === true) await words.judge()
      if (!words.isContradicted) await resume?.write()
      roots = so.roots
      resume?.begin(() => so.frontier.state())
    },
    ...reading(walk, from, (index) => onProgress?.(index, known.size)),
  })
  walk.end(known.size)
  await words.judge()
  const pending = await walk.pending(known.size)
  const tree = { roots: found, findings }
  for (const other of others) agrees(other, known, tree)
  const agreeing = anchors.filter((anchor) => agrees(anchor, known, tree))
  requireAccounted(walk, stored, findings)
  await resume?.end()
  return {
    ...{ origin, size: known.size, root: known.root, pending, ...anchoredBy(agreeing) },
    records: walk.records,
    verified: stored.verified,
    logs: stored.logs,
    ...streamsOf(walk),
    words: words.end(stored.enrolments, findings),
    compromised: await compromisedOf(stored, tiles, size),
    validations: [...stored.validations.values()],
    findings: findings.list,
    findingsCount: findings.count,
    resumed: state && { from, startedAt },
    anew,
  }
}

function compromisedOf(
  { declared, enrolments, findings }: StoredAudit,
  tiles: LedgerReader['tiles'],
  size: number,
): Promise<Compromised[]> {
  return compromisedIn(tiles, size, {
    ...{ declared, enrolments },
    // A whole audit has found that by itself.
    onUnreadable: (bundle, width) => {
      if (findings.count > 0) return
      const index = bundle * TILE_WIDTH
      findings.add('LEAF_MISSING', { where: `entries ${index} to ${index + width - 1}`, index })
    },
  })
}

/** What the tree's entries are read for, from `from` on. */
function reading(
  walk: CommitWalk,
  from: number,
  onProgress: (index: number) => void,
): Pick<Parameters<typeof auditTree>[0], 'onBundle' | 'onEntry'> {
  return {
    onEntry: (place) => {
      onProgress(place.index + 1)
      return place.index < from ? undefined : walk.entry(place)
    },
    onBundle: (bundle) => {
      const end = bundle.first + TILE_WIDTH
      onProgress(end)
      return end <= from ? undefined : walk.bundle(bundle, Math.max(from, bundle.first))
    },
  }
}

/** Null: it goes on from the file, or there is none. */
function anewReason(
  { isOlder, state }: Pick<Resume, 'isOlder' | 'state'>,
  known: KnownRoot,
  sizes: ReadonlySet<number>,
): AnewReason | null {
  if (isOlder) return 'older-version'
  if (state === null) return null
  const { frontier, known: before, roots }: AuditState = state
  if (known.size < before.size) return 'log-shorter'
  const isKnown = [...sizes].every((size) => size > frontier.size || roots.has(size))
  return isKnown ? null : 'root-unknown'
}

function newStored(
  of: Pick<StoredAudit, 'findings' | 'keystore' | 'words'>,
  state: AuditState | null,
): StoredAudit {
  return {
    ...{ ...of, blind: false },
    verified: state?.verified ?? 0,
    logs: state?.logs ?? 0,
    enrolments: state?.enrolments ?? new Map(),
    declared: state?.declared ?? new Map(),
    chains: state?.chains ?? new Chains(),
    validations: state?.validations ?? new Map(),
  }
}

/** How far checkpoints from elsewhere vouch for the log. */
export function anchoredBy(
  agreeing: readonly KnownRoot[],
): Pick<AuditReport, 'anchored' | 'anchoredSize' | 'anchors'> {
  const anchoredSize = Math.max(0, ...agreeing.map(({ size }) => size))
  return { anchors: agreeing.length, anchored: anchoredSize > 0, anchoredSize }
}

function streamsOf(walk: CommitWalk): Pick<AuditReport, 'gaps' | 'streams'> {
  const streams = [...walk.streams.states()]
  return { streams, gaps: streams.reduce((sum, { missing }) => sum + missing, 0) }
}

/** Every record verified, or a finding says why not: a hole in these checks must not pass. */
function requireAccounted(
  walk: CommitWalk,
  { logs, verified }: StoredAudit,
  findings: Findings,
): void {
  const all = walk.records + walk.logs
  if (findings.count > 0 || (verified === walk.records && logs === walk.logs)) return
  const where = `${all - verified - logs} of ${all} records`
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
    logs: 0,
    pending: 0,
    streams: [],
    gaps: 0,
    compromised: [],
    words: { told: 0, keys: 0, widest: 0, accusations: 0 },
    validations: [],
    findings: findings.list,
    findingsCount: findings.count,
    anchors: 0,
    anchored: false,
    anchoredSize: 0,
    resumed: null,
    anew: null,
  }
}
