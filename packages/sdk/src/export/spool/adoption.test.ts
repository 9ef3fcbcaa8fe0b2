// Scenario: a restart storm left a thousand folders; some folders are damaged.
// Guarantee: each is looked at once in a round, and what is set aside does not take the room.
import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { createMemoryFiles } from '@grantlog/journal/testing'
import { asideMaxMs } from '../../limits.ts'
import { Adoption } from './adoption.ts'
import { createSpoolCipher } from './cipher.ts'
import type { SpoolDisk } from './disk.ts'
import { adoptFolder, type FolderOptions, makeFolder } from './folder.ts'
import { createLane } from './lane.ts'

const root = '/spool'
const { privateKey } = generateKeyPairSync('ed25519')
const self = { pid: 1, thread: 0, started: '1', boot: 'b', namespace: 'n' }
const bytesMax = 1e6

function createWorld() {
  const files = createMemoryFiles()
  const world = { calls: 0, files, wallMs: 0, told: [] as string[] }
  const folders = new Set<string>()
  const counted = <T extends unknown[], R>(work: (...given: T) => R) => {
    return (...given: T): R => {
      world.calls++
      return work(...given)
    }
  }
  const disk: SpoolDisk = {
    list: counted((path) => files.list(path)),
    makeDirectory: (path) => files.makeDirectory(path),
    open: counted((path, mode) => files.open(path, mode)),
    read: counted((path) => files.read(path)),
    size: counted((path) => files.size(path)),
    sizeNow: (path) => files.sizeNow(path),
    rename: (from, to) => files.rename(from, to),
    remove: counted((path) => files.remove(path)),
    removeAll: counted(async (path) => {
      folders.delete(path)
      await files.removeAll(path)
    }),
    syncDirectory: (path) => files.syncDirectory(path),
    freeBytes: (path) => files.freeBytes(path),
    folders: async () => [...folders].map((path) => path.slice(root.length + 1)),
    touch: async () => undefined,
    touchedMs: counted(async (path) => Number(/\/i(\d+)\//.exec(path)?.[1])),
  }
  const optionsOf = (path: string): FolderOptions => {
    const cipher = createSpoolCipher(privateKey, path)
    return { disk, path, self, key: 'k', cipher, segmentBytesMax: 1e5 }
  }
  const adoption = new Adoption({
    disk,
    lane: createLane(1e6),
    root,
    keys: ['k'],
    own: () => [],
    isDead: async () => true,
    adopt: (path, { generation }) => adoptFolder(optionsOf(path), generation),
    keep: () => true,
    areKept: () => true,
    bytesMax,
    notify: (code) => void world.told.push(code),
    nowMs: () => 0,
    wallMs: () => world.wallMs,
  })
  const make = async (name: string, bodyBytes: number): Promise<void> => {
    const path = `${root}/${name}`
    const folder = await makeFolder(optionsOf(path))
    folders.add(path)
    const body = Buffer.alloc(bodyBytes)
    await folder.append({ instance: name, firstSequence: 0, count: 1, root: '', body }, true)
    await folder.release()
  }
  /** Sends all that is found by one scan. */
  const drain = async (): Promise<number> => {
    await adoption.scan()
    let count = 0
    for (let next = await adoption.peek(); next !== null; next = await adoption.peek()) {
      adoption.done(next)
      count++
    }
    return count
  }
  return { world, adoption, make, drain, left: () => [...folders] }
}

async function callsFor(count: number): Promise<number> {
  const { world, make, drain, left } = createWorld()
  for (let i = 0; i < count; i++) await make(`i${i}`, 10)
  world.calls = 0
  expect(await drain()).toBe(count)
  expect(left()).toEqual([])
  return world.calls
}

test('a thousand folders cost ten times as much as a hundred', async () => {
  const hundred = await callsFor(100)
  expect(await callsFor(1000)).toBeLessThanOrEqual(10 * hundred)
})

test('of damaged folders the oldest go when they take too much, or are too old', async () => {
  const { world, adoption, make, drain, left } = createWorld()
  for (let i = 0; i < 4; i++) {
    await make(`i${i}`, 50_000)
    const [segment] = world.files.paths().filter((path) => path.includes(`/i${i}/0`))
    const bytes = world.files.contents(segment as string)
    // The last frame: the journal takes it for torn.
    world.files.place(segment as string, bytes.subarray(0, bytes.length - 64))
    await drain()
  }
  await adoption.scan()
  expect(left()).toEqual(['/spool/i2', '/spool/i3'])
  expect(adoption.foreignBytes).toBeLessThanOrEqual(bytesMax / 8)
  expect(world.told).toContain('SPOOL_ASIDE_REMOVED')
  world.wallMs = asideMaxMs + 2
  await adoption.scan()
  expect(left()).toHaveLength(2)
  world.wallMs++
  await adoption.scan()
  expect(left()).toEqual(['/spool/i3'])
})
