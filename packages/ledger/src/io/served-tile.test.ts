import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, test } from '@jest/globals'
import { encodeEntries, entriesPath, tilePath } from '@grantlog/tlog'
import { readServedTile } from './served-tile.ts'
import { tileStore } from './tiles.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'grantlog-served-'))
})
afterEach(() => rm(folder, { recursive: true, force: true }))

const entries = (count: number): Uint8Array =>
  encodeEntries(Array.from({ length: count }, (_, i) => Buffer.from(`entry ${i}`)))
const hashes = (count: number): Uint8Array => new Uint8Array(32 * count).fill(count)
const read = (path: string): Promise<Uint8Array | null> => readServedTile(folder, path)

test.each([20, 256])('a narrower tile is the beginning of one %i wide', async (width) => {
  const files = new Map([
    [entriesPath(0, width), entries(width)],
    [tilePath(0, 0, width), hashes(width)],
  ])
  await tileStore(folder).write(files)
  for (const [path, bytes] of files)
    expect(Buffer.from((await read(path))!)).toEqual(Buffer.from(bytes))
  expect(Buffer.from((await read(entriesPath(0, 12)))!)).toEqual(Buffer.from(entries(12)))
  expect((await read(tilePath(0, 0, 12)))?.length).toBe(12 * 32)
})

test('what the log has not, and what is no tile path, is not there', async () => {
  await tileStore(folder).write(new Map([[entriesPath(0, 20), entries(20)]]))
  const wider = [entriesPath(0, 21), entriesPath(0, 256), entriesPath(1, 1), tilePath(0, 0, 20)]
  const none = ['', 'tile', 'checkpoint', 'tile/entries/../../checkpoint', 'tile/entries/0']
  for (const path of [...wider, ...none]) expect([path, await read(path)]).toEqual([path, null])
})
