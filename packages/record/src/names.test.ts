// The generated files say what the registry says, and the registry refuses what it must not hold.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from '@jest/globals'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { ownRegistry, render, staleFiles } from '../scripts/generate.ts'
import { parseRegistry } from '../scripts/registry.ts'
import { ATTR, REGISTRY_VERSION, attributeDefinitions, listAttributes, slotNames } from './names.ts'

const registry = ownRegistry()
const attributes = registry.groups.flatMap((group) => group.attributes)

describe('generated files', () => {
  test('are what the registry says', async () => {
    const stale = staleFiles(await render(registry))
    expect(stale.map(({ path }) => `${path}: run npm run generate`)).toEqual([])
  })

  test('are found stale when a brief changes', async () => {
    const edited = structuredClone(registry)
    const first = edited.groups[0]?.attributes[0]
    if (first === undefined) throw new Error('the registry is empty')
    first.brief = 'Something else.'
    const stale = staleFiles(await render(edited))
    const schemas = Array.from({ length: REGISTRY_VERSION }, (_, i) => `record.v${i + 1}`)
    const paths = schemas.map((name) => `schema/${name}.schema.json`)
    const told = ['src/described/rows.generated.ts', 'ATTRIBUTES.md']
    expect(stale.map(({ path }) => path)).toEqual([...told, ...paths])
  })
})

describe('names', () => {
  test('every attribute has one constant, named after it', () => {
    const constants = Object.entries(ATTR)
    expect(constants.map(([, name]) => name)).toEqual(attributes.map(({ name }) => name))
    expect(new Set(constants.map(([, name]) => name)).size).toBe(constants.length)
    for (const [constant, name] of constants) {
      expect(constant).toBe(name.replaceAll('.', '_').toUpperCase())
    }
  })

  test('definitions are the covered attributes, in known slots', () => {
    const covered = attributes.filter((attribute) => attribute.covered)
    expect([...attributeDefinitions.keys()]).toEqual(covered.map(({ name }) => name))
    for (const [key, { name, slot, since }] of attributeDefinitions) {
      expect(name).toBe(key)
      if (slot !== null) expect(slotNames).toContain(slot)
      expect(since).toBeLessThanOrEqual(REGISTRY_VERSION)
    }
  })

  test('lists are covered strings, and the prose says that they are lists', () => {
    expect([...listAttributes]).toEqual(attributes.filter(({ list }) => list).map((a) => a.name))
    for (const { brief, covered, list, name } of attributes) {
      if (list) expect(covered).toBe(true)
      if (/\ba list\b/.test(brief)) expect(listAttributes).toContain(name)
    }
  })

  test('every slot has an attribute, a salt and a commitment', () => {
    const used = new Set([...attributeDefinitions.values()].map(({ slot }) => slot))
    const names = new Set<string>(Object.values(ATTR))
    for (const slot of slotNames) {
      expect(used).toContain(slot)
      expect(names).toContain(`audit.slot.${slot}.salt`)
      expect(names).toContain(`audit.slot.${slot}.commitment`)
    }
  })

  test('neither evidence nor what the receiver adds is covered', () => {
    const machinery = attributes.filter((attribute) => !attribute.covered).map(({ name }) => name)
    expect(machinery).toHaveLength(20)
    for (const name of machinery) {
      expect(name).toMatch(/^(audit\.integrity\.|audit\.slot\.|grantlog\.)/)
      expect(attributeDefinitions.has(name)).toBe(false)
    }
  })
})

describe('the registry refuses', () => {
  const good =
    '{ id: a.b, type: string, stability: stable, brief: B, examples: [x], ' +
    'annotations: { grantlog: { since: 1 } } }'
  const parse = (...lines: string[]): unknown => {
    const head = 'id: registry.a, type: attribute_group, display_name: A, brief: B'
    const file = `groups: [{ ${head}, attributes: [${lines.join(', ')}] }]`
    return parseRegistry(new Map([['audit.yaml', file]]))
  }

  test('nothing in the base case', () => {
    expect(parse(good)).toMatchObject({ version: 1, groups: [{ attributes: [{ name: 'a.b' }] }] })
  })

  const cases: [what: string, from: string, to: string, problem: string][] = [
    ['a name that is not dotted snake_case', 'a.b', 'a.B', 'a.B: not dotted snake_case'],
    ['a double', 'type: string', 'type: double', 'type double is not one of'],
    ['a list type', 'type: string', 'type: "string[]"', 'type string[] is not one of'],
    ['bytes that are covered', 'type: string', 'type: any', 'type any is not one of'],
    ['version 0', 'since: 1', 'since: 0', 'since is not a registry version'],
    ['no stability', 'stability: stable, ', '', 'no stability'],
    ['no brief', 'brief: B, ', '', 'no brief'],
    ['no example', '[x]', '[]', 'no example'],
    ['an example of another type', '[x]', '[1]', 'example 1 is no string'],
    ['an unknown slot', 'since: 1', 'since: 1, slot: session', 'unknown slot session'],
    ['a misspelt key', 'since: 1', 'since: 1, slott: user', 'unknown key slott'],
    ['an uncovered slot', 'since: 1', 'since: 1, slot: user, covered: false', 'is not covered'],
  ]
  test.each(cases)('%s', (...[, from, to, problem]) => {
    expect(() => parse(good.replace(from, to))).toThrow(problem)
  })

  test('a list that is no string', () => {
    const list = good.replace('since: 1', 'since: 1, list: true')
    expect(parse(list)).toMatchObject({ groups: [{ attributes: [{ list: true }] }] })
    const ints = list.replace('type: string', 'type: int').replace('[x]', '[1]')
    expect(() => parse(ints)).toThrow('a.b: is a list but no string')
  })

  test('two attributes of one name, one constant, or one inside the other', () => {
    expect(() => parse(good, good)).toThrow('a.b: same name or constant as a.b')
    const [dotted, snake] = [good.replace('a.b', 'a.b.c'), good.replace('a.b', 'a.b_c')]
    expect(() => parse(dotted, snake)).toThrow('a.b_c: same name or constant as a.b.c')
    expect(() => parse(good, dotted)).toThrow('a.b: also the namespace of a.b.c')
  })

  test('a file that nothing would read', () => {
    expect(() => parseRegistry(new Map([['other.yaml', '']]))).toThrow('other.yaml: not one of')
  })
})

describe('the schema of the canonical form', () => {
  const file = join(import.meta.dirname, '../schema/record.v1.schema.json')
  const schema = JSON.parse(readFileSync(file, 'utf8')) as { $id: string }
  const ajv = new Ajv2020({ strict: true })
  const isValid = ajv.compile(schema)

  const hash = '47DEQpj8HBSa-_TImW-5JCeuQeRkm5NMpJWZG3hSuFU'
  const record = {
    attributes: {
      'audit.action': { stringValue: 'oauth.token' },
      'audit.sequence.number': { intValue: '7' },
      'oauth.par.used': { boolValue: true },
    },
    endTimeUnixNano: '1764000000000042000',
    kind: 2,
    name: 'oauth.token',
    parentSpanId: '',
    slots: { user: hash },
    spanId: '00f067aa0ba902b7',
    startTimeUnixNano: '1764000000000001000',
    status: { code: 1, message: '' },
    traceId: '4bf92f3577b34da6a3ce929d0e0e4736',
  }
  const attribute = (name: string, value: unknown): object => ({ attributes: { [name]: value } })

  test('accepts a record', () => {
    isValid(record)
    expect(isValid.errors).toBeNull()
  })

  const differences: [what: string, change: object][] = [
    ['an unknown attribute', attribute('shop.basket', { stringValue: 'x' })],
    ['an attribute of a slot in the clear', attribute('user.id', { stringValue: 'x' })],
    ['machinery', attribute('audit.slot.user.salt', { stringValue: 'x' })],
    ['a value of another type', attribute('audit.action', { intValue: '1' })],
    ['an untagged value', attribute('audit.action', 'oauth.token')],
    ['a value with two tags', attribute('audit.action', { stringValue: 'x', boolValue: true })],
    ['an empty string', attribute('audit.action', { stringValue: '' })],
    ['1,025 characters', attribute('audit.action', { stringValue: 'x'.repeat(1025) })],
    ['an int as a number', attribute('audit.sequence.number', { intValue: 7 })],
    ['an int with a leading zero', attribute('audit.sequence.number', { intValue: '07' })],
    ['minus zero', attribute('audit.sequence.number', { intValue: '-0' })],
    ['an unknown slot', { slots: { session: hash } }],
    ['a short commitment', { slots: { user: hash.slice(1) } }],
    ['a commitment with spare bits', { slots: { user: `${hash.slice(0, -1)}V` } }],
    ['a trace id of zeros', { traceId: '0'.repeat(32) }],
    ['upper-case hex', { spanId: '00F067AA0BA902B7' }],
    ['a time between microseconds', { startTimeUnixNano: '1764000000000001001' }],
    ['a time of zero', { startTimeUnixNano: '0' }],
    ['status unset', { status: { code: 0, message: '' } }],
    ['an empty name', { name: '' }],
    ['a name of 257 characters', { name: 'x'.repeat(257) }],
    ['another member', { traceState: '' }],
    ['a missing member', { parentSpanId: undefined }],
  ]
  test.each(differences)('refuses %s', (_what, change) => {
    // By way of JSON, so that a member set to undefined is gone.
    expect(isValid(JSON.parse(JSON.stringify({ ...record, ...change })))).toBe(false)
  })

  test('accepts the limits themselves', () => {
    const longest = attribute('audit.action', { stringValue: 'x'.repeat(1024) })
    expect(isValid({ ...record, ...longest, name: 'x'.repeat(256) })).toBe(true)
  })

  test('has the openings of slots, each with its own fields', () => {
    const isUser = ajv.getSchema(`${schema.$id}#/$defs/opening.user`)
    if (isUser === undefined) throw new Error('no schema for the slot user')
    const opening = { fields: { 'user.id': { stringValue: 'u' } }, salt: 'mJ2n0cV5TQ6m1s0dQ3cYxA' }
    expect(isUser(opening)).toBe(true)
    expect(isUser({ ...opening, fields: {} })).toBe(false)
    expect(isUser({ ...opening, fields: { 'client.address': { stringValue: 'u' } } })).toBe(false)
    expect(isUser({ ...opening, salt: 'mJ2n0cV5TQ6m1s0dQ3cYxB' })).toBe(false)
  })
})
