import { describe, expect, test } from '@jest/globals'
import fc from 'fast-check'
import { anySpan, sha256 } from '../../test/spans.ts'
import { attributeDefinitions, type SlotName, slotNames } from '../names.ts'
import type { AttributeValue, Span } from '../span.ts'
import { AttributeTable, placed } from './attributes.ts'
import { commitmentAttribute, saltAttribute } from './record.ts'
import { writeSpan } from './write.ts'

const names = [
  ...attributeDefinitions.keys(),
  ...slotNames.flatMap((slot) => [saltAttribute(slot), commitmentAttribute(slot)]),
  ...['code', '__proto__', 'constructor', ''],
]

const anyValue: fc.Arbitrary<AttributeValue> = fc.oneof(fc.string(), fc.bigInt(), fc.boolean())
const anyStep = fc.record({
  name: fc.constantFrom(...names),
  value: fc.option(anyValue),
})

const sorted = (map: ReadonlyMap<string, AttributeValue>): [string, AttributeValue][] =>
  [...map].toSorted(([a], [b]) => (a < b ? -1 : 1))

describe('a table of attributes', () => {
  test('has what a map has, whatever is set and deleted', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 200 }), (steps) => {
        const [table, map] = [new AttributeTable(), new Map<string, AttributeValue>()]
        for (const { name, value } of steps) {
          if (value === null) expect(table.delete(name)).toBe(map.delete(name))
          else for (const one of [table, map]) one.set(name, value)
        }
        expect(sorted(table)).toEqual(sorted(map))
        expect(table.size).toBe(map.size)
        for (const name of names) {
          expect([table.get(name), table.has(name)]).toEqual([map.get(name), map.has(name)])
        }
        const visited = new Map<string, AttributeValue>()
        table.forEach((value, name) => visited.set(name, value))
        expect([...visited]).toEqual([...table.entries()])
        expect([...visited.keys()]).toEqual([...table.keys()])
        expect([...visited.values()]).toEqual([...table.values()])
        expect(sorted(AttributeTable.of(map))).toEqual(sorted(map))
      }),
    )
  })

  test('tells what the registry does not list, salts that nobody made here included', () => {
    const told = ['code', saltAttribute('user'), commitmentAttribute('user')]
    const table = AttributeTable.of(new Map([...told, 'user.id'].map((name) => [name, 'x'])))
    expect(table.unlisted()).toEqual(told)
    expect(table.salt('user')).toBeUndefined()
    table.setSalt('actor', 'y')
    expect([table.salt('actor'), table.get(saltAttribute('actor'))]).toEqual(['y', 'y'])
    expect(table.unlisted()).toEqual(told)
  })

  test('has its places in the order of JCS', () => {
    const inOrder = placed.map(({ name }) => name)
    expect(inOrder).toEqual([...attributeDefinitions.keys()].toSorted())
  })

  test('is written as a map is', () => {
    const hash = { bytes: sha256, base64url: (data: Uint8Array) => toText(sha256(data)) }
    const outcome = (span: Span): unknown => {
      try {
        const { digest, bytes } = writeSpan(span, hash)
        return [toText(digest), toText(bytes)]
      } catch (error) {
        return String(error)
      }
    }
    fc.assert(
      fc.property(anySpan, (span) => {
        expect(outcome({ ...span, attributes: asMade(span) })).toEqual(outcome(span))
      }),
    )
  })
})

const toText = (bytes: Uint8Array): string => Buffer.from(bytes).toString('base64url')

/** As `protect` of the SDK leaves it: salts are set as such. */
function asMade({ attributes }: Span): AttributeTable {
  const salts = new Map<string, SlotName>(slotNames.map((slot) => [saltAttribute(slot), slot]))
  const table = new AttributeTable()
  for (const [name, value] of attributes) {
    const slot = salts.get(name)
    if (slot !== undefined && typeof value === 'string') table.setSalt(slot, value)
    else table.set(name, value)
  }
  return table
}
