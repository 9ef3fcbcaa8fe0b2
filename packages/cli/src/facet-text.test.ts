// Claims on facets as text: bars in proportion, within the width, and no value writes to the
// terminal.
import { expect, test } from '@jest/globals'
import picocolors from 'picocolors'
import { facetFieldsOf, formatFacets, type NamedFacet } from './facet-text.ts'

const paint = picocolors.createColors(false)
const facet: NamedFacet = {
  field: 'client',
  values: [
    { value: 'web', count: 500 },
    { value: `evil\u001b[31m${'x'.repeat(80)}`, count: 250 },
    { value: 'rare', count: 1 },
  ],
  ...{ more: 3, moreCount: 200, missing: 49 },
}

test.each([40, 80, 120, 200])('with %d columns each line fits, and the bars compare', (columns) => {
  const lines = formatFacets([facet], 1_000, { columns, paint }).split('\n')
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(columns)
  expect(lines[0]).toBe('client')
  const bars = lines.slice(1).map((line) => (line.match(/█/g) ?? []).length)
  expect(bars[0]! / 2).toBeCloseTo(bars[1]!, -1)
  expect(lines[2]).toContain('evil\ufffd[31mx')
  expect(lines[3]).toMatch(/rare +▏ +1 {3}0 %$/)
  expect(lines[4]).toMatch(/\(3 more\) .* 200 {2}20 %$/)
  expect(lines[5]).toMatch(/\(none\) .* 49 {3}5 %$/)
})

test('a field that cannot be counted, or says who it was, is told', () => {
  expect(facetFieldsOf('outcome, scope', false).map(({ name }) => name)).toEqual([
    ...['outcome', 'scope'],
  ])
  expect(() => facetFieldsOf('duration', false)).toThrow('no field that can be counted')
  expect(() => facetFieldsOf('nothing', false)).toThrow('no field that can be counted')
  expect(() => facetFieldsOf('address', false)).toThrow('--show-personal')
  expect(facetFieldsOf('address', true)).toHaveLength(1)
})
