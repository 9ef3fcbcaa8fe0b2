// The checkpoints that an audit has: those that the ledger keeps itself, and those kept elsewhere.
import { base64url, utf8 } from '@grantlog/record'
import { ed25519Verifier, openCheckpoint, TlogError } from '@grantlog/tlog'
import { ed25519Verify, sha256 } from '../crypto.ts'
import type { LedgerReader } from '../reader.ts'
import type { Findings } from './findings.ts'
import type { KnownRoot } from './tree.ts'

/** What a ledger keeps of its checkpoints. */
type Notes = Pick<LedgerReader, 'locked' | 'published'>

/** The root of a log without a checkpoint. */
export const emptyLog: KnownRoot = { size: 0, root: base64url(sha256(new Uint8Array(0))) }

export type OpenNote = (note: Uint8Array) => KnownRoot | null

/** Reads a checkpoint note; null unless the log's key signed it for this log. */
export function checkpointOpener(origin: string, logKey: string): OpenNote {
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
export function knownInside(reader: Notes, open: OpenNote, findings: Findings): KnownRoot[] {
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
export function anchorsIn(
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
export function agrees(
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
