// Each fault of the filesystem, and what the journal makes of it.
import { expect, test } from '@jest/globals'
import { openJournal } from './journal.ts'
import type { Journal } from './journal.ts'
import { createMemoryFiles, systemError } from './testing/memory-files.ts'
import type { FileOperation, MemoryFiles } from './testing/memory-files.ts'

const payload = (n: number): Uint8Array => new Uint8Array(700).fill(n)

async function twoFrames(segmentBytesMax?: number): Promise<[MemoryFiles, Journal]> {
  const files = createMemoryFiles({ seed: 7 })
  const options = segmentBytesMax === undefined ? {} : { segmentBytesMax }
  const journal = await openJournal({ directory: '/journal', files, ...options })
  for (const n of [0, 1]) await journal.append(payload(n))
  return [files, journal]
}

/** Fails the next call of this kind, once. */
function failOnce(files: MemoryFiles, kind: FileOperation['kind'], code: string): void {
  files.fault = (operation) => {
    if (operation.kind !== kind) return undefined
    files.fault = undefined
    return systemError(code)
  }
}

const poisoning: [FileOperation['kind'], string, number | undefined][] = [
  ['write', 'EIO', undefined],
  ['sync', 'EIO', undefined],
  ['sync', 'ENOSPC', undefined],
  ['create', 'EIO', 1],
  ['write', 'EIO', 1],
  ['sync', 'ENOSPC', 1],
  ['syncDirectory', 'EIO', 1],
  ['syncDirectory', 'ENOSPC', 1],
]

test.each(poisoning)('%s failing with %s poisons (segment limit %s)', async (kind, code, limit) => {
  const [files, journal] = await twoFrames(limit)
  failOnce(files, kind, code)
  const failed = journal.append(payload(2))
  const queued = journal.append(payload(3))
  await expect(failed).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
  await expect(queued).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
  const before = files.operations
  const error = await journal.append(payload(4)).catch((thrown: unknown) => thrown)
  expect(error).toMatchObject({ code: 'JOURNAL_POISONED' })
  expect((error as Error).cause).toBeInstanceOf(Error)
  // Never retried: not one more call reached the disk.
  expect(files.operations).toBe(before)
  expect([journal.next, await journal.readFrame(1)]).toEqual([2, payload(1)])
})

const full: [FileOperation['kind'], string, number | undefined][] = [
  ['write', 'ENOSPC', undefined],
  ['write', 'EDQUOT', undefined],
  ['create', 'ENOSPC', 1],
  ['write', 'ENOSPC', 1],
]

test.each(full)('%s failing with %s is undone (segment limit %s)', async (kind, code, limit) => {
  const [files, journal] = await twoFrames(limit)
  const { bytes } = journal
  failOnce(files, kind, code)
  await expect(journal.append(payload(2))).rejects.toMatchObject({ code: 'JOURNAL_FULL' })
  expect([journal.next, journal.bytes]).toEqual([2, bytes])
  // A smaller frame next: nothing of the abandoned one may follow it, also after a power cut.
  expect(await journal.append(new Uint8Array(8))).toBe(2)
  files.crash({ torn: false })
  const again = await openJournal({ directory: '/journal', files })
  expect([again.next, again.recovered.droppedBytes]).toEqual([3, 0])
  expect(await again.readFrame(2)).toEqual(new Uint8Array(8))
})

test('a segment given up for want of space does not come back in the middle', async () => {
  for (let seed = 1; seed <= 20; seed += 1) {
    const files = createMemoryFiles({ seed })
    const journal = await openJournal({ directory: '/journal', files, segmentBytesMax: 900 })
    await journal.append(payload(0))
    failOnce(files, 'write', 'ENOSPC')
    await expect(journal.append(payload(1))).rejects.toMatchObject({ code: 'JOURNAL_FULL' })
    // Fits into the old segment, so that the next one gets another number.
    await journal.append(new Uint8Array(8))
    // create, write, truncate, sync, and off before the folder's sync.
    files.powerOffIn(5)
    await expect(journal.append(payload(2))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
    files.crash()
    const again = await openJournal({ directory: '/journal', files })
    expect([again.next, await again.readFrame(1)]).toEqual([2, new Uint8Array(8)])
  }
})

test('a full disk that cannot be undone poisons', async () => {
  for (const undo of ['truncate', 'sync'] as const) {
    const [files, journal] = await twoFrames()
    files.fault = ({ kind }) => {
      if (kind === 'write') return systemError('ENOSPC')
      return kind === undo ? systemError('EIO') : undefined
    }
    await expect(journal.append(payload(2))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
  }
})

test('a full disk while a segment is begun, whose name cannot be removed, poisons', async () => {
  const [files, journal] = await twoFrames(1)
  files.fault = ({ kind }) => {
    if (kind === 'write') return systemError('ENOSPC')
    return kind === 'remove' ? systemError('EIO') : undefined
  }
  await expect(journal.append(payload(2))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
})

test('a frame whose sync failed is made durable at the next open, before it is shown', async () => {
  const [files, journal] = await twoFrames()
  failOnce(files, 'sync', 'EIO')
  await expect(journal.append(payload(2))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
  // The process restarts: the page cache still has the frame, the disk never got it.
  files.kill()
  const again = await openJournal({ directory: '/journal', files })
  expect(again.next).toBe(3)
  files.crash({ torn: false })
  const last = await openJournal({ directory: '/journal', files })
  expect([last.next, await last.readFrame(2)]).toEqual([3, payload(2)])
})

test('a prune that cannot remove a file is JOURNAL_IO, and appending goes on', async () => {
  const [files, journal] = await twoFrames(1)
  failOnce(files, 'remove', 'EACCES')
  await expect(journal.prune(1)).rejects.toMatchObject({ code: 'JOURNAL_IO' })
  expect(await journal.append(payload(2))).toBe(2)
  await journal.close()
  const again = await openJournal({ directory: '/journal', files })
  expect(again.first).toBe(0)
})

test('a prune after one that failed begins with the oldest again: no hole is left', async () => {
  const [files, journal] = await twoFrames(1)
  await journal.append(payload(2))
  failOnce(files, 'remove', 'EIO')
  await expect(journal.prune(1)).rejects.toMatchObject({ code: 'JOURNAL_IO' })
  expect(journal.first).toBe(0)
  await journal.prune(2)
  await journal.close()
  const again = await openJournal({ directory: '/journal', files })
  expect([again.first, await again.readFrame(2)]).toEqual([2, payload(2)])
})

test('a failed folder sync of a prune poisons', async () => {
  const [files, journal] = await twoFrames(1)
  failOnce(files, 'syncDirectory', 'EIO')
  await expect(journal.prune(1)).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
  await expect(journal.append(payload(2))).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
})

test('an open that fails names the folder', async () => {
  const files = createMemoryFiles()
  files.fault = ({ kind }) => (kind === 'create' ? systemError('EACCES') : undefined)
  const opened = openJournal({ directory: '/journal', files })
  await expect(opened).rejects.toThrow('JOURNAL_IO: open /journal')
})

test('what is done meanwhile is done while the frame is written, before it is there', async () => {
  const [files, journal] = await twoFrames()
  const { open } = files
  const { promise: written, resolve: finish } = Promise.withResolvers<void>()
  files.open = async (path, mode) => {
    const file = await open.call(files, path, mode)
    return { ...file, writeAndSync: () => written }
  }
  const slow = await openJournal({ directory: '/journal', files })
  await journal.close()
  const { promise: called, resolve: meanwhile } = Promise.withResolvers<void>()
  const appended = slow.append(payload(2), { meanwhile })
  await called
  expect(slow.next).toBe(2)
  finish()
  expect(await appended).toBe(2)
})
