import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { openJournal } from './journal.ts'
import { createMemoryFiles } from './testing/memory-files.ts'
import { journalContract } from './testing/journal-contract.ts'
import { writeJournalSync } from './write-sync.ts'

journalContract('the model', async () => {
  const files = createMemoryFiles()
  return {
    open: (options) => openJournal({ directory: '/journal', files, ...options }),
    writeSync: (payloads, options) =>
      writeJournalSync({ directory: '/journal', files: files.syncFiles, payloads, ...options }),
    dispose: async () => undefined,
  }
})

journalContract('the local disk', async () => {
  const root = await mkdtemp(join(tmpdir(), 'journal-'))
  const directory = join(root, 'made', 'here')
  return {
    open: (options) => openJournal({ directory, ...options }),
    writeSync: (payloads, options) => writeJournalSync({ directory, payloads, ...options }),
    dispose: () => rm(root, { recursive: true }),
  }
})

test('one append is one write and one sync', async () => {
  const files = createMemoryFiles()
  const journal = await openJournal({ directory: '/journal', files })
  const kinds: string[] = []
  files.fault = ({ kind }) => void kinds.push(kind)
  await journal.append([new Uint8Array(10), new Uint8Array(20)])
  expect(kinds).toEqual(['write', 'sync'])
})

test('an append that is not durable yet is not readable', async () => {
  const files = createMemoryFiles()
  const journal = await openJournal({ directory: '/journal', files })
  let nextDuringSync = -1
  files.fault = ({ kind }) => {
    if (kind === 'sync') nextDuringSync = journal.next
    return undefined
  }
  await journal.append(new Uint8Array(10))
  expect([nextDuringSync, journal.next]).toEqual([0, 1])
})

test('frames far into a large segment are found, in both directions', async () => {
  const files = createMemoryFiles()
  const payload = (n: number): Uint8Array => new Uint8Array(100_000).fill(n)
  const journal = await openJournal({ directory: '/journal', files })
  for (let n = 0; n < 12; n += 1) await journal.append(payload(n))
  await journal.close()
  const again = await openJournal({ directory: '/journal', files })
  for (const n of [11, 0, 7, 3]) expect(await again.readFrame(n)).toEqual(payload(n))
})

test('payloads stay as they were read, and who has one may give its memory back', async () => {
  const sizes = [
    10, 400_000, 300_000, 100_000, 20, 262_112, 500_000, 262_144, 1, 700_000, 5, 300_000,
  ]
  const payload = (n: number): Uint8Array => new Uint8Array(sizes[n]!).fill(n + 1)
  const journal = await openJournal({ directory: '/journal', files: createMemoryFiles() })
  for (const n of sizes.keys()) await journal.append(payload(n))
  for (const isGivenBack of [false, true]) {
    const kept: Uint8Array[] = []
    for await (const { number, payload: read } of journal.read(0)) {
      expect(Buffer.compare(read, payload(number))).toBe(0)
      const buffer = read.buffer as ArrayBuffer
      if (!isGivenBack || buffer.byteLength > read.length + 100) kept.push(read)
      else buffer.transfer(0)
    }
    expect(kept.every((read) => read.every((byte) => byte === read[0]))).toBe(true)
    const lengths = kept.map(({ length }) => length)
    if (!isGivenBack) expect(lengths).toEqual(sizes)
  }
})

test('a reader that a prune overtakes fails with JOURNAL_MISSING', async () => {
  const files = createMemoryFiles()
  const journal = await openJournal({ directory: '/journal', files, segmentBytesMax: 1 })
  for (let n = 0; n < 3; n += 1) await journal.append(new Uint8Array(8))
  const reader = journal.read(0)[Symbol.asyncIterator]()
  expect((await reader.next()).value).toMatchObject({ number: 0 })
  await journal.prune(2)
  await expect(reader.next()).rejects.toMatchObject({ code: 'JOURNAL_MISSING' })
})

test('options out of range are refused', async () => {
  const files = createMemoryFiles()
  const wrong = [
    { segmentBytesMax: 0 },
    { payloadBytesMax: -1 },
    { payloadBytesMax: 2 ** 26 + 1 },
    { bytesMax: 71 },
  ]
  for (const options of wrong) {
    const opened = openJournal({ directory: '/journal', files, ...options })
    await expect(opened).rejects.toMatchObject({ code: 'JOURNAL_ARGUMENT' })
  }
  await openJournal({ directory: '/journal', files, payloadBytesMax: 2 ** 26 })
})
