// Guarantee: `grantlog detect --input` finds in exported records what the rules say, and tells what
// it could not read.
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { grantlog, temporaryFolder } from './command.ts'
import { makeSample } from './producer.ts'

const { folder, remove } = temporaryFolder()
afterAll(remove)

const rules = join(folder, 'rules.yml')
const exported = join(folder, 'records.ndjson')
beforeAll(async () => {
  writeFileSync(
    rules,
    `title: The client web was seen
id: 00000000-0000-4000-8000-000000000001
logsource:
    product: grantlog
    service: audit
detection:
    selection:
        oauth.client.id: web
    condition: selection
`,
  )
  const { data } = await makeSample(folder)
  const { code } = await grantlog(['export', '--data', data, '--out', exported])
  expect(code).toBe(0)
})

const run = (input: string, ...flags: string[]) =>
  grantlog(['detect', '--input', input, '--rules', rules, '--no-built-in', ...flags])

test('exported records are asked, and each finding is a line', async () => {
  const { code, stderr, stdout } = await run(exported, '--json')
  const found = stdout.trim().split('\n')
  expect(code).toBe(0)
  expect(found).toHaveLength(2)
  expect(JSON.parse(found[0]!)).toMatchObject({
    rule: { title: 'The client web was seen', level: 'medium' },
    group: expect.arrayContaining([['oauth.client.id', 'web']]),
    words: 'The client web was seen',
  })
  expect(stderr).toMatch(/^2 findings of 1 rule, in \d+ records\n$/)
  const { stdout: text } = await run(exported)
  expect(text).toMatch(/^\S+Z medium The client web was seen oauth\.client\.id=web .*#\d+\n/)
})

test('lines that are no events are told and counted, and quoted nowhere', async () => {
  const path = join(folder, 'damaged.ndjson')
  writeFileSync(
    path,
    'made-up-secret\n{"id":"a","atMs":1,"attributes":{"oauth.client.id":"web"}}\n',
  )
  const { code, stderr, stdout } = await run(path)
  expect(code).toBe(1)
  expect(stdout.trim().split('\n')).toHaveLength(1)
  expect(stderr).toContain(`${path}:1: this is no event\n`)
  expect(stderr).toContain('1 line could not be read')
  expect(stderr).not.toContain('made-up-secret')
})
