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
