// Guarantee: whoever holds connections without showing who he is keeps nobody else out.
import { expect, test } from '@jest/globals'
import type { LogEvent } from '../flow.ts'
import { REFUSED_CALLER_TOLD_MS } from '../caller-limits.ts'
import { createConnections, type Peer } from './connections.ts'

function port({
  connectionMaxAgeMs = Infinity,
  ...of
}: {
  connections: number
  connectionsPerAddress: number
  connectionMaxAgeMs?: number
}) {
  const limits = { connectionMaxAgeMs, ...of }
  const events: LogEvent[] = []
  const clock = { ms: 0 }
  const log = (event: LogEvent): void => void events.push(event)
  const places = createConnections({ limits, log, uptimeMs: () => clock.ms })
  const ended: string[] = []
  let ports = 0
  /** A new connection of an address; tells its name when it is closed. */
  const enter = (name: string, remoteAddress: string): Peer | null => {
    const peer = { remoteAddress, remotePort: ++ports }
    return places.enter(peer, () => ended.push(name)) ? peer : null
  }
  return { places, ended, enter, events, clock }
}

test('the oldest that has proven nothing makes way, and nobody who has', () => {
  const { ended, enter, places } = port({ connections: 3, connectionsPerAddress: 3 })
  places.proven(enter('known', 'a')!)
  enter('old', 'b')
  enter('young', 'c')
  expect([places.open, ended]).toEqual([3, []])
  places.proven(enter('new', 'd')!)
  expect([places.open, ended]).toEqual([3, ['old']])
  places.proven(enter('newer', 'e')!)
  expect(ended).toEqual(['old', 'young'])
  expect(enter('stranger', 'f')).toBeNull()
  expect([places.open, places.refused, ended.at(-1)]).toEqual([3, 3, 'stranger'])
})

test('an address has its number, and others get in beside it', () => {
  const { ended, enter, places } = port({ connections: 4, connectionsPerAddress: 2 })
  const first = enter('a1', 'a')!
  places.proven(first)
  places.proven(enter('a2', 'a')!)
  expect(enter('a3', 'a')).toBeNull()
  expect(enter('b1', 'b')).not.toBeNull()
  expect(ended).toEqual(['a3'])
  // Another connection of its own makes way, and nobody else's.
  places.leave(first)
  enter('a4', 'a')
  enter('a5', 'a')
  expect(ended).toEqual(['a3', 'a4'])
  expect(places.open).toBe(3)
})

test('of several addresses the one with most makes way, the oldest of it first', () => {
  const { ended, enter } = port({ connections: 5, connectionsPerAddress: 4 })
  enter('of another', 'a')
  for (const name of ['m1', 'm2', 'm3', 'm4']) enter(name, 'many')
  enter('new', 'b')
  expect(ended).toEqual(['m1'])
  for (const address of ['c', 'd']) enter(address, address)
  expect(ended).toEqual(['m1', 'm2', 'm3'])
  // None has more than one now.
  enter('last', 'e')
  expect(ended.at(-1)).toBe('of another')
})

test('a connection is old at its age, and not before', () => {
  const { clock, enter, places } = port({
    ...{ connections: 2, connectionsPerAddress: 2, connectionMaxAgeMs: 100 },
  })
  clock.ms = 10
  const peer = enter('a', 'a')!
  clock.ms = 109
  expect(places.isOld(peer)).toBe(false)
  clock.ms = 110
  expect(places.isOld(peer)).toBe(true)
  places.leave(peer)
  expect(places.isOld(peer)).toBe(false)
})

test('what has left, or was closed, is counted no more', () => {
  const { ended, enter, places } = port({ connections: 1, connectionsPerAddress: 1 })
  const first = enter('first', 'a')!
  enter('second', 'a')
  places.leave(first)
  places.leave(first)
  expect([places.open, ended]).toEqual([1, ['first']])
  places.end(first)
  expect(ended).toEqual(['first'])
})

test('one port of a peer may have a connection to each of our addresses', () => {
  const { ended, enter, places } = port({ connections: 4, connectionsPerAddress: 2 })
  const peer = { remoteAddress: 'a', remotePort: 1 }
  const both = ['x', 'y'].map((localAddress) => ({ ...peer, localAddress }))
  for (const each of both) places.enter(each, () => ended.push(each.localAddress))
  expect(places.open).toBe(2)
  places.end(both[1]!)
  expect(ended).toEqual(['y'])
  for (const each of both) places.leave(each)
  // Of what was gone before anybody could ask who it was.
  for (const each of [{}, {}]) places.enter(each, () => undefined)
  for (const each of [{}, {}]) places.leave(each)
  for (const _ of [1, 2]) expect(places.enter({}, () => undefined)).toBe(true)
  places.leave({})
  expect(places.open).toBe(0)
  for (const name of ['a1', 'a2']) expect(enter(name, 'a')).not.toBeNull()
})

test('strangers fill no log, and their addresses are not in it', () => {
  const { clock, enter, events } = port({ connections: 1, connectionsPerAddress: 1 })
  for (let at = 0; at < 5; at++) enter('x', '192.0.2.1')
  clock.ms = REFUSED_CALLER_TOLD_MS
  enter('x', '192.0.2.2')
  expect(events).toEqual([
    { code: 'CONNECTIONS_REFUSED', level: 'warn', limit: 'connectionsPerAddress', times: 1 },
    { code: 'CONNECTIONS_REFUSED', level: 'warn', limit: 'connections', times: 4 },
  ])
})
