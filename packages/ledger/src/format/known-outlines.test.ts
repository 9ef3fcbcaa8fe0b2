import { expect, test } from '@jest/globals'
import { utf8 } from '@grantlog/record'
import { KnownOutlines } from './known-outlines.ts'
import { OpeningSplitter, type SlotOpening } from './outline.ts'

function outlineOf(...openings: readonly (readonly [slot: string, opening: string])[]): Buffer {
  const made = openings.map(([slot, opening]) => ({ slot, opening: utf8(opening) }))
  return Buffer.from(new OpeningSplitter().split(made as SlotOpening[]).outline)
}

const address = '{"fields":{"client.address":{"stringValue":"192.0.2.1"}},"salt":"c2FsdA"}'

test('the fields of an outline, in the order of its values; each is understood once', () => {
  let asked = 0
  const known = new KnownOutlines((fields) => [++asked, ...fields])
  const outline = outlineOf(['network', address])
  const fields = [{ name: 'client.address', type: 'string' }, { type: 'salt' }]
  const behind = Buffer.concat([Buffer.from('in front'), outline, Buffer.from('behind')])
  expect(known.at(behind, 8, 8 + outline.length)).toEqual([1, ...fields])
  expect(known.at(outlineOf(['network', address], ['network', address]), 0, 0)).toEqual([2])
  expect(known.at(outline, 0, outline.length)).toEqual([1, ...fields])
})

test.each([
  ['a name that is not registered', 'network', address.replace('client.address', 'client.other')],
  ['an attribute of another slot', 'user', address],
  ['another type', 'network', address.replace('stringValue', 'intValue')],
  ['a value that is a number', 'network', address.replace('"192.0.2.1"', '7')],
  ['no JSON', 'network', address.replace('}}', '}')],
  ['one member more', 'network', address.replace(',"salt"', ',"more":"","salt"')],
])('null for %s', (_, slot, opening) => {
  const outline = outlineOf([slot, opening])
  expect(new KnownOutlines((fields) => fields).at(outline, 0, outline.length)).toBeNull()
})

test('null for one that is cut', () => {
  const outline = outlineOf(['network', address])
  const known = new KnownOutlines((fields) => fields)
  for (let to = 1; to < outline.length; to++) expect(known.at(outline, 0, to)).toBeNull()
})
