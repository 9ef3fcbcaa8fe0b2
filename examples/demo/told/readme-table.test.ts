import { expect, test } from '@jest/globals'
import { expected } from '../expected.ts'
import { steps } from '../traffic/traffic.ts'
import { mission } from './mission.ts'
import { renderTable, withTable } from './readme-table.ts'

test('the expectation file has the steps of the traffic, in their order', () => {
  expect(Object.keys(expected)).toEqual(steps.map(({ name }) => name))
})

test('the table has a line for each part of the seven rows', () => {
  const lines = renderTable().split('\n')
  expect(mission).toHaveLength(7)
  expect(lines).toHaveLength(2 + mission.flatMap(({ parts }) => parts).length)
  const columns = new Set(lines.map((line) => line.split(/(?<!\\)\|/).length))
  expect([...columns]).toEqual([6])
})

test('the table replaces what was between its marks, and nothing else', () => {
  const [begin, end] = ['<!-- mission: from examples/demo -->', '<!-- /mission -->']
  const made = withTable(`before\n${begin}\nan older table\n${end}\nafter\n`)
  expect(made).toBe(`before\n${begin}\n${renderTable()}\n${end}\nafter\n`)
  expect(withTable(made)).toBe(made)
  expect(() => withTable('without marks')).toThrow('is not in README.md')
})
