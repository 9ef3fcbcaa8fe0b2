// Guarantee: a spool folder of a process that cannot be looked at is taken over when it was not
// touched for longer than the lease, and not a millisecond before.
import { expect, test } from '@jest/globals'
import { leaseMs } from '../../limits.ts'
import { createJudge, type Identity, type Owner, type Witness } from './owner.ts'

const self: Identity = { pid: 1, thread: 0, started: '10', boot: 'b', namespace: 'n' }
const epoch = 1_800_000_000_000

/** A judge whose clocks stand until they are moved. */
function judgeAt(started: string | null = null): {
  readonly clock: { wall: number; mono: number }
  readonly isDead: (folder: string, owner: Owner) => Promise<boolean>
} {
  const clock = { wall: epoch, mono: 0 }
  const witness: Witness = {
    self,
    startedOf: async () => started,
    wallMs: () => clock.wall,
    nowMs: () => clock.mono,
  }
  return { clock, isDead: createJudge(witness) }
}

const ownerBy = (identity: Owner['identity'], touchedMs = epoch): Owner => ({
  generation: 0,
  identity,
  key: 'k',
  touchedMs,
})

test('of another machine: dead once seen unchanged for longer than the lease', async () => {
  const { clock, isDead } = judgeAt()
  const other = ownerBy({ ...self, boot: 'other' })
  expect(await isDead('/a', other)).toBe(false)
  // Its clock may be any: ours says nothing of it.
  clock.wall += 10 * leaseMs
  clock.mono = leaseMs
  expect(await isDead('/a', other)).toBe(false)
  clock.mono = leaseMs + 1
  expect(await isDead('/a', other)).toBe(true)
})

test('of another machine: each touch begins a new lease', async () => {
  const { clock, isDead } = judgeAt()
  const identity = { ...self, boot: 'other' }
  for (let touch = 0; touch < 5; touch++) {
    expect(await isDead('/a', ownerBy(identity, epoch + touch))).toBe(false)
    clock.mono += leaseMs
    expect(await isDead('/a', ownerBy(identity, epoch + touch))).toBe(false)
  }
  clock.mono += 1
  expect(await isDead('/a', ownerBy(identity, epoch + 4))).toBe(true)
})

test('of another pid namespace on this machine: by the clock that both have', async () => {
  const { clock, isDead } = judgeAt()
  const other = ownerBy({ ...self, namespace: 'other' })
  clock.wall = epoch + leaseMs
  expect(await isDead('/a', other)).toBe(false)
  clock.wall = epoch + leaseMs + 1
  expect(await isDead('/a', other)).toBe(true)
})

test('a main thread that the system knows has no lease: it lives, or is dead at once', async () => {
  const known = ownerBy({ ...self, pid: 7, started: '77' })
  const living = judgeAt('77')
  living.clock.wall += 10 * leaseMs
  living.clock.mono += 10 * leaseMs
  expect(await living.isDead('/a', known)).toBe(false)
  expect(await judgeAt(null).isDead('/a', known)).toBe(true)
  // The pid came again.
  expect(await judgeAt('78').isDead('/a', known)).toBe(true)
})

test('a worker thread of a living process has a lease', async () => {
  const { clock, isDead } = judgeAt('77')
  const worker = ownerBy({ ...self, pid: 7, thread: 3, started: '77' })
  clock.wall = epoch + leaseMs
  expect(await isDead('/a', worker)).toBe(false)
  clock.wall += 1
  expect(await isDead('/a', worker)).toBe(true)
})

test('one that cannot be read has a lease, one that was let go has none', async () => {
  const { clock, isDead } = judgeAt()
  expect(await isDead('/a', ownerBy(null))).toBe(false)
  expect(await isDead('/b', ownerBy('released'))).toBe(true)
  clock.mono = leaseMs + 1
  expect(await isDead('/a', ownerBy(null))).toBe(true)
})
