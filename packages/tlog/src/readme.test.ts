import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import * as tlog from './index.ts'

const folder = `${import.meta.dirname}/..`
const readme = readFileSync(`${folder}/README.md`, 'utf8')

test('the example of the README runs and prints what it says', () => {
  const code = /```ts\n([^]+?)```/.exec(readme)![1]!
  const flags = ['--conditions=@grantlog/source', '--input-type=module-typescript', '--eval', code]
  const { stdout, stderr } = spawnSync(process.execPath, flags, { cwd: folder, encoding: 'utf8' })
  expect([stdout, stderr]).toEqual(['entry 1 of 3\n', ''])
})

test('every function in the table of the README is exported', () => {
  const table = readme.slice(readme.indexOf('| spec'), readme.indexOf('Tree sizes'))
  const names = [...table.matchAll(/`(\w+)`/g)].map(([, name]) => name!)
  expect(names.filter((name) => !(name in tlog))).toEqual([])
})
