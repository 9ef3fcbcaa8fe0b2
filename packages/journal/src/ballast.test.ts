// Scenario: the disk fills while a ballast is held.
// Guarantee: giving it up makes room for what must still be written; it comes back when there is
// space enough; it takes real blocks.
import { mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { openBallast, releaseBallast } from './ballast.ts'
import { openJournal } from './journal.ts'
import { BALLAST_FREE_FACTOR } from './limits.ts'
import { createMemoryFiles, systemError } from './testing/memory-files.ts'
import type { MemoryFiles } from './testing/memory-files.ts'

const bytes = 1000
const path = '/data/ballast'

async function disk(capacityBytes: number): Promise<MemoryFiles> {
  const files = createMemoryFiles()
  await files.makeDirectory('/data')
  files.capacityBytes = capacityBytes
  return files
}

test('given up on a full disk, it lets an append through; then it comes back', async () => {
  const files = await disk(4000)
  const ballast = await openBallast({ path, bytes, files })
  expect(ballast.isHeld).toBe(true)
  const journal = await openJournal({ directory: '/data/journal', files })
  const frame = new Uint8Array(500)
  const fill = async (): Promise<never> => {
    for (;;) await journal.append(frame)
  }
  await expect(fill()).rejects.toMatchObject({ code: 'JOURNAL_FULL' })
  expect(await ballast.release()).toBe(true)
  expect([ballast.isHeld, ballast.isGivenUp]).toEqual([false, true])
  expect(await ballast.release()).toBe(false)
  await journal.append(frame)
  // Not while there is only just as much.
  expect([await ballast.restore(), ballast.isHeld]).toEqual([false, false])
  // Also a process that is started meanwhile knows.
  const again = await openBallast({ path, bytes, files })
  expect([again.isHeld, again.isGivenUp]).toEqual([false, true])
  files.capacityBytes += BALLAST_FREE_FACTOR * bytes
  expect([await ballast.restore(), ballast.isHeld, ballast.isGivenUp]).toEqual([true, true, false])
  expect(await files.size(path)).toBe(bytes)
})

test('it is not held on a disk that is full or small, at N and N − 1', async () => {
  for (const [free, isHeld] of [
    [BALLAST_FREE_FACTOR * bytes, true],
    [BALLAST_FREE_FACTOR * bytes - 1, false],
    [0, false],
  ] as const) {
    const files = await disk(free)
    const ballast = await openBallast({ path, bytes, files })
    expect([ballast.isHeld, ballast.isGivenUp]).toEqual([isHeld, false])
  }
})

test('one that is there is kept, one of another size is made anew', async () => {
  const files = await disk(10_000)
  await openBallast({ path, bytes, files })
  const before = files.operations
  expect((await openBallast({ path, bytes, files })).isHeld).toBe(true)
  expect(files.operations).toBe(before)
  expect((await openBallast({ path, bytes: 500, files })).isHeld).toBe(true)
  expect(await files.size(path)).toBe(500)
})

test('a disk that fills while it is taken leaves nothing of it', async () => {
  const files = await disk(10_000)
  files.fault = ({ kind }) => (kind === 'write' ? systemError('ENOSPC') : undefined)
  expect((await openBallast({ path, bytes, files })).isHeld).toBe(false)
  expect(await files.list('/data')).toEqual([])
  files.fault = ({ kind }) => (kind === 'write' ? systemError('EIO') : undefined)
  const opened = openBallast({ path, bytes, files })
  await expect(opened).rejects.toMatchObject({ code: 'JOURNAL_IO' })
})

test('who cannot open on a full disk releases it unopened', async () => {
  const files = await disk(10_000)
  expect(await releaseBallast(path, files)).toBe(false)
  await openBallast({ path, bytes, files })
  expect(await releaseBallast(path, files)).toBe(true)
  expect([await files.size(path), await releaseBallast(path, files)]).toEqual([0, false])
})

test('on a real disk it takes its blocks', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'ballast-'))
  try {
    const real = join(folder, 'ballast')
    const size = 1024 * 1024 + 1
    expect((await openBallast({ path: real, bytes: size })).isHeld).toBe(true)
    const { blocks } = await stat(real)
    expect(blocks * 512).toBeGreaterThanOrEqual(size)
  } finally {
    await rm(folder, { recursive: true })
  }
})
