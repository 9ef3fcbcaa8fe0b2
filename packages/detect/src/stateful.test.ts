import { expect, test } from '@jest/globals'
import type { JsonValue } from '@grantlog/record'
import { eventWith, startMs } from '../test/events.ts'
import { Entities } from './entities.ts'
import type { AuditEvent } from './event.ts'
import {
  type Check,
  type CodedRule,
  detectorOf,
  found,
  MAX_SETTLING,
  refOf,
  SETTLE_MS,
} from './stateful.ts'

const rule: CodedRule = {
  ...{ id: '00000000-0000-4000-8000-000000000001', row: 1, title: 'A test', description: 'Tests.' },
  ...{
    level: 'low',
    attack: ['T1528'],
    references: ['RFC 9700 4.5'],
    needs: [],
    falsePositives: [],
  },
}

/** Says each event that has `user.hash`; suspects each with `session.id`, until that is denied. */
function sample(): Check {
  const denied = new Entities<boolean>(10)
  return {
    rules: [rule],
    entities: { denied },
    look(event) {
      const [user, session, grant] = ['user.hash', 'session.id', 'oauth.grant.id_hash'].map(
        (name) => event.attributes.get(name),
      )
      const said = { rule: 0, group: [], before: [], count: 1, words: 'said' } as const
      if (grant !== undefined) denied.set(String(grant), true)
      if (user !== undefined) return [found({ ...said, before: [['before', 3]] })]
      return session === undefined ? [] : [{ ...said, settle: String(session) }]
    },
    holds: (session) => denied.get(session) !== true,
  }
}

const at = (seconds: number, name: string, value = 's'): AuditEvent =>
  eventWith({ [name]: value }, { atMs: startMs + 1_000 * seconds, id: `id-${seconds}` })

test('what is certain is said at once, with the event as its last record', () => {
  const [said] = detectorOf(sample()).take(at(1, 'user.hash'))
  expect(said).toMatchObject({
    ...{ atMs: startMs + 1_000, count: 1, words: 'said' },
    records: [
      { id: 'before', index: 3 },
      { id: 'id-1', index: null },
    ],
  })
  expect(said?.rule).toMatchObject({ id: rule.id, level: 'low' })
  expect(said?.rule.hash).toMatch(/^[\w-]{43}$/)
})

test('another text is another rule', () => {
  const other = { ...sample(), rules: [{ ...rule, description: 'Tests more.' }] }
  expect(detectorOf(other).rules[0]!.hash).not.toBe(detectorOf(sample()).rules[0]!.hash)
})

test('a suspicion is said once it had time, and tells its own record', () => {
  const detector = detectorOf(sample())
  expect(detector.take(at(1, 'session.id'))).toEqual([])
  expect(detector.take(at(SETTLE_MS / 1_000, 'user.name'))).toEqual([])
  const [said] = detector.take(at(1 + SETTLE_MS / 1_000, 'user.name'))
  expect([said?.atMs, said?.records]).toEqual([startMs + 1_000, [{ id: 'id-1', index: null }]])
  expect(detector.take(at(90, 'user.name'))).toEqual([])
})

test('a suspicion that does not hold any more is not said', () => {
  const detector = detectorOf(sample())
  detector.take(at(1, 'session.id'))
  detector.take(at(20, 'oauth.grant.id_hash'))
  expect(detector.take(at(90, 'user.name'))).toEqual([])
})

test('a clock that is far ahead makes nobody late', () => {
  const detector = detectorOf(sample())
  detector.take(at(1, 'session.id'))
  const ahead = { ...at(9_000, 'user.name'), receivedMs: startMs + 2_000 }
  expect(detector.take(ahead)).toEqual([])
})

test('suspicions are bounded, and what is let go is counted', () => {
  const detector = detectorOf(sample())
  for (let i = 0; i < MAX_SETTLING; i++) detector.take(at(1, 'session.id', `s${i}`))
  expect(detector.health().evicted).toBe(0)
  detector.take(at(1, 'session.id', 'one more'))
  expect(detector.health().evicted).toBe(1)
  expect(detector.take(at(90, 'user.name'))).toHaveLength(MAX_SETTLING)
})

test('a snapshot holds what was learned and what waits', () => {
  const one = detectorOf(sample())
  one.take(at(1, 'session.id', 'waits'))
  one.take(at(2, 'oauth.grant.id_hash', 'denied'))
  const other = detectorOf(sample())
  other.restore(JSON.parse(JSON.stringify(one.snapshot())) as JsonValue)
  other.take(at(3, 'session.id', 'denied'))
  expect(other.take(at(90, 'user.name')).map(({ atMs }) => atMs)).toEqual([startMs + 1_000])
  expect(other.health().held).toBe(1)
})

test('a snapshot with entities that are not there is of another version, and refused', () => {
  const { entities, ...rest } = detectorOf(sample()).snapshot() as Record<string, JsonValue>
  const other = { ...rest, entities: { ...(entities as object), gone: {} } }
  expect(() => detectorOf(sample()).restore(other)).toThrow(
    expect.objectContaining({ code: 'SNAPSHOT_MALFORMED' }),
  )
})

test('refOf names a record, once for each', () => {
  const [one, other] = [at(4, 'user.name'), at(5, 'user.name')]
  expect([refOf(one), refOf(other), refOf(one)]).toEqual([
    ['id-4', null],
    ['id-5', null],
    ['id-4', null],
  ])
  expect(refOf(one)).toBe(refOf(one))
})
