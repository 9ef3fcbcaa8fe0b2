// What every journal keeps, whatever lies under it. Run against the local disk and the model.
import type * as jest from '@jest/globals'
import type { Journal, JournalOptions } from '../journal.ts'
import type { WrittenSync } from '../write-sync.ts'

// Not imported: `@jest/globals` throws outside jest, where the model runs from the same entry.
const { describe, expect, test } = globalThis as unknown as typeof jest

/** Options a contract test may ask for. */
export type ContractOptions = Omit<JournalOptions, 'directory' | 'files'>

/** One empty folder: `open` opens its journal, again and again. */
export interface JournalPlace {
  open(options?: ContractOptions): Promise<Journal>
  /** Writes the journal of `open`, which must not be there yet. */
  writeSync(payloads: readonly Uint8Array[], options?: { bytesMax?: number }): WrittenSync
  dispose(): Promise<void>
}

/** Declares the tests. `place` gives a fresh empty folder each time. */
export function journalContract(name: string, place: () => Promise<JournalPlace>): void {
  const within = (work: (place: JournalPlace) => Promise<void>) => async (): Promise<void> => {
    const here = await place()
    try {
      await work(here)
    } finally {
      await here.dispose()
    }
  }

  describe(`journal contract: ${name}`, () => {
    test('an empty journal has no frame', within(emptyJournal))
    test('what was appended is read back, also after reopening', within(roundTrip))
    test('appends called at once keep their order', within(order))
    test('segments rotate, reads cross them', within(rotation))
    test('prune frees whole segments and never the last', within(pruning))
    test('a reader sees the frames that were durable when it began', within(snapshot))
    test('a read-only journal reads and refuses to write', within(readOnly))
    test('a read-only journal sees at refresh what came since, over segments', within(refreshed))
    test('the payload limit holds at N and N + 1', within(payloadLimit))
    test('after close, everything is refused', within(closing))
    test('unsynced appends keep their place among the others', within(unsynced))
    test('the quota holds to the byte, and pruning frees it', within(quota))
    test('a frame as large as the quota fits once all is pruned', within(quotaFrame))
    test('a journal written at exit is one like any other', within(atExit))
    test('a journal written at exit has the first part that fits', within(atExitQuota))
  })
}

async function text(journal: Journal, from: number, to?: number): Promise<string[]> {
  const seen: string[] = []
  for await (const frame of journal.read(from, to)) {
    seen.push(`${frame.number}:${decode(frame.payload)}`)
  }
  return seen
}

const decode = (payload: Uint8Array): string => new TextDecoder().decode(payload)
const encode = (value: string): Uint8Array => new TextEncoder().encode(value)
const code = (expected: string): object => expect.objectContaining({ code: expected }) as object

async function emptyJournal(place: JournalPlace): Promise<void> {
  for (const journal of [await place.open(), await place.open()]) {
    expect([journal.first, journal.next, journal.recovered.droppedBytes]).toEqual([0, 0, 0])
    expect(await text(journal, 0)).toEqual([])
    await expect(journal.readFrame(0)).rejects.toEqual(code('JOURNAL_MISSING'))
    await expect(text(journal, 1)).rejects.toEqual(code('JOURNAL_MISSING'))
    await expect(text(journal, -1)).rejects.toEqual(code('JOURNAL_ARGUMENT'))
    await journal.close()
  }
}

async function roundTrip(place: JournalPlace): Promise<void> {
  const journal = await place.open()
  expect(await journal.append(encode('one'))).toBe(0)
  expect(await journal.append([encode('t'), encode(''), encode('wo')])).toBe(1)
  expect(await journal.append([])).toBe(2)
  const { bytes } = journal
  await journal.close()
  const again = await place.open()
  expect(await text(again, 0)).toEqual(['0:one', '1:two', '2:'])
  expect(decode(await again.readFrame(1))).toBe('two')
  expect([again.next, again.bytes, again.recovered.droppedBytes]).toEqual([3, bytes, 0])
  expect(await again.append(encode('three'))).toBe(3)
  expect(await text(again, 2)).toEqual(['2:', '3:three'])
  await again.close()
}

async function order(place: JournalPlace): Promise<void> {
  const journal = await place.open()
  const numbers = await Promise.all([...'abcdef'].map((letter) => journal.append(encode(letter))))
  expect(numbers).toEqual([0, 1, 2, 3, 4, 5])
  expect(await text(journal, 2, 4)).toEqual(['2:c', '3:d'])
  await journal.close()
}

/** Segments of two frames: a header of 40 bytes and twice 40. */
const twoFrames = { segmentBytesMax: 40 + 2 * 40 }

async function fill(place: JournalPlace, count: number): Promise<Journal> {
  const journal = await place.open(twoFrames)
  for (let n = 0; n < count; n += 1) await journal.append(encode(`f${n}`))
  return journal
}

async function rotation(place: JournalPlace): Promise<void> {
  const journal = await fill(place, 7)
  expect(journal.bytes).toBe(4 * 40 + 7 * 40)
  await journal.append(new Uint8Array(1000))
  await journal.append(encode('after'))
  await journal.close()
  const again = await place.open(twoFrames)
  expect(await text(again, 1, 6)).toEqual(['1:f1', '2:f2', '3:f3', '4:f4', '5:f5'])
  expect(await again.readFrame(7)).toEqual(new Uint8Array(1000))
  expect(decode(await again.readFrame(8))).toBe('after')
  await again.close()
}

async function pruning(place: JournalPlace): Promise<void> {
  const journal = await fill(place, 6)
  await journal.prune(3)
  expect([journal.first, journal.next, journal.bytes]).toEqual([2, 6, 2 * (40 + 80)])
  await expect(journal.readFrame(1)).rejects.toEqual(code('JOURNAL_MISSING'))
  await journal.prune(100)
  await journal.close()
  const again = await place.open(twoFrames)
  expect([again.first, again.next]).toEqual([4, 6])
  expect(await again.append(encode('on'))).toBe(6)
  expect(await text(again, 4)).toEqual(['4:f4', '5:f5', '6:on'])
  await again.close()
}

async function snapshot(place: JournalPlace): Promise<void> {
  const journal = await fill(place, 3)
  const seen: number[] = []
  const appends: Promise<number>[] = []
  for await (const { number } of journal.read(0)) {
    seen.push(number)
    appends.push(journal.append(encode('later')))
    await appends.at(-1)
  }
  expect(seen).toEqual([0, 1, 2])
  expect(await text(journal, 3)).toEqual(['3:later', '4:later', '5:later'])
  await journal.close()
}

async function readOnly(place: JournalPlace): Promise<void> {
  const writer = await fill(place, 3)
  const journal = await place.open({ readOnly: true })
  await writer.append(encode('unseen'))
  expect(await text(journal, 0)).toEqual(['0:f0', '1:f1', '2:f2'])
  await expect(journal.append(encode('no'))).rejects.toEqual(code('JOURNAL_READ_ONLY'))
  await expect(journal.prune(2)).rejects.toEqual(code('JOURNAL_READ_ONLY'))
  await Promise.all([journal.close(), writer.close()])
}

async function refreshed(place: JournalPlace): Promise<void> {
  const writer = await place.open({ segmentBytesMax: 200 })
  const journal = await place.open({ readOnly: true })
  for (const count of [1, 0, 2, 9]) {
    const before = journal.next
    for (let n = 0; n < count; n++) await writer.append(encode(`f${before + n}`))
    expect(journal.next).toBe(before)
    await journal.refresh()
    expect([journal.next, journal.bytes]).toEqual([writer.next, writer.bytes])
    const all = Array.from({ length: writer.next }, (_, n) => `${n}:f${n}`)
    expect(await text(journal, 0)).toEqual(all)
  }
  await writer.prune(6)
  await journal.refresh()
  expect(journal.first).toBe(writer.first)
  expect(await text(journal, journal.first)).toEqual(await text(writer, writer.first))
  await writer.refresh()
  await Promise.all([journal.close(), writer.close()])
}

async function payloadLimit(place: JournalPlace): Promise<void> {
  const journal = await place.open({ payloadBytesMax: 5 })
  expect(await journal.append(encode('12345'))).toBe(0)
  const tooLarge = journal.append([encode('123'), encode('456')])
  await expect(tooLarge).rejects.toEqual(code('JOURNAL_TOO_LARGE'))
  expect(await journal.append(encode('still'))).toBe(1)
  await journal.close()
}

async function closing(place: JournalPlace): Promise<void> {
  const journal = await place.open()
  const last = journal.append(encode('last'))
  await Promise.all([journal.close(), journal.close()])
  expect(await last).toBe(0)
  await expect(journal.append(encode('late'))).rejects.toEqual(code('JOURNAL_CLOSED'))
  await expect(text(journal, 0)).rejects.toEqual(code('JOURNAL_CLOSED'))
}

async function unsynced(place: JournalPlace): Promise<void> {
  const journal = await place.open()
  const both = [{ sync: false }, { sync: false }, {}, { sync: false }]
  const letters = [...'abcd']
  const appends = letters.map((letter, n) => journal.append(encode(letter), both[n]))
  expect(await Promise.all(appends)).toEqual([0, 1, 2, 3])
  expect([journal.durable, journal.next]).toEqual([3, 4])
  expect(await text(journal, 1)).toEqual(['1:b', '2:c', '3:d'])
  await journal.sync()
  expect(journal.durable).toBe(4)
  await journal.append(encode('e'), { sync: false })
  const { bytes } = journal
  await journal.close()
  const again = await place.open()
  // A synced end is said on disk, by the bytes of one header.
  expect([again.next, again.durable, again.bytes - bytes]).toEqual([5, 5, 32])
  expect(await text(again, 0)).toEqual(['0:a', '1:b', '2:c', '3:d', '4:e'])
  await again.close()
}

async function quota(place: JournalPlace): Promise<void> {
  const options = { segmentBytesMax: 40 + 2 * 40, bytesMax: 2 * (40 + 2 * 40) }
  const journal = await place.open(options)
  for (let n = 0; n < 4; n += 1) await journal.append(encode(`f${n}`))
  expect(journal.bytes).toBe(options.bytesMax)
  await expect(journal.append([])).rejects.toEqual(code('JOURNAL_QUOTA'))
  await expect(journal.append([], { sync: false })).rejects.toEqual(code('JOURNAL_QUOTA'))
  expect([journal.next, journal.bytes]).toEqual([4, options.bytesMax])
  await journal.prune(2)
  expect(await journal.append(encode('f4'))).toBe(4)
  expect(await text(journal, 2)).toEqual(['2:f2', '3:f3', '4:f4'])
  await journal.close()
}

async function quotaFrame(place: JournalPlace): Promise<void> {
  const journal = await place.open({ bytesMax: 1000 })
  const largest = new Uint8Array(1000 - 40 - 32)
  const tooLarge = journal.append(new Uint8Array(largest.length + 1))
  await expect(tooLarge).rejects.toEqual(code('JOURNAL_TOO_LARGE'))
  expect(await journal.append(largest)).toBe(0)
  await expect(journal.append(largest)).rejects.toEqual(code('JOURNAL_QUOTA'))
  await journal.prune(1)
  expect(await journal.append(largest)).toBe(1)
  expect([journal.first, journal.bytes]).toEqual([1, 1000])
  await journal.close()
}

async function atExit(place: JournalPlace): Promise<void> {
  const written = place.writeSync([encode('one'), encode(''), encode('three')])
  expect(written).toEqual({ frames: 3, error: undefined })
  expect(place.writeSync([encode('again')])).toEqual({ frames: 0, error: code('JOURNAL_IO') })
  const journal = await place.open()
  expect(journal.recovered.droppedBytes).toBe(0)
  expect(await journal.append(encode('four'))).toBe(3)
  expect(await text(journal, 0)).toEqual(['0:one', '1:', '2:three', '3:four'])
  await journal.close()
}

async function atExitQuota(place: JournalPlace): Promise<void> {
  const payloads = [...'abc'].map(encode)
  const written = place.writeSync(payloads, { bytesMax: 40 + 2 * 40 })
  expect(written).toEqual({ frames: 2, error: code('JOURNAL_QUOTA') })
  const journal = await place.open()
  expect(await text(journal, 0)).toEqual(['0:a', '1:b'])
  await journal.close()
}
