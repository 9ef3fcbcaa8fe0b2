import {
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, jest, test } from '@jest/globals'
import { readWhenChanged, type Rereading } from './when-changed.ts'

let place: string
let reads: number
beforeEach(() => {
  place = mkdtempSync(join(tmpdir(), 'grantlog-changed-'))
  reads = 0
})
afterEach(() => {
  jest.restoreAllMocks()
  rmSync(place, { recursive: true, force: true })
})

const fileReader = (path: string): Rereading<string | null> =>
  readWhenChanged(path, () => {
    reads++
    return Promise.resolve(
      statSync(path, { throwIfNoEntry: false }) ? readFileSync(path, 'utf8') : null,
    )
  })
/** As if so much time had passed. */
const later = (ms: number): void => void jest.spyOn(Date, 'now').mockReturnValue(Date.now() + ms)

test('a file that stays as it is is read once, another in its place again', async () => {
  const path = join(place, 'checkpoint')
  const { read } = fileReader(path)
  expect([await read(), await read(), reads]).toEqual([null, null, 1])
  writeFileSync(path, 'one')
  later(10_000)
  expect([await read(), await read(), reads]).toEqual(['one', 'one', 2])
  // Of the same size and time, as one that was restored has it.
  const { atime, mtime } = statSync(path)
  writeFileSync(`${path}.tmp`, 'two')
  utimesSync(`${path}.tmp`, atime, mtime)
  renameSync(`${path}.tmp`, path)
  expect(await read()).toBe('two')
})

test('what changed just now is read each time: it may change again within a step', async () => {
  const path = join(place, 'checkpoint')
  const { read } = fileReader(path)
  writeFileSync(path, 'one')
  expect([await read(), await read(), reads]).toEqual(['one', 'one', 2])
  writeFileSync(path, 'two')
  expect(await read()).toBe('two')
})

test('a clock that was put back proves nothing', async () => {
  const path = join(place, 'checkpoint')
  const { read } = fileReader(path)
  writeFileSync(path, 'one')
  later(-10_000)
  expect([await read(), await read(), reads]).toEqual(['one', 'one', 2])
})

test('what could not be read is tried again', async () => {
  const path = join(place, 'folder')
  const { read, still } = readWhenChanged(path, () => {
    if (reads++ === 0) return Promise.reject(new Error('out of descriptors'))
    return Promise.resolve(readdirSync(path))
  })
  mkdirSync(path)
  later(10_000)
  await expect(read()).rejects.toThrow('out of descriptors')
  expect(still()).toBeUndefined()
  expect([await read(), still(), reads]).toEqual([[], [], 2])
  writeFileSync(join(path, 'a'), '')
  expect(still()).toBeUndefined()
  expect(await read()).toEqual(['a'])
})
