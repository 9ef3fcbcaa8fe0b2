import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { openOffset } from './offset.ts'
import { createMemoryFiles, systemError } from './testing/memory-files.ts'

const file = '/offset'

test('a new offset is 0, and what was set is there after reopening', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'offset-'))
  const offset = await openOffset(join(directory, 'sink'))
  expect(offset.value).toBe(0)
  await offset.set(41)
  await Promise.all([offset.set(43), offset.set(42)])
  expect(offset.value).toBe(42)
  expect((await openOffset(join(directory, 'sink'))).value).toBe(42)
  await rm(directory, { recursive: true })
})

test('after a crash at each step it is the old number or the new one', async () => {
  const seen = new Set<number>()
  for (let seed = 0; seed < 200; seed += 1) {
    const files = createMemoryFiles({ seed })
    await (await openOffset(file, files)).set(1)
    files.powerOffIn(1 + (seed % 6))
    const told = await (await openOffset(file, files)).set(2).then(
      () => true,
      () => false,
    )
    files.crash()
    const { value } = await openOffset(file, files)
    if (told) expect(value).toBe(2)
    seen.add(value)
  }
  expect(seen).toEqual(new Set([1, 2]))
})

test('a file that is not an offset is an error, not 0', async () => {
  const files = createMemoryFiles()
  await (await openOffset(file, files)).set(1234)
  const good = files.contents(file)
  const cut = Array.from(good, (_, size) => good.subarray(0, size))
  const flipped = Array.from(good, (byte, at) => good.with(at, byte ^ 1))
  for (const bytes of [...cut, ...flipped, new Uint8Array(100)]) {
    files.place(file, bytes)
    const opened = openOffset(file, files)
    await expect(opened).rejects.toMatchObject({ code: 'JOURNAL_OFFSET_CORRUPT' })
  }
})

test('a full disk keeps the old number and the offset usable', async () => {
  const files = createMemoryFiles()
  const offset = await openOffset(file, files)
  await offset.set(1)
  files.fault = ({ kind }) => (kind === 'write' ? systemError('ENOSPC') : undefined)
  await expect(offset.set(2)).rejects.toMatchObject({ code: 'JOURNAL_FULL' })
  expect([offset.value, (await openOffset(file, files)).value]).toEqual([1, 1])
  files.fault = undefined
  await offset.set(3)
  expect((await openOffset(file, files)).value).toBe(3)
})

test.each(['sync', 'rename', 'syncDirectory'] as const)('a failed %s poisons', async (failing) => {
  const files = createMemoryFiles()
  const offset = await openOffset(file, files)
  files.fault = ({ kind }) => (kind === failing ? systemError('ENOSPC') : undefined)
  await expect(offset.set(2)).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
  files.fault = undefined
  await expect(offset.set(3)).rejects.toMatchObject({ code: 'JOURNAL_POISONED' })
  expect(offset.value).toBe(0)
})

test('only whole numbers from 0 to 2^53 - 1', async () => {
  const offset = await openOffset(file, createMemoryFiles())
  for (const wrong of [-1, 0.5, Number.NaN, 2 ** 53]) {
    await expect(offset.set(wrong)).rejects.toMatchObject({ code: 'JOURNAL_ARGUMENT' })
  }
  await offset.set(2 ** 53 - 1)
  expect(offset.value).toBe(2 ** 53 - 1)
})
