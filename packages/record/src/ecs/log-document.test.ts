// Guarantee: an audit log record's document is an exact function of it and of what may be shown;
// every field has the type of the template, whatever somebody else's SDK wrote.
import { expect, test } from '@jest/globals'
import { sha256 } from '../../test/spans.ts'
import { divideLog, type LogSlotName, openLog, openLogSlot, sealLog } from '../canonical/log.ts'
import type { JsonObject } from '../log.ts'
import { decodeLogsRequest } from '../otlp/logs.ts'
import { type Context, deletion, encodeLogs, type Fields } from '../testing/logs.ts'
import { ecsLogDocument, type EcsLogInput, logDocumentId } from './log-document.ts'
import { LOG_PLACE } from './names.ts'
import { indexTemplate } from './template.ts'

const id = '019aaf25-0c00-7000-8000-00000000a001'
const marks = new Map([
  ['grantlog.verdict', 'observed'],
  ['grantlog.origin', 'example.com/log'],
  ['grantlog.index', '42'],
  ['grantlog.leaf', '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'],
])

interface Showing {
  readonly context?: Context
  readonly slots?: readonly LogSlotName[]
}

function inputOf(fields: Fields, { context = {}, slots = [] }: Showing = {}): EcsLogInput {
  const [log] = decodeLogsRequest(encodeLogs([fields], context)).logs()
  if (!log || 'error' in log) throw log?.error ?? new Error('none')
  const salt = (): Uint8Array => Buffer.alloc(16, 7)
  const { canonical, openings } = sealLog(divideLog(log, []), { id, salt, sha256 })
  const shown = new Map<LogSlotName, { fields: JsonObject; salt: string }>()
  for (const { opening, slot } of openings) {
    if (!slots.includes(slot)) continue
    shown.set(slot, { fields: openLogSlot(opening, slot), salt: 'BwcHBwcHBwcHBwcHBwcHBw' })
  }
  return { ...openLog(canonical), shown, marks, receivedAt: 1_795_467_601_000 }
}

const documentOf = (fields: Fields, showing?: Showing) => ecsLogDocument(inputOf(fields, showing))
const commitment = expect.stringMatching(/^[\w-]{43}$/)

test('a deletion, byte for byte, with all that is personal withheld', () => {
  expect(documentOf(deletion)).toEqual({
    '@timestamp': '2026-11-23T21:00:00.123456Z',
    ecs: { version: '8.11.0' },
    event: {
      kind: 'event',
      type: ['info'],
      action: 'document.delete',
      outcome: 'success',
      id,
      created: '2026-11-23T21:00:00.123999Z',
      ingested: '2026-11-23T21:00:01.000000Z',
      severity: 9,
      module: 'grantlog',
      dataset: 'grantlog.log',
    },
    log: { level: 'INFO', logger: 'billing' },
    trace: { id: '5b8aa5a2d2c872e8321cf37308d69df2' },
    span: { id: '051581bf3cb55c13' },
    service: { name: 'billing' },
    audit: {
      record: { id },
      action: 'document.delete',
      outcome: 'success',
      actor: { type: 'user' },
      slot: {
        user: { commitment },
        pseudonym: { commitment },
        network: { commitment },
        body: { commitment },
        unregistered: { commitment },
      },
    },
    grantlog: {
      verdict: 'observed',
      origin: 'example.com/log',
      index: 42,
      leaf: '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU',
    },
  })
  expect(logDocumentId(inputOf(deletion))).toBe(id)
})

test('who may have all finds the body, and addresses where ECS has them', () => {
  const slots = ['user', 'network', 'body', 'unregistered'] as const
  const salt = 'BwcHBwcHBwcHBwcHBwcHBw'
  const document = documentOf(deletion, { slots })
  expect(document).toMatchObject({
    message: 'alice deleted invoice 17',
    user: { id: 'alice' },
    client: { address: '203.0.113.7', ip: '203.0.113.7' },
    source: { ip: '203.0.113.7' },
    audit: { slot: { user: { salt }, body: { salt }, unregistered: { salt } } },
  })
  // What the registry does not have would fill the index with fields.
  expect(document).not.toHaveProperty('document')
  const structured = documentOf({ ...deletion, body: { a: 1n } }, { slots })
  expect(structured).toMatchObject({ message: '{"kvlistValue":{"a":{"intValue":"1"}}}' })
})

test.each<[string, Fields, string]>([
  ['its own', deletion, '2026-11-23T21:00:00.123456Z'],
  ['when it was seen first', { ...deletion, time: 0n }, '2026-11-23T21:00:00.123999Z'],
  ['when it was taken in', { ...deletion, time: 0n, observed: 0n }, '2026-11-23T21:00:01.000000Z'],
  [
    'none that a server could not hold',
    { ...deletion, time: 2n ** 64n - 1n, observed: 2n ** 63n },
    '2026-11-23T21:00:01.000000Z',
  ],
])('its time is %s', (_, fields, expected) => {
  expect(documentOf(fields)).toMatchObject({ '@timestamp': expected })
})

test('the name of an event is its action where it names none', () => {
  const { 'audit.action': _, ...attributes } = deletion.attributes!
  expect(documentOf({ ...deletion, attributes })).toMatchObject({
    event: { action: 'document.deleted' },
  })
})

interface Mapping {
  readonly type?: string
  readonly properties?: { readonly [name: string]: Mapping }
}

const { template } = indexTemplate({ dataStreams: true, place: LOG_PLACE }) as unknown as {
  template: { mappings: Mapping }
}

const isOfType: Record<string, (value: unknown) => boolean> = {
  keyword: (value) => typeof value === 'string',
  text: (value) => typeof value === 'string',
  long: (value) => /^-?[0-9]{1,19}$/.test(String(value)),
  boolean: (value) => typeof value === 'boolean',
  date_nanos: (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(String(value)),
  ip: (value) => typeof value === 'string',
}

function requireTypes(value: unknown, path: readonly string[] = []): void {
  if (typeof value === 'object' && !Array.isArray(value)) {
    for (const [name, inner] of Object.entries(value!)) requireTypes(inner, [...path, name])
    return
  }
  const { type } = path.reduce<Mapping>(
    (at, part) => at.properties?.[part] ?? {},
    template.mappings,
  )
  expect({ path, type }).toEqual({ path, type: expect.any(String) })
  for (const item of [value].flat()) expect(isOfType[type!]!(item)).toBe(true)
}

test('every field has a type from the start, and a value of it, whatever was written', () => {
  const slots = ['user', 'network', 'body', 'unregistered', 'pseudonym', 'request'] as const
  const resource = {
    ...{ 'service.name': 'billing', 'service.version': '1' },
    'deployment.environment.name': 'prod',
  }
  const wrong = {
    'audit.record.id': id,
    'http.response.status_code': 'two hundred',
    'oauth.token.active': 'yes',
    'audit.action': 17n,
    'oauth.client.id': { a: 'b' },
    'oauth.scope.requested': ['a', 'b'],
    'oauth.scope.granted': ['a', 1n],
    'client.address': 'nowhere',
    'user.id': 1.5,
  }
  for (const attributes of [deletion.attributes!, wrong]) {
    const document = documentOf({ ...deletion, attributes }, { slots, context: { resource } })
    requireTypes(document)
    expect(document).toMatchObject({
      service: { name: 'billing', environment: 'prod', version: '1' },
    })
  }
  const document = documentOf({ ...deletion, attributes: wrong }, { slots })
  expect(document).toMatchObject({ oauth: { scope: { requested: ['a', 'b'] } } })
  for (const name of ['http', 'user', 'oauth.token', 'oauth.client', 'oauth.scope.granted']) {
    expect(document).not.toHaveProperty(name)
  }
})
