// The audit of what is public: entries, tiles and checkpoints, with neither keys nor commit frames.
// A copy of the ledger folder and the log's verifier key are enough. See test/tamper.
import { parseVkey, TILE_WIDTH } from '@grantlog/tlog'
import { LedgerError } from '../codes.ts'
import { sha256 } from '../crypto.ts'
import { namesIn } from '../io/durable.ts'
import { hasLogKeys } from '../io/log-keys.ts'
import { readLockStore } from '../io/lock-store.ts'
import { LogFiles } from '../io/log-files.ts'
import { tileStore } from '../io/tiles.ts'
import { anchoredBy, type AuditOptions, type AuditReport } from './audit.ts'
import { agrees, anchorsIn, checkpointOpener, emptyLog, knownInside } from './checkpoints.ts'
import { Findings } from './findings.ts'
import { auditTree } from './tree.ts'

/** What can be said of a log without reading its records. */
export type TreeReport = Pick<
  AuditReport,
  | 'origin'
  | 'size'
  | 'root'
  | 'findings'
  | 'findingsCount'
  | 'anchors'
  | 'anchored'
  | 'anchoredSize'
>

/**
 * Audits the tree alone: every entry against its tile, every tile against those above it, the root
 * against the signed checkpoint and those from elsewhere. Throws LEDGER_MISSING, LEDGER_DAMAGED
 * (the lock store cannot be read), a TlogError for a malformed `logKey`.
 */
export async function auditTreeOnly(options: AuditOptions): Promise<TreeReport> {
  const { folders, logKey, onProgress, seen = [] } = options
  const findings = new Findings()
  const { name: origin } = parseVkey(logKey, sha256)
  const tiles = tileStore(folders.ledger)
  const open = checkpointOpener(origin, logKey)
  // The published one first: what is sealed after it was read only makes the other longer.
  const published = await tiles.checkpoint()
  const locked = readLockStore(folders.lock, origin)
  const inside = knownInside({ published, locked }, open, findings)
  const known = inside[0] ?? emptyLog
  // Nothing else would say that there was a log.
  if (!published && !locked) {
    const isThere = (await namesIn(folders.ledger)).length > 0
    if (!isThere && !(await hasLogKeys(folders.keys))) {
      throw new LedgerError('LEDGER_MISSING', `nothing is in ${folders.ledger}`)
    }
    findings.add('CHECKPOINT_ALTERED', { where: 'checkpoint' }, 'it is not there')
  }
  const anchors = anchorsIn(seen, open, { origin, findings })
  const tell = (done: number): undefined => {
    onProgress?.(done, known.size)
  }
  const roots = await auditTree({
    tiles,
    files: new LogFiles(folders.ledger),
    known,
    sizes: new Set([...inside, ...anchors].map(({ size }) => size)),
    findings,
    onEntry: ({ index }) => tell(index + 1),
    onBundle: ({ first }) => tell(first + TILE_WIDTH),
  })
  for (const other of inside) agrees(other, known, { roots, findings })
  const agreeing = anchors.filter((anchor) => agrees(anchor, known, { roots, findings }))
  return {
    origin,
    size: known.size,
    root: known.root,
    findings: findings.list,
    findingsCount: findings.count,
    ...anchoredBy(agreeing),
  }
}
