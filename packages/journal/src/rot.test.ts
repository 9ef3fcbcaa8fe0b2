// Scenario: bytes on disk change or go missing after they were durable.
// Guarantee: no frame is ever returned altered; only the last frame may be taken for torn.
import { expect, test } from '@jest/globals'
import { openJournal } from './journal.ts'
import type { Journal } from './journal.ts'
import { framedBytes } from './segment/frame.ts'
import { segmentName, SEGMENT_HEADER_BYTES } from './segment/segment.ts'
import { createMemoryFiles } from './testing/memory-files.ts'
import type { MemoryFiles } from './testing/memory-files.ts'

const directory = '/journal'
const first = `${directory}/${segmentName(0)}`
const payloads = [10, 13, 0, 21].map((length, n) => new Uint8Array(length).fill(n + 1))
/** Where frame n begins; the last entry is the end. */
const offsets = payloads.reduce(
  (list, { length }) => [...list, (list.at(-1) as number) + framedBytes(length)],
  [SEGMENT_HEADER_BYTES],
)

async function written(): Promise<Uint8Array> {
  const files = createMemoryFiles()
  const journal = await openJournal({ directory, files })
  for (const payload of payloads) await journal.append(payload)
  return files.contents(first)
}

function holding(bytes: Uint8Array): MemoryFiles {
  const files = createMemoryFiles()
  files.place(first, bytes)
  return files
}

async function readAll(files: MemoryFiles): Promise<Uint8Array[]> {
  const journal = await openJournal({ directory, files })
  const seen: Uint8Array[] = []
  for await (const { payload } of journal.read(0)) seen.push(payload)
  return seen
}

test('a file cut at any byte of the last frame keeps all before it, and goes on', async () => {
  const bytes = await written()
  const lastOffset = offsets[3] as number
  for (let size = lastOffset; size < bytes.length; size += 1) {
    const files = holding(bytes.subarray(0, size))
    const journal = await openJournal({ directory, files })
    expect(journal.recovered).toEqual({ droppedBytes: size - lastOffset })
    expect(journal.next).toBe(3)
    expect(await journal.append(new Uint8Array([7]))).toBe(3)
    await journal.close()
    expect(await readAll(files)).toEqual([...payloads.slice(0, 3), new Uint8Array([7])])
  }
})

test('a file cut at any byte of its header is begun again', async () => {
  const bytes = await written()
  for (let size = 0; size <= SEGMENT_HEADER_BYTES; size += 1) {
    const files = holding(bytes.subarray(0, size))
    const journal = await openJournal({ directory, files })
    await journal.append(new Uint8Array([7]))
    await journal.close()
    expect(await readAll(files)).toEqual([new Uint8Array([7])])
  }
})

test('a flipped bit before the last frame is JOURNAL_CORRUPT with file and byte', async () => {
  const bytes = await written()
  for (let at = 0; at < (offsets[3] as number); at += 1) {
    const rotten = bytes.slice()
    rotten[at] = (rotten[at] as number) ^ (1 << (at % 8))
    const named = offsets.findLast((start) => start <= at) ?? 0
    const files = holding(rotten)
    await expect(readAll(files)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
    await expect(readAll(files)).rejects.toThrow(`${first} at byte ${named}:`)
    // Refused means untouched.
    expect(files.contents(first)).toEqual(rotten)
  }
})

test('a flipped bit in the last frame drops that frame and says so', async () => {
  const bytes = await written()
  for (let at = offsets[3] as number; at < bytes.length; at += 1) {
    const rotten = bytes.slice()
    rotten[at] = (rotten[at] as number) ^ 1
    const journal = await openJournal({ directory, files: holding(rotten) })
    expect(journal.next).toBe(3)
    expect(journal.recovered.droppedBytes).toBe(bytes.length - (offsets[3] as number))
  }
})

test('a rotten frame followed by a torn one is rot, not a longer torn tail', async () => {
  const bytes = await written()
  const torn = bytes.slice(0, bytes.length - 8)
  for (const at of [offsets[2] as number, (offsets[1] as number) + 33]) {
    const rotten = torn.slice()
    rotten[at] = (rotten[at] as number) ^ 1
    await expect(readAll(holding(rotten))).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
  }
})

const unsynced = { sync: false }

test('an unsynced frame that a crash lost before later ones is no rot', async () => {
  const files = createMemoryFiles()
  const journal = await openJournal({ directory, files })
  await journal.append(payloads[0] as Uint8Array)
  for (const payload of payloads.slice(1)) await journal.append(payload, unsynced)
  const bytes = files.contents(first)
  // Frame 1 never reached the disk, those behind it did.
  bytes.fill(0, offsets[1], offsets[2])
  const again = await openJournal({ directory, files: holding(bytes) })
  expect([again.next, again.recovered.droppedBytes]).toEqual([
    1,
    bytes.length - (offsets[1] as number),
  ])
})

const synced: [string, (journal: Journal) => Promise<unknown>][] = [
  ['sync', (journal) => journal.sync()],
  ['a synced append', (journal) => journal.append(new Uint8Array(3))],
  ['close', (journal) => journal.close()],
]

test.each(synced)(
  'after %s, damage to a frame appended unsynced is rot',
  async (_, makeDurable) => {
    const files = createMemoryFiles()
    const journal = await openJournal({ directory, files })
    for (const payload of payloads) await journal.append(payload, unsynced)
    await makeDurable(journal)
    const bytes = files.contents(first)
    for (let at = SEGMENT_HEADER_BYTES; at < (offsets.at(-1) as number); at += 1) {
      const rotten = bytes.slice()
      rotten[at] = (rotten[at] as number) ^ (1 << (at % 8))
      await expect(readAll(holding(rotten))).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
    }
  },
)

test('after a killed writer, open makes its unsynced frames durable, and says so', async () => {
  const files = createMemoryFiles()
  const journal = await openJournal({ directory, files })
  for (const payload of payloads) await journal.append(payload, unsynced)
  files.kill()
  const again = await openJournal({ directory, files })
  expect(again.durable).toBe(4)
  files.crash({ torn: false })
  const rotten = files.contents(first)
  rotten[offsets[1] as number]! ^= 1
  await expect(readAll(holding(rotten))).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
})

test('a torn frame whose payload holds frames is still torn', async () => {
  const files = createMemoryFiles()
  const journal = await openJournal({ directory, files, salt: () => 1 })
  await journal.append(payloads[0] as Uint8Array)
  // A producer sends the bytes of a journal: its own frames, with a salt it cannot know.
  const other = createMemoryFiles()
  const guessed = await openJournal({ directory, files: other, salt: () => 2 })
  for (const payload of payloads) await guessed.append(payload)
  await journal.append(other.contents(first))
  const bytes = files.contents(first)
  // The header is lost, the payload reached the disk.
  bytes.fill(0, offsets[1], (offsets[1] as number) + 32)
  const again = await openJournal({ directory, files: holding(bytes) })
  expect(again.next).toBe(1)
})

test('a missing, swapped or emptied segment in the middle is JOURNAL_CORRUPT', async () => {
  const build = async (): Promise<MemoryFiles> => {
    const files = createMemoryFiles()
    const journal = await openJournal({ directory, files, segmentBytesMax: 1 })
    for (const payload of payloads) await journal.append(payload)
    return files
  }
  const second = `${directory}/${segmentName(1)}`
  const damages: ((files: MemoryFiles) => void | Promise<void>)[] = [
    (files) => files.remove(second),
    (files) => files.place(second, files.contents(first)),
    (files) => files.place(second, new Uint8Array(0)),
    (files) => files.place(second, files.contents(second).subarray(0, 50)),
  ]
  for (const damage of damages) {
    const files = await build()
    await damage(files)
    await expect(readAll(files)).rejects.toMatchObject({ code: 'JOURNAL_CORRUPT' })
  }
})

test('an empty last segment does not hide a cut one before it', async () => {
  const files = createMemoryFiles()
  const journal = await openJournal({ directory, files })
  for (const payload of payloads) await journal.append(payload)
  files.place(first, files.contents(first).subarray(0, offsets[3]))
  files.place(`${directory}/${segmentName(4)}`, new Uint8Array(5))
  await expect(openJournal({ directory, files })).rejects.toThrow(`${first} at byte ${offsets[3]}:`)
})

test('a read-only journal leaves out a torn tail and changes nothing', async () => {
  const bytes = (await written()).subarray(0, -1)
  const files = holding(bytes)
  const journal = await openJournal({ directory, files, readOnly: true })
  expect([journal.next, await journal.readFrame(1)]).toEqual([3, payloads[1]])
  expect(journal.recovered.droppedBytes).toBe(bytes.length - (offsets[3] as number))
  expect(files.operations).toBe(0)
})
