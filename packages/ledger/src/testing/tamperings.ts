// Ways to change what is stored of one record, each with what an audit must find: by files alone,
// and with the keys that lie beside them. Checksums are put right: they are there against disks.
import { readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { decodeEntries, encodeEntries, entriesPath, TILE_WIDTH } from '@grantlog/tlog'
import type { FindingCode } from '../audit/findings.ts'
import { commitFolder, foldersUnder } from '../folders.ts'
import { changeFile, findFile, flip, rewriteCommits } from './hands.ts'
import { resealed, rewrittenWithout } from './keys.ts'
import type { Target } from './target.ts'

export interface Tampering {
  readonly what: string
  /** What an audit with the newest checkpoint from elsewhere finds, and nothing else. */
  readonly found: readonly FindingCode[]
  /** And this where producers have said in the log what they saw of it. */
  readonly told?: FindingCode
  /** Does it to the ledger below the folder `copy`. */
  readonly by: (copy: string, target: Target) => Promise<void>
}

export const tamperings: readonly Tampering[] = [
  {
    what: 'record: its outcome is changed, and it is encrypted again with the right key',
    found: ['FRAME_ALTERED', 'RECORD_ALTERED'],
    by: (copy, target) => rewriteCommits(copy, (payloads) => resealed(copy, payloads, target)),
  },
  {
    what: 'record: its leaf says that it came a millisecond later',
    found: ['LEAF_ALTERED'],
    by: (copy, { index }) =>
      changeEntries(copy, index, (entries, at) => entries.with(at, later(entries[at]!))),
  },
  {
    what: 'order: its leaf and the next change places',
    found: ['ORDER_CHANGED'],
    by: (copy, { index }) =>
      changeEntries(copy, index, (entries, at) =>
        entries.with(at, entries[at + 1]!).with(at + 1, entries[at]!),
      ),
  },
  {
    what: 'leaves: the bundle with its leaf is taken out',
    found: ['LEAF_MISSING'],
    by: async (copy, { index }) => rm(await findFile(foldersUnder(copy), entriesFileOf(index))),
  },
  {
    what: 'frame: a byte of the ciphertext is changed, the checksum made right',
    found: ['FRAME_ALTERED'],
    by: (copy, { frame }) =>
      rewriteCommits(copy, (payloads) => payloads.with(frame, flip(payloads[frame]!, -20))),
  },
  {
    what: 'frame: a byte of the file is changed, as a failing disk would',
    found: ['FRAME_ALTERED'],
    by: flipInFile,
  },
  {
    what: 'tile: its hash is changed',
    found: ['TILE_ALTERED'],
    by: (copy, { index }) => {
      const at = (index % TILE_WIDTH) * 32
      return changeFile(copy, tileFileOf(index), (bytes) => flip(bytes, at))
    },
  },
  {
    what: 'checkpoint: its signature is changed',
    found: ['CHECKPOINT_ALTERED'],
    by: (copy) => changeFile(copy, 'checkpoint', (bytes) => flip(bytes, -10)),
  },
  {
    what: 'deletion: what is stored of its commit is taken out of the middle',
    found: ['RECORD_MISSING'],
    by: (copy, { frame }) => rewriteCommits(copy, (payloads) => payloads.toSpliced(frame, 1)),
  },
  {
    what: 'deletion: what is stored of the last commit is taken away',
    found: ['RECORD_MISSING'],
    by: (copy) => rewriteCommits(copy, (payloads) => payloads.slice(0, -1)),
  },
  {
    what: 'keys: all keys of persons are destroyed, without an erasure',
    found: ['SUBJECT_KEY_MISSING'],
    by: (copy) => {
      const keystore = new DatabaseSync(join(foldersUnder(copy).keys, 'keystore.db'))
      keystore.exec("DELETE FROM key WHERE kind = 'subject'")
      keystore.close()
      return Promise.resolve()
    },
  },
  {
    what: "rewriting: history is made anew with the log's own keys, without it",
    found: ['LOG_REWRITTEN'],
    told: 'CHECKPOINT_CONTRADICTED',
    by: rewrittenWithout,
  },
]

const pathNumber = (index: number): number => Math.floor(index / TILE_WIDTH)
const entriesFileOf = (index: number): string => entriesPath(pathNumber(index))
const tileFileOf = (index: number): string => entriesFileOf(index).replace('entries', '0')

async function changeEntries(
  copy: string,
  index: number,
  change: (entries: Uint8Array[], at: number) => Uint8Array[],
): Promise<void> {
  await changeFile(copy, entriesFileOf(index), (bytes) =>
    encodeEntries(change(decodeEntries(bytes), index % TILE_WIDTH)),
  )
}

function later(entry: Uint8Array): Uint8Array {
  const text = Buffer.from(entry).toString()
  const at = (_: string, ms: string): string => `"receivedAt":${Number(ms) + 1}`
  return Buffer.from(text.replace(/"receivedAt":(\d+)/, at))
}

/** In the middle of the target's frame, wherever that is in a segment. */
async function flipInFile(copy: string, { frame }: Target): Promise<void> {
  let payload = new Uint8Array()
  await rewriteCommits(copy, (payloads) => {
    payload = payloads[frame]! as typeof payload
    return payloads
  })
  const folder = commitFolder(foldersUnder(copy))
  for (const name of await readdir(folder)) {
    const bytes = await readFile(join(folder, name))
    const at = bytes.indexOf(payload)
    if (at >= 0) await writeFile(join(folder, name), flip(bytes, at + (payload.length >> 1)))
  }
}
