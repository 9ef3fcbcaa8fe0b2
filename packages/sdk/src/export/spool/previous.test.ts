// Guarantee: after `grantlog keys rotate` the service sends what it had signed with its old key; a
// folder stays its key's own, whoever lets it go.
import { generateKeyPairSync } from 'node:crypto'
import { expect, test } from '@jest/globals'
import { createMemoryFiles } from '@grantlog/journal/testing'
import { createSpoolCipher } from './cipher.ts'
import { makeFolder } from './folder.ts'
import { createLane } from './lane.ts'
import { readOwner } from './owner.ts'
import { Spool, type SpoolKey } from './spool.ts'

const self = { pid: 1, thread: 0, started: '1', boot: 'b', namespace: 'n' }
const keyCalled = (kid: string): SpoolKey => ({
  kid,
  privateKey: generateKeyPairSync('ed25519').privateKey,
})
const [old, current] = [keyCalled('old'), keyCalled('current')]

async function startAfter(previous: readonly SpoolKey[]) {
  const files = createMemoryFiles()
  await files.makeDirectory('/spool')
  const disk = Object.assign(files, {
    folders: async () => ['left'],
    touch: async () => undefined,
    touchedMs: async () => 0,
  })
  const cipher = createSpoolCipher(old.privateKey, 'left')
  const options = { disk, path: '/spool/left', cipher, self: { ...self, pid: 9 }, key: old.kid }
  const left = await makeFolder({ ...options, segmentBytesMax: 1e5 })
  const batch = { instance: 'left', firstSequence: 7, count: 1, root: 'r', body: Buffer.from('b') }
  await left.append(batch, true)
  await left.release()
  const told: string[] = []
  const spool = new Spool({
    ...{ disk, previous, ...current },
    lane: createLane(1e6),
    root: '/spool',
    instance: 'now',
    bytesMax: 1e6,
    witness: { self, startedOf: async () => null, wallMs: () => 0, nowMs: () => 0 },
    main: {
      mustSync: () => false,
      onWritten: () => undefined,
      onDurable: () => undefined,
      onUnavailable: () => undefined,
      onLeft: () => undefined,
    },
    keep: () => true,
    onAdopted: () => undefined,
    notify: (code) => void told.push(code),
  })
  await spool.renew()
  return { disk, spool, told }
}

test('a spool of the key before is opened, sent, and given back under its name', async () => {
  const { disk, spool, told } = await startAfter([keyCalled('older'), old])
  expect(await spool.adoption.peek()).toMatchObject({ firstSequence: 7, root: 'r' })
  expect(told).toEqual([])
  await spool.adoption.held!.release()
  expect(await readOwner(disk, '/spool/left')).toMatchObject({ key: 'old', identity: 'released' })
})

test('without that key the folder is left alone', async () => {
  const { spool, told } = await startAfter([])
  expect(await spool.adoption.peek()).toBeNull()
  expect(told).toEqual(['SPOOL_FOREIGN'])
})
