// What must hold of a ledger after any crash.
import { type Frame, type Ledger, isRecordLeaf, sha256 } from '@grantlog/ledger'
import type { MemoryFiles } from '@grantlog/journal/testing'
import { base64url, equalBytes } from '@grantlog/record'
import { decodeNote, leafHash, loadFrontier } from '@grantlog/tlog'
import { entryCursor, tileStore } from '../../../../packages/ledger/src/io/tiles.ts'
import { Edge } from '../../../../packages/ledger/src/seal/edge.ts'
import { openingsOf } from './producers.ts'
import { nameOf, type SeenCheckpoint, type Told } from './told.ts'

/** Reads size and root of a checkpoint. */
export function readCheckpoint(note: Uint8Array): SeenCheckpoint {
  const [, size, root] = decodeNote(note).text.split('\n')
  return { size: Number(size), root: root! }
}

/**
 * Reads the log from frame `from` on. Every leaf that was read before is as it was; every record is
 * there once, was asked for, and opens; every receipt says the truth. Gives the next frame.
 */
export async function checkLog(ledger: Ledger, told: Told, from: number): Promise<number> {
  const seen = new Map<string, number>()
  let next = from
  let size: number | undefined
  for await (const frame of ledger.frames(from)) {
    size ??= frame.first
    if (frame.first !== size) throw new Error(`frame ${frame.number} is not where it belongs`)
    for (const entry of frame.entries) checkEntry(entry, frame, told, seen)
    size += frame.entries.length + 1
    next = frame.number + 1
  }
  if (size !== undefined && size !== ledger.size) throw new Error('frames and leaves differ')
  return next
}

function checkEntry(
  { entry, index, leaf, openings, stored }: Frame['entries'][number],
  { receivedAt }: Frame,
  told: Told,
  seen: Map<string, number>,
): void {
  const known = told.entries[index]
  if (known && !equalBytes(known, entry)) throw new Error(`leaf ${index} is another one`)
  told.entries[index] = entry
  if (!isRecordLeaf(leaf)) {
    const id = 'id' in leaf ? leaf.id : leaf.type
    const answered = told.content.get(id)
    if (answered === undefined && !told.doubted.has(id)) throw new Error(`${id} was refused`)
    if (answered !== undefined && answered !== index) throw new Error(`${id} has moved`)
    told.content.set(id, index)
    return
  }
  const name = nameOf(leaf, leaf.seq)
  if (seen.has(name)) throw new Error(`${name} is at ${String(seen.get(name))} and at ${index}`)
  seen.set(name, index)
  const receipt = told.receipted.get(name)
  const asked = receipt ? [receipt.record] : (told.doubted.get(name) ?? [])
  const record = asked.find(({ digest }) => base64url(digest) === leaf.digest)
  if (!record) throw new Error(`${name} at ${index} was refused, or is not what was sent`)
  if (receipt && (receipt.index !== index || receipt.receivedAt !== receivedAt)) {
    throw new Error(`${name} is at ${index}, its receipt says ${receipt.index}`)
  }
  told.receipted.set(name, { record, index, receivedAt })
  if (stored.kind !== 'record' || !equalBytes(stored.canonical, record.canonical)) {
    throw new Error(`${name} is stored altered`)
  }
  const opened = new Map(openings().map(({ slot, opening }) => [slot, opening]))
  for (const { slot, opening } of openingsOf(record)) {
    const found = opened.get(slot)
    if (!found || !equalBytes(found, opening)) throw new Error(`${name}: ${slot} does not open`)
  }
}

/** Whatever has a receipt is in the log, where the receipt says. After `checkLog` from frame 0. */
export function checkReceipts(told: Told, size: number): void {
  for (const [name, { index }] of told.receipted) {
    if (index >= size || !told.entries[index]) throw new Error(`${name} is lost: leaf ${index}`)
  }
  for (const [id, index] of told.content) {
    if (index >= size || !told.entries[index]) throw new Error(`${id} is lost: leaf ${index}`)
  }
}

/** What is published is there, as after a power cut: every tile that its checkpoint needs. */
export async function checkPublished(files: MemoryFiles, folder: string): Promise<number> {
  const tiles = tileStore(folder, files)
  const note = await tiles.checkpoint()
  if (!note) return 0
  const { size, root } = readCheckpoint(note)
  const frontier = await loadFrontier(tiles.reader(size), size)
  const found = Buffer.from(frontier.root()).toString('base64')
  if (found !== root) throw new Error(`the tiles are not those of the checkpoint of ${size}`)
  if (size > 0) await tiles.readEntry(size - 1, size)
  return size
}

/**
 * All checkpoints that ever were are of this one history, and the tiles are those of a ledger that
 * was sealed in one go, byte for byte. `size` leaves are published.
 */
export async function checkHistory(
  files: MemoryFiles,
  folder: string,
  told: Told,
  size: number,
): Promise<void> {
  const read = entryCursor(tileStore(folder, files), size)
  const entries: Uint8Array[] = []
  for (let index = 0; index < size; index++) {
    entries.push(await read(index))
    const known = told.entries[index]
    if (known && !equalBytes(known, entries[index]!)) throw new Error(`entry ${index} is altered`)
  }
  const empty = tileStore('/nowhere', files)
  const whole = (await Edge.load(empty, 0)).append(entries.map(hashed))
  for (const [path, bytes] of whole) {
    if (!equalBytes(files.contents(`${folder}/${path}`), bytes)) {
      throw new Error(`${path} is not as sealed in one go`)
    }
  }
  const roots = new Map<number, string>()
  const grown = await Edge.load(empty, 0)
  for (let leaves = 0; leaves <= size; leaves++) {
    if (leaves > 0) grown.append([hashed(entries[leaves - 1]!)])
    roots.set(leaves, Buffer.from(grown.root()).toString('base64'))
  }
  for (const checkpoint of told.checkpoints) {
    if (roots.get(checkpoint.size) !== checkpoint.root) {
      throw new Error(`the checkpoint of ${checkpoint.size} leaves is of another history`)
    }
  }
}

function hashed(entry: Uint8Array): { readonly entry: Uint8Array; readonly hash: Uint8Array } {
  return { entry, hash: leafHash(sha256, entry) }
}
