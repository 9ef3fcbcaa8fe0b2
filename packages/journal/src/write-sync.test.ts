// Scenario: a journal is written while the process ends; the disk fills, or a call fails.
// Guarantee: what is there is a first part of the frames, whole, and it is told how many.
import { expect, test } from '@jest/globals'
import { openJournal } from './journal.ts'
import { createMemoryFiles, systemError } from './testing/memory-files.ts'
import type { MemoryFiles } from './testing/memory-files.ts'
import { writeJournalSync } from './write-sync.ts'
import type { WrittenSync } from './write-sync.ts'

const directory = '/exit'
const payloads = [1, 2, 3, 4].map((n) => new Uint8Array(600).fill(n))
const write = (files: MemoryFiles): WrittenSync =>
  writeJournalSync({ directory, files: files.syncFiles, payloads })

async function framesIn(files: MemoryFiles): Promise<number> {
  const journal = await openJournal({ directory, files })
  for await (const { number, payload } of journal.read(0)) expect(payload).toEqual(payloads[number])
  return journal.next
}

test('on a disk that fills, the frames that fit are durable', async () => {
  for (let capacity = 0; capacity < 3000; capacity += 100) {
    const files = createMemoryFiles({ seed: capacity })
    files.capacityBytes = capacity
    const { frames, error } = write(files)
    expect([frames, error?.code]).toEqual([
      Math.min(4, Math.max(0, Math.floor((capacity - 40) / 632))),
      capacity < 40 + 4 * 632 ? 'JOURNAL_FULL' : undefined,
    ])
    files.capacityBytes = Number.POSITIVE_INFINITY
    files.crash({ torn: false })
    expect(await framesIn(files)).toBe(frames)
  }
})

test('a power cut at any call leaves a first part', async () => {
  const seen = new Set<number>()
  for (let seed = 1; seed <= 400; seed += 1) {
    const files = createMemoryFiles({ seed })
    files.powerOffIn(1 + (seed % 14))
    write(files)
    files.crash()
    seen.add(await framesIn(files))
  }
  expect(seen).toEqual(new Set([0, 1, 2, 3, 4]))
})

test('a failing disk is told, never thrown', () => {
  for (const kind of ['makeDirectory', 'create', 'write', 'sync', 'syncDirectory'] as const) {
    const files = createMemoryFiles()
    files.fault = (operation) => (operation.kind === kind ? systemError('EIO') : undefined)
    expect(write(files)).toMatchObject({ frames: 0, error: { code: 'JOURNAL_IO' } })
  }
  const files = createMemoryFiles()
  // The sync after the frames.
  files.fault = ({ kind, count }) => (kind === 'sync' && count > 6 ? systemError('EIO') : undefined)
  expect(write(files)).toMatchObject({ frames: 4, error: { code: 'JOURNAL_POISONED' } })
})

test('a payload over the limit ends the journal before it', () => {
  const files = createMemoryFiles()
  const large = [new Uint8Array(1), new Uint8Array(64 * 1024 * 1024 + 1), new Uint8Array(1)]
  const written = writeJournalSync({ directory, files: files.syncFiles, payloads: large })
  expect(written).toMatchObject({ frames: 1, error: { code: 'JOURNAL_TOO_LARGE' } })
})
