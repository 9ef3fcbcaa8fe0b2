// What a reader sees of a journal that somebody else writes: segment/recover.ts `lookAhead`.
import { expect, jest, test } from '@jest/globals'
import { openJournal } from './journal.ts'
import { READ_BYTES } from './limits.ts'
import { createMemoryFiles, type MemoryFiles } from './testing.ts'

const directory = '/journal'
/** Of a read and more, of some that fit into one, and of hardly anything. */
const sizes = [READ_BYTES + 5, 40_000, 3, 0, 2_000, 40_000, 8, READ_BYTES, 1, 70_000, 17]

const payload = (length: number, n: number): Uint8Array => new Uint8Array(length).fill(n + 1)

async function written(files: MemoryFiles, isSynced = false): Promise<string> {
  const writer = await openJournal({ directory, files })
  for (const [n, size] of sizes.entries()) {
    await writer.append(payload(size, n), { sync: isSynced || n % 3 === 0 })
  }
  await writer.close()
  return files.paths().find((path) => path.endsWith('.seg'))!
}

/** Where a payload begins. */
function placeOf(bytes: Uint8Array, n: number): number {
  return Buffer.from(bytes).indexOf(payload(sizes[n]!, n))
}

/** The same folder with other bytes in its only segment. */
function holding(path: string, bytes: Uint8Array): MemoryFiles {
  const files = createMemoryFiles()
  files.place(path, bytes)
  return files
}

/** Who follows it from before its first frame, and looks when these bytes are there. */
async function followed(path: string, bytes: Uint8Array) {
  const disk = holding(path, bytes.subarray(0, 40))
  const following = await openJournal({ directory, files: disk, readOnly: true })
  disk.place(path, bytes)
  await following.refresh()
  return { disk, following }
}

test('of a segment cut anywhere it takes in the frames that an open would', async () => {
  const files = createMemoryFiles()
  const path = await written(files)
  const whole = files.contents(path)
  const cuts = Array.from({ length: 60 }, (_, n) => Math.floor((whole.length * n) / 59))
  for (const cut of cuts.flatMap((at) => [at - 1, at]).filter((at) => at >= 40)) {
    const bytes = whole.subarray(0, cut)
    const opened = await openJournal({ directory, files: holding(path, bytes), readOnly: true })
    const { disk, following } = await followed(path, bytes)
    expect([cut, following.next, following.bytes]).toEqual([cut, opened.next, opened.bytes])
    disk.place(path, whole)
    await following.refresh()
    expect(following.next).toBe(sizes.length)
    const read: number[] = []
    for await (const frame of following.read(0)) read.push(frame.payload.length)
    expect(read).toEqual(sizes)
  }
})

test('a last frame that is there in its length, but not yet in its bytes, is left', async () => {
  const files = createMemoryFiles()
  const path = await written(files)
  const whole = files.contents(path)
  const late = Uint8Array.from(whole)
  const at = placeOf(late, sizes.length - 1) + sizes.at(-1)! - 1
  late[at] = 0
  // Without the sync point behind it.
  const { disk, following } = await followed(path, late.subarray(0, at + 8 - (at % 8)))
  expect(following.next).toBe(sizes.length - 1)
  disk.place(path, whole)
  await following.refresh()
  expect(following.next).toBe(sizes.length)
})

test('rot that durable ones stand behind is told by who reads it', async () => {
  const files = createMemoryFiles()
  const path = await written(files, true)
  const rotten = Uint8Array.from(files.contents(path))
  rotten[placeOf(rotten, 1)]! ^= 1
  const { following } = await followed(path, rotten)
  expect(following.next).toBe(sizes.length)
  await expect(following.readFrame(1)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
})

test('one that is torn is left, though an unsynced one stands behind it', async () => {
  const files = createMemoryFiles()
  const path = await written(files)
  const torn = Uint8Array.from(files.contents(path))
  torn[placeOf(torn, 1)]! ^= 1
  const { following } = await followed(path, torn)
  expect(following.next).toBe(1)
})

test('where nothing came, neither the folder nor a file is read', async () => {
  const memory = createMemoryFiles()
  const asked = [jest.spyOn(memory, 'list'), jest.spyOn(memory, 'open')]
  const writer = await openJournal({ directory, files: memory, segmentBytesMax: 200 })
  const following = await openJournal({ directory, files: memory, readOnly: true })
  const looked = async (): Promise<boolean> => {
    for (const one of asked) one.mockClear()
    await following.refresh()
    expect(following.next).toBe(writer.next)
    return asked.some(({ mock }) => mock.calls.length > 0)
  }
  expect(await looked()).toBe(false)
  for (let n = 0; n < 9; n++) {
    await writer.append(payload(50, n))
    expect([await looked(), await looked()]).toEqual([true, false])
  }
  await writer.prune(4)
  expect([await looked(), await looked()]).toEqual([true, false])
  expect(following.first).toBe(writer.first)
  await writer.close()
})

test('of a segment that another process begins nothing is read again', async () => {
  const memory = createMemoryFiles()
  await memory.makeDirectory(directory)
  const following = await openJournal({ directory, files: memory, readOnly: true })
  const writer = await openJournal({ directory, files: memory })
  await following.refresh()
  expect(following.bytes).toBe(writer.bytes)
  const lists = jest.spyOn(memory, 'list')
  await following.refresh()
  expect(lists).not.toHaveBeenCalled()
  await writer.close()
})
