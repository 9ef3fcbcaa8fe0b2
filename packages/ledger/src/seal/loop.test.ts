import { afterEach, expect, jest, test } from '@jest/globals'
import { LedgerError } from '../codes.ts'
import type { CommittedEntry } from '../commit/items.ts'
import { SealLoop } from './loop.ts'
import type { Sealer } from './sealer.ts'

const entry = (index: number): CommittedEntry => ({
  index,
  entry: Buffer.from(`entry ${index}`),
  hash: new Uint8Array(32),
})

/** A sealer that fails as it is told, and keeps what it sealed. */
class FakeSealer {
  readonly sealed: CommittedEntry[] = []
  readonly failures: Error[] = []
  tries = 0
  readonly isBehind = false
  waiting: (() => void)[] = []

  get size(): number {
    return this.sealed.length
  }

  async seal(entries: readonly CommittedEntry[]): Promise<void> {
    this.tries++
    const failure = this.failures.shift()
    if (failure) throw failure
    this.sealed.push(...entries)
    for (const resolve of this.waiting.splice(0)) resolve()
  }

  /** Resolves at the next seal that succeeds. */
  async next(): Promise<void> {
    await new Promise<void>((resolve) => this.waiting.push(resolve))
  }
}

const loops: SealLoop[] = []
afterEach(() => loops.splice(0).forEach((loop) => loop.stop()))

function loopOn(sealer: FakeSealer, onFailure?: (error: unknown) => void): SealLoop {
  const loop = new SealLoop(sealer as unknown as Sealer, { onFailure, retryMs: 5 })
  loops.push(loop)
  return loop
}

const full = (): Error => new LedgerError('LEDGER_FULL', 'full')

test('nothing is sealed before it is started', async () => {
  const sealer = new FakeSealer()
  const loop = loopOn(sealer)
  jest.useFakeTimers()
  loop.add([entry(0)])
  expect(jest.getTimerCount()).toBe(0)
  jest.useRealTimers()
  await loop.start()
  expect(sealer.sealed).toEqual([entry(0)])
})

test('a full disk is waited for: all entries, in order, none twice', async () => {
  const sealer = new FakeSealer()
  const loop = loopOn(sealer)
  await loop.start()
  sealer.failures.push(full(), full(), full())
  loop.add([entry(0), entry(1)])
  await expect(loop.run()).rejects.toMatchObject({ code: 'LEDGER_FULL' })
  expect(loop.find(1)).toEqual(entry(1).entry)
  loop.add([entry(2)])
  await sealer.next()
  await loop.run()
  expect(sealer.sealed).toEqual([entry(0), entry(1), entry(2)])
  expect(loop.failure).toBeUndefined()
  expect(loop.find(1)).toBeUndefined()
  loop.add([entry(3)])
  await loop.run()
  expect(sealer.sealed.at(-1)).toEqual(entry(3))
})

test('any other failure is final, and told once', async () => {
  const sealer = new FakeSealer()
  const told: unknown[] = []
  const loop = loopOn(sealer, (error) => told.push(error))
  await loop.start()
  const failure = new LedgerError('LEDGER_FENCED', 'fenced')
  sealer.failures.push(failure)
  loop.add([entry(0)])
  await expect(loop.run()).rejects.toBe(failure)
  await expect(loop.run()).rejects.toBe(failure)
  expect([told, sealer.tries]).toEqual([[failure], 1])
})
