import { expect, test } from '@jest/globals'
import { type ChainLink, Chains, type ChainsMemory } from './chains.ts'

const link = (firstSeq: number, n: number, prevRoot: string, root: string): ChainLink => ({
  ...{ firstSeq, instance: 'i', n, prevRoot, root },
})
const chain = [link(0, 2, '', 'a'), link(2, 3, 'a', 'b'), link(5, 1, 'b', 'c')]

test('a chain holds in whatever order its batches come, and come again', () => {
  for (const order of [
    [0, 1, 2],
    [2, 1, 0],
    [1, 0, 1, 2, 0],
    [2, 0, 2, 1],
  ]) {
    const chains = new Chains()
    expect(order.map((i) => chains.follows('k', chain[i]!))).not.toContain(false)
  }
})

test('a batch that names another root is told once both sides are known', () => {
  const forged = link(2, 3, 'x', 'b')
  expect([chain[0]!, forged].map((each) => new Chains().follows('k', each))).toEqual([true, true])
  for (const [one, other] of [
    [chain[0]!, forged],
    [forged, chain[0]!],
    [chain[0]!, link(2, 3, '', 'b')],
  ] as const) {
    const chains = new Chains()
    expect(chains.follows('k', one)).toBe(true)
    expect(chains.follows('k', other)).toBe(false)
  }
})

test('what lies behind a hole is not compared, nor another stream', () => {
  const chains = new Chains()
  expect(chains.follows('k', chain[0]!)).toBe(true)
  expect(chains.follows('k', link(4, 1, 'lost', 'd'))).toBe(true)
  expect(chains.follows('other', chain[1]!)).toBe(true)
})

test('what is remembered of chains goes on as they would', () => {
  for (const [known, other, expected] of [
    [chain[0]!, chain[1]!, true],
    [chain[1]!, link(0, 2, '', 'x'), false],
    [chain[0]!, link(2, 3, 'x', 'b'), false],
  ] as const) {
    const chains = new Chains()
    chains.follows('k', known)
    const memory: unknown = JSON.parse(JSON.stringify(chains.memory()))
    expect(Chains.from(memory as ChainsMemory).follows('k', other)).toBe(expected)
  }
})
