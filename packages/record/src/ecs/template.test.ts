import { expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anySpan } from '../../test/spans.ts'
import { attributeBytesMax } from '../limits.ts'
import { ecsDocument } from './document.ts'
import { LOG_PLACE, RECORD_PLACE } from './names.ts'
import { indexTemplate } from './template.ts'

interface Mapping {
  readonly type?: string
  readonly properties?: { readonly [name: string]: Mapping }
}

interface Template {
  readonly index_patterns: string[]
  readonly template: {
    readonly settings: { index: { mapping: { total_fields: { limit: number } } } }
    readonly mappings: Mapping
  }
}

const whole = indexTemplate({ dataStreams: true, place: RECORD_PLACE }) as unknown as Template
const { mappings, settings } = whole.template

const mappingOf = (name: string): Mapping | undefined =>
  name.split('.').reduce<Mapping | undefined>((at, part) => at?.properties?.[part], mappings)

const count = ({ properties = {} }: Mapping): number =>
  Object.values(properties).reduce((sum, inner) => sum + 1 + count(inner), 0)

const isOfType: Record<string, (value: unknown) => boolean> = {
  keyword: (value) => typeof value === 'string' && Buffer.byteLength(value) <= attributeBytesMax,
  long: (value) => /^-?[0-9]{1,19}$/.test(String(value)),
  boolean: (value) => typeof value === 'boolean',
  date_nanos: (value) => /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/.test(String(value)),
  ip: (value) => typeof value === 'string',
}

test('every field of any record has a type from the start, and a value of it', () => {
  const marks = { 'grantlog.index': '7', 'grantlog.leaf': 'AAAA', 'client.address': '2001:db8::7' }
  const check = (value: unknown, path: string[]): void => {
    if (typeof value === 'object' && !Array.isArray(value)) {
      for (const [name, inner] of Object.entries(value!)) check(inner, [...path, name])
      return
    }
    const { type } = mappingOf(path.join('.')) ?? {}
    expect({ path, type }).toEqual({ path, type: expect.any(String) })
    for (const item of [value].flat()) expect(isOfType[type!]!(item)).toBe(true)
  }
  fc.assert(
    fc.property(anySpan, (span) => {
      const attributes = new Map([...span.attributes, ...Object.entries(marks)])
      const around = { service: 'a', environment: 'b', version: 'c' }
      check(ecsDocument({ ...around, span: { ...span, attributes } }), [])
    }),
  )
})

test.each([
  ['@timestamp', 'date_nanos'],
  ['event.duration', 'long'],
  ['client.ip', 'ip'],
  ['source.ip', 'ip'],
  ['client.address', 'keyword'],
  ['grantlog.index', 'long'],
  ['http.response.status_code', 'long'],
  ['oauth.token.active', 'boolean'],
  ['audit.slot.user.commitment', 'keyword'],
])('%s is a %s', (name, type) => {
  expect(mappingOf(name)).toMatchObject({ type })
})

test('our own fields take at most half of what an index may have', () => {
  expect(count(mappings) * 2).toBeLessThan(settings.index.mapping.total_fields.limit)
})

test('log records have one of their own, within the same bounds', () => {
  const logs = indexTemplate({ dataStreams: true, place: LOG_PLACE }) as unknown as Template
  expect(logs).toMatchObject({ index_patterns: ['logs-grantlog.log-*'] })
  const { mappings: ofLogs, settings: itsSettings } = logs.template
  expect(count(ofLogs) * 2).toBeLessThan(itsSettings.index.mapping.total_fields.limit)
})

test('it is for every namespace of the data stream, or for the one index', () => {
  expect(whole).toMatchObject({ index_patterns: ['logs-grantlog.record-*'], data_stream: {} })
  const plain = indexTemplate({ dataStreams: false, place: RECORD_PLACE })
  expect(plain).toMatchObject({
    index_patterns: [RECORD_PLACE.dataStream],
    template: whole.template,
  })
  expect(plain).not.toHaveProperty('data_stream')
})
