// Every part of a record's document, changed by hand: whatever is changed, it is altered; what is
// personal is never told.
import { expect, test } from '@jest/globals'
import { slotNames } from '@grantlog/record'
import { ecsDocument } from '@grantlog/record/ecs'
import { forwardedSpan, marks, recordsOf } from '../../test/forwarded.ts'
import { framesOf, idOf, spanOf } from '../../test/producer.ts'
import { recordedFrames } from '../../test/recorded/story.ts'
import { type Json, recorded } from '../../test/search-server.ts'
import type { LedgerRecord } from '../records.ts'
import type { Comparison } from './compare.ts'
import { heldDocument } from './record-document.ts'

const [first, second, third] = (await recordsOf(recordedFrames)) as [
  LedgerRecord,
  LedgerRecord,
  LedgerRecord,
]
const { hits } = recorded('opensearch-records.json').hits

/** The document of a record as the server had it. */
function documentOf({ leaf }: LedgerRecord): Json {
  return structuredClone(hits.find(({ _id }) => _id === leaf.id)!._source)
}

function compare(record: LedgerRecord, source: unknown): Comparison {
  return heldDocument(source, { id: record.leaf.id, index: 'records' }).compare(record, marks)
}

const fieldsOf = (record: LedgerRecord, source: unknown): string[] =>
  compare(record, source).altered.map(({ field }) => field)

/** The document with the member at a path set, or taken away. */
function changed(document: Json, path: string, value: unknown): Json {
  const names = path.split('.')
  const last = names.pop()!
  let at = document
  for (const name of names) at = (at[name] ??= {}) as Json
  if (value === undefined) delete at[last]
  else at[last] = value
  return document
}

test('pseudonymised or full, as the server has them they are exact', () => {
  for (const record of [first, second, third]) {
    expect(compare(record, documentOf(record))).toEqual({ altered: [], known: [] })
  }
})

/** Every leaf of a document. */
function pathsIn(value: unknown, path = ''): string[] {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return [path]
  return Object.entries(value).flatMap(([name, member]) =>
    pathsIn(member, path === '' ? name : `${path}.${name}`),
  )
}

const slotFields = /^(audit\.slot|audit\.actor\.id|user|session|client|source|oauth\.actor\.chain)/

test.each(['mallory', [], null, undefined])('each field counts: each as %j is altered', (value) => {
  for (const record of [first, second, third]) {
    for (const path of pathsIn(documentOf(record))) {
      const altered = fieldsOf(record, changed(documentOf(record), path, value))
      const told = slotFields.test(path) ? expect.stringMatching(/^slot /) : path
      expect(altered).toEqual(expect.arrayContaining([told]))
    }
  }
})

test.each<[string, unknown, object[]]>([
  ['oauth.error.reason', 'x', [{ ledger: 'refresh_reused', backend: 'x' }]],
  ['event.duration', 1, [{ ledger: '1000', backend: '1' }]],
  ['event.type', ['end'], [{ ledger: '["start"]', backend: '["end"]' }]],
  ['event.type', 'start', [{ ledger: '["start"]', backend: 'start' }]],
  ['http.response.status_code', 2n ** 53n + 1n, [{ backend: '9007199254740993' }]],
  ['note', 'checked', [{ ledger: null, backend: 'checked' }]],
  ['grantlog.verdict', 'sure', [{ ledger: 'verified', backend: 'sure' }]],
  ['grantlog.index', '2', [{ ledger: '2', backend: '2' }]],
])('%s as %p is told', (field, value, told) => {
  const { altered } = compare(second, changed(documentOf(second), field, value))
  expect(altered).toEqual(told.map((one) => expect.objectContaining({ field, ...one })))
})

test('a field that stands twice, by two ways to write its name, is altered', () => {
  const document = { ...documentOf(second), 'oauth.client': { name: 'mallory' } }
  expect(fieldsOf(second, document)).toEqual(['oauth.client.name'])
  // By the other way alone it is the same field to every reader.
  const { ecs, ...rest } = documentOf(second)
  expect(fieldsOf(second, { ...rest, 'ecs.version': (ecs as Json).version })).toEqual([])
})

test.each<[string, unknown]>([
  ['user.id', 'eve'],
  ['user.id', undefined],
  ['user.name', 'Ada'],
  ['user.roles', ['reporting_user', 'admin']],
  ['user.roles', 'admin reporting_user'],
  ['audit.slot.user.salt', 'AAAAAAAAAAAAAAAAAAAAAA'],
  ['audit.slot.user', undefined],
  ['audit.slot.user.commitment', second.view.slots.get('user')],
])('a slot that is shown with %s as %p is altered as a whole', (path, value) => {
  const { altered } = compare(third, changed(documentOf(third), path, value))
  expect(altered).toEqual([{ field: 'slot user' }])
})

test.each<[string, unknown]>([
  ['user.id', 'ada'],
  ['audit.slot.user.commitment', 'A'.repeat(43)],
  ['audit.slot.user', undefined],
  ['audit.slot.user.salt', 'AAAAAAAAAAAAAAAAAAAAAA'],
])('a slot that is withheld with %s as %p is altered as a whole', (path, value) => {
  const { altered } = compare(second, changed(documentOf(second), path, value))
  expect(altered).toEqual([{ field: 'slot user' }])
})

test('what is made of an address is told no more than the address', () => {
  const document = changed(documentOf(third), 'source.ip', '198.51.100.1')
  expect(compare(third, document).altered).toEqual([{ field: 'slot network' }])
})

test('a slot that was erased in the ledger still opens its commitment, or is altered', () => {
  const erased = { ...third, openings: [] }
  expect(compare(erased, documentOf(third))).toEqual({ altered: [], known: [] })
  for (const [path, value] of [
    ['user.roles', ['admin']],
    ['client.port', 51_235],
    ['client.port', '51234x'],
    ['client.address', 7],
    ['oauth.actor.chain', ['ticket-bot', 'support agent']],
    ['oauth.actor.chain', [7]],
    ['audit.slot.network.salt', 7],
  ] as const) {
    const { altered } = compare(erased, changed(documentOf(third), path, value))
    expect(altered).toEqual([{ field: expect.stringMatching(/^slot (user|network|actor)$/) }])
  }
})

test('a list that no encoder wrote is exact as the ledger has it', async () => {
  const attributes = { 'user.id': 'ada', 'user.roles': 'adm%69n' }
  const span = spanOf({ at: 0, action: 'oauth.token', attributes }, 0)
  const [record] = (await recordsOf(framesOf([span], 'configured'))) as [LedgerRecord]
  const around = { service: 'login', environment: '', version: '' }
  const document = ecsDocument({ ...around, span: forwardedSpan(record, slotNames) })
  expect(document.user).toMatchObject({ roles: ['admin'] })
  expect(compare(record, document)).toEqual({ altered: [], known: [] })
})

test('a list with an order of its own keeps it, also when the ledger erased it', async () => {
  const attributes = { 'oauth.actor.chain': 'ticket-bot support%20agent' }
  const span = spanOf({ at: 0, action: 'oauth.token', attributes }, 0)
  const [record] = (await recordsOf(framesOf([span], 'configured'))) as [LedgerRecord]
  const around = { service: 'login', environment: '', version: '' }
  const document = ecsDocument({ ...around, span: forwardedSpan(record, slotNames) })
  expect(compare({ ...record, openings: [] }, document)).toEqual({ altered: [], known: [] })
})

test('a slot that the record has not is altered', () => {
  const free = slotNames.find((slot) => !first.view.slots.has(slot))!
  const commitment = first.view.slots.get('pseudonym')
  const path = `audit.slot.${free}.commitment`
  expect(fieldsOf(first, changed(documentOf(first), path, commitment))).toEqual([`slot ${free}`])
})

test('it is found by its own id, else by what it says, else by nothing', () => {
  const key = (id: string, source: unknown): string => heldDocument(source, { id, index: 'x' }).key
  const says = (id: unknown): Json => ({ audit: { record: { id } } })
  expect(key(idOf(1), says(idOf(2)))).toBe(idOf(1))
  expect(key('auto', says(idOf(2)))).toBe(idOf(2))
  expect(key('auto', says(7))).toBe('auto')
  expect(key('auto', null)).toBe('auto')
  const held = heldDocument(documentOf(second), { id: idOf(1), index: 'records-1' })
  expect(held).toMatchObject({
    ...{ recordId: idOf(1), action: 'oauth.token', claims: true },
    ...{ traceId: second.view.traceId, spanId: second.view.spanId },
    place: `records-1/${idOf(1)}`,
  })
})

test('a document nested as deep as a server likes is read', () => {
  let deep: Json = {}
  for (let i = 0; i < 100_000; i++) deep = { a: deep }
  expect(fieldsOf(first, { ...documentOf(first), deep })).toHaveLength(1)
})
