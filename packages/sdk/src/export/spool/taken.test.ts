// Scenario: somebody takes a spool folder over, from who writes it or from who reads it.
// Guarantee: what was written to it, and is not known to be sent, is written once more elsewhere;
// what was read of it is not taken for another folder's.
import { expect, test } from '@jest/globals'
import { SdkError } from '../../codes.ts'
import type { Outgoing } from '../outgoing.ts'
import { Adoption } from './adoption.ts'
import type { SpoolDisk } from './disk.ts'
import type { Framed, SpoolFolder } from './folder.ts'
import type { Lane } from './lane.ts'
import { Store } from './store.ts'

/** Everything at once: also where the real one would have given up waiting. */
const lane: Lane = { run: async (work) => await work(), isStuck: () => false }

function batchOf(first: number): Outgoing {
  const body = new Uint8Array(10)
  return { instance: 'i', root: `root ${first}`, firstSequence: first, count: 1, body }
}

interface FakeFolder extends SpoolFolder {
  isTaken: boolean
  readonly written: Outgoing[]
  released: number
}

function folderAt(path: string): FakeFolder {
  const mustBeOurs = (): void => {
    if (folder.isTaken) throw new SdkError('SPOOL_TAKEN', path)
  }
  const folder: FakeFolder = {
    path,
    key: 'k',
    isOwn: true,
    generation: 0,
    droppedBytes: 0,
    isTaken: false,
    written: [],
    released: 0,
    bytes: () => 0,
    end: () => folder.written.length,
    append: async (batch) => {
      mustBeOurs()
      return folder.written.push(batch) - 1
    },
    sync: async () => mustBeOurs(),
    read: async (from) =>
      folder.written.slice(from).map((batch, at) => ({ frame: from + at, batch })),
    prune: async () => undefined,
    renew: async () => mustBeOurs(),
    release: async () => void folder.released++,
    remove: async () => undefined,
  }
  return folder
}

/** Until what is under way without us is done. */
async function settled(store: Store): Promise<void> {
  while (store.isWriting) await new Promise((resolve) => setImmediate(resolve))
}

test('a store whose folder is taken writes all it has once more, and says so before', async () => {
  const folders = [folderAt('/own/0'), folderAt('/own/1')]
  const told: string[] = []
  let opened = 0
  let mustSync = false
  const store = new Store({
    lane,
    isOn: true,
    open: async () => folders[opened++]!,
    roomBytes: () => 1_000,
    patienceMs: 0,
    segmentBytesMax: 1_000,
    mayPrune: () => true,
    mustSync: () => mustSync,
    onWritten: ({ firstSequence }) => void told.push(`written ${firstSequence}`),
    onDurable: () => void told.push('durable'),
    onUnavailable: () => void told.push('unavailable'),
    onLeft: () => void told.push('left'),
    notify: (code) => void told.push(code),
    nowMs: () => 0,
  })
  const batches = [batchOf(0), batchOf(1)]
  for (const batch of batches) store.push(batch)
  await settled(store)
  expect(store.unwritten()).toEqual([])
  folders[0]!.isTaken = true
  mustSync = true
  store.kick()
  await settled(store)
  expect(folders[1]!.written).toEqual(batches)
  expect(store.folder).toBe(folders[1])
  // Who waits for the sync of the old folder must not be told that it came.
  expect(told).toEqual([
    'written 0',
    'written 1',
    'left',
    'written 0',
    'durable',
    'written 1',
    'durable',
  ])
  expect(folders[0]!.released).toBe(0)
  await store.renew()
  expect(folders.map(({ released }) => released)).toEqual([1, 0])
})

test('a folder that is taken while it is read gives nothing, and the next one all', async () => {
  const reading = Promise.withResolvers<Framed[]>()
  const asked = Promise.withResolvers<void>()
  const first = folderAt('/spool/a')
  first.written.push(batchOf(0))
  const late: FakeFolder = {
    ...first,
    end: () => 1,
    renew: async () => {
      throw new SdkError('SPOOL_TAKEN', '/spool/a')
    },
    read: () => {
      asked.resolve()
      return reading.promise
    },
  }
  const second = folderAt('/spool/b')
  second.written.push(batchOf(10), batchOf(11))
  let names = ['a']
  const disk = {
    folders: async () => names,
    list: async () => [],
  } as unknown as SpoolDisk
  const adoption = new Adoption({
    disk,
    lane,
    root: '/spool',
    keys: ['k'],
    own: () => [],
    isDead: async () => true,
    adopt: async (path) => (path === '/spool/a' ? late : second),
    keep: () => true,
    areKept: () => true,
    bytesMax: 1e9,
    notify: () => undefined,
    nowMs: () => 0,
    wallMs: () => 0,
  })
  await adoption.scan()
  const peeked = adoption.peek()
  await asked.promise
  await adoption.renew()
  expect(adoption.held).toBeNull()
  names = ['b']
  await adoption.scan()
  expect(adoption.held).toBe(second)
  reading.resolve([{ frame: 0, batch: batchOf(0) }])
  for (const expected of [10, 11]) {
    const batch = expected === 10 ? await peeked : await adoption.peek()
    expect(batch?.firstSequence).toBe(expected)
    adoption.done(batch!)
  }
})
