// One spool folder: a journal of encrypted batches, and who owns it. It is written by who made it,
// and only read by who adopts it.
import { type Journal, openJournal } from '@grantlog/journal'
import { SdkError } from '../../codes.ts'
import { readBytesMax } from '../../limits.ts'
import type { Outgoing } from '../outgoing.ts'
import type { SpoolCipher } from './cipher.ts'
import { claim, newestOwner, ownerFile, ownerText, released, type Identity } from './owner.ts'
import { type SpoolDisk, writeNew } from './disk.ts'

/** A batch and the number of the frame that holds it. */
export interface Framed {
  readonly frame: number
  readonly batch: Outgoing
}

/** Calls do not overlap: they go through the lane. */
export interface SpoolFolder {
  readonly path: string
  /** Kid of the key that opens it. */
  readonly key: string
  /** Made by us, not adopted. */
  readonly isOwn: boolean
  /** Of the owner file that is ours. */
  readonly generation: number
  /** Behind the last whole frame: torn by a power cut, or damaged, which looks the same. */
  readonly droppedBytes: number
  /** On disk. */
  readonly bytes: () => number
  /** Number of the first frame after the last. */
  readonly end: () => number
  /**
   * Resolves with the frame's number once it is written; with `sync` once it is durable, and still
   * ours. Rejects with what the journal rejects with, or SPOOL_TAKEN.
   */
  readonly append: (batch: Outgoing, sync: boolean) => Promise<number>
  /** Makes durable what was appended; rejects as `append` does. */
  readonly sync: () => Promise<void>
  /** Some batches from `from` on. Rejects with SPOOL_DAMAGED for a frame that does not open. */
  readonly read: (from: number) => Promise<Framed[]>
  /** Forgets the frames before `before`, in whole segments. */
  readonly prune: (before: number) => Promise<void>
  /** Says that the owner lives. Rejects when it is the owner no more. */
  readonly renew: () => Promise<void>
  /** Lets others take it over at once. */
  readonly release: () => Promise<void>
  /** With all that is in it. */
  readonly remove: () => Promise<void>
}

export interface FolderOptions {
  readonly disk: SpoolDisk
  readonly path: string
  readonly cipher: SpoolCipher
  readonly self: Identity
  /** Kid of the key that opens it. */
  readonly key: string
  /** Bytes of one file. */
  readonly segmentBytesMax: number
}

/** Makes a new folder of our own, which must not exist. */
export async function makeFolder(options: FolderOptions): Promise<SpoolFolder> {
  const { disk, path, self, key, segmentBytesMax } = options
  await disk.makeDirectory(path)
  if (!(await claim(disk, path, { generation: 0, self, key }))) throw taken(path)
  const journal = await openJournal({ directory: path, files: disk, segmentBytesMax })
  return folderOf(options, journal, 0)
}

/** Takes over a folder by owner file `generation`; null: somebody else was faster. */
export async function adoptFolder(
  options: FolderOptions,
  generation: number,
): Promise<SpoolFolder | null> {
  const { disk, path, self, key } = options
  if (!(await claim(disk, path, { generation, self, key }))) return null
  const journal = await openJournal({ directory: path, files: disk, readOnly: true })
  return folderOf(options, journal, generation)
}

function folderOf(
  { disk, path, cipher, key }: FolderOptions,
  journal: Journal,
  generation: number,
): SpoolFolder {
  async function mustBeOurs(): Promise<void> {
    if (newestOwner(await disk.list(path)) !== generation) throw taken(path)
  }
  return {
    path,
    key,
    isOwn: generation === 0,
    generation,
    droppedBytes: journal.recovered.droppedBytes,
    bytes: () => journal.bytes,
    end: () => journal.next,
    append: async (batch, sync) => {
      const sealed = cipher.seal(batch, journal.next)
      const frame = await journal.append(sealed, { sync })
      // Who took the folder over may have read it before this frame was there.
      await mustBeOurs()
      return frame
    },
    sync: async () => {
      await journal.sync()
      await mustBeOurs()
    },
    read: (from) => readSome(journal, cipher, { path, from }),
    prune: (before) => journal.prune(before),
    renew: async () => {
      await mustBeOurs()
      await disk.touch(`${path}/${ownerFile(generation)}`)
    },
    release: async () => {
      await journal.close().catch(() => undefined)
      await writeNew(disk, `${path}/${ownerFile(generation + 1)}`, ownerText(released, key))
    },
    remove: async () => {
      await journal.close()
      // The newest first: what a crash leaves is a shorter journal, and its owner.
      const segments = (await disk.list(path)).filter((name) => name.endsWith('.seg')).toSorted()
      for (const name of segments.toReversed()) await disk.remove(`${path}/${name}`)
      await disk.removeAll(path)
    },
  }
}

/** What can be read before the first bad frame is given first: the next call then rejects. */
async function readSome(
  journal: Journal,
  cipher: SpoolCipher,
  { path, from }: { readonly path: string; readonly from: number },
): Promise<Framed[]> {
  const found: Framed[] = []
  let bytes = 0
  try {
    for await (const { number, payload } of journal.read(Math.max(from, journal.first))) {
      const batch = cipher.open(payload, number)
      if (batch === null) throw new SdkError('SPOOL_DAMAGED', `${path}, frame ${number}`)
      found.push({ frame: number, batch })
      bytes += payload.length
      if (bytes >= readBytesMax) break
    }
  } catch (error) {
    if (found.length === 0) throw error
  }
  return found
}

function taken(path: string): SdkError {
  return new SdkError('SPOOL_TAKEN', path)
}
