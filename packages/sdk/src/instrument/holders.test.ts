import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import { expect, it } from '@jest/globals'
import { createHolders } from './holders.ts'

const token = (i: number): string => `ey.${'a'.repeat(40)}.${i}`

it('tells who holds a token, in the order in which they came', () => {
  const holders = createHolders<string>()
  holders.add(token(1), 'first')
  holders.add(token(2), 'other')
  holders.add(token(1), 'second')
  expect(holders.of(token(1))).toEqual(['first', 'second'])
  expect(holders.of(token(2))).toEqual(['other'])
  expect(holders.of(token(3))).toEqual([])
})

it('forgets one holder and no other', () => {
  const holders = createHolders<string>()
  for (const holder of ['first', 'second', 'third']) holders.add(token(1), holder)
  holders.remove(token(1), 'second')
  expect(holders.of(token(1))).toEqual(['first', 'third'])
  holders.remove(token(1), 'never came')
  holders.remove(token(2), 'first')
  expect(holders.of(token(1))).toEqual(['first', 'third'])
})

it('tells tokens apart that end alike, and takes the shortest ones', () => {
  const holders = createHolders<string>()
  const end = 'the-same-sixteen-characters'
  holders.add(`a${end}`, 'a')
  holders.add(`b${end}`, 'b')
  holders.add('', 'none')
  expect(holders.of(`a${end}`)).toEqual(['a'])
  expect(holders.of('')).toEqual(['none'])
})

it('agrees with a map of lists over thousands that come and go', () => {
  const holders = createHolders<number>()
  const reference = new Map<string, number[]>()
  const running: { readonly name: string; readonly holder: number }[] = []
  for (let holder = 0; holder < 20_000; holder++) {
    const name = token(holder % 1_500)
    holders.add(name, holder)
    reference.set(name, [...(reference.get(name) ?? []), holder])
    running.push({ name, holder })
    if (running.length < 4_000) continue
    const [one] = running.splice((holder * 7_919) % running.length, 1)
    holders.remove(one!.name, one!.holder)
    reference.set(
      one!.name,
      reference.get(one!.name)!.filter((other) => other !== one!.holder),
    )
  }
  for (const [name, held] of reference) expect(holders.of(name)).toEqual(held)
})

/**
 * Bytes that are promoted for each of many requests: some wait at any time, and the first of them
 * were there when all of the heap was collected.
 */
const program = `
  const { createHolders } = await import(process.argv[1])
  const { getHeapSpaceStatistics } = await import('node:v8')
  const old = () => getHeapSpaceStatistics().find((one) => one.space_name === 'old_space')
  const holders = createHolders()
  const running = []
  const serve = (i) => {
    const one = { token: 'ey.' + i, head: Array.from({ length: 500 }, () => i) }
    holders.add(one.token, one)
    running.push(one)
    if (running.length < 16) return
    const { token } = running[0]
    holders.remove(token, running.shift())
  }
  const count = 20_000
  for (let i = 0; i < count; i++) serve(i)
  gc()
  const before = old().space_used_size
  for (let i = 0; i < count; i++) {
    serve(count + i)
    if (i % 500 === 0) gc({ type: 'minor' })
  }
  console.log((old().space_used_size - before) / count)
`

it('has nothing of a request outlive it, once some were there at a collection of all', () => {
  const flags = ['--expose-gc', '--single-threaded-gc', '--input-type=module', '-e', program]
  const path = join(import.meta.dirname, 'holders.ts')
  const promoted = Number(execFileSync(process.execPath, [...flags, path], { encoding: 'utf8' }))
  // Of a map it is 125: all the tables that it has had.
  expect(promoted).toBeLessThan(60)
})
