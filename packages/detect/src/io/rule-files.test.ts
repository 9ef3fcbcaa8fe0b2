import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from '@jest/globals'
import { MAX_EVENT_CHARS, MAX_FIXTURE_BYTES, MAX_RULE_BYTES } from '../limits.ts'
import { type EventLine, eventLines } from './event-lines.ts'
import { readRules, readRulesAndFixtures } from './rule-files.ts'

const folder = mkdtempSync(join(tmpdir(), 'grantlog-rules-'))
afterAll(() => rmSync(folder, { recursive: true }))

function file(name: string, text: string): string {
  mkdirSync(join(folder, name, '..'), { recursive: true })
  writeFileSync(join(folder, name), text)
  return join(folder, name)
}

test('rules are read in order of their paths, with their fixtures', async () => {
  for (const name of ['rules/b.yml', 'rules/a/c.yaml', 'rules/b.fires.ndjson', 'rules/README.md']) {
    file(name, name)
  }
  const found = await readRulesAndFixtures(join(folder, 'rules'), 'mine')
  expect(found).toEqual([
    { name: 'mine/a/c.yaml', text: 'rules/a/c.yaml', fixtures: {} },
    {
      ...{ name: 'mine/b.yml', text: 'rules/b.yml' },
      fixtures: { fires: { name: 'mine/b.fires.ndjson', text: 'rules/b.fires.ndjson' } },
    },
  ])
})

test('a file that is too large is not read; what is not there is told', async () => {
  const path = file('large.yml', '#'.repeat(MAX_RULE_BYTES + 1))
  const [{ text } = { text: '' }] = await readRules(path)
  expect(text.trim()).toBe('')
  const whole = file('whole.yml', '#'.repeat(MAX_RULE_BYTES))
  expect((await readRules(whole))[0]?.text).toHaveLength(MAX_RULE_BYTES)
  await expect(readRules(join(folder, 'nowhere'))).rejects.toMatchObject({
    code: 'RULE_UNREADABLE',
  })
  file('whole.fires.ndjson', '\n'.repeat(MAX_FIXTURE_BYTES))
  await expect(readRulesAndFixtures(whole)).resolves.toHaveLength(1)
  file('whole.fires.ndjson', '\n'.repeat(MAX_FIXTURE_BYTES + 1))
  await expect(readRulesAndFixtures(whole)).rejects.toMatchObject({ code: 'RULE_TOO_LARGE' })
})

test('lines are numbered, empty ones left out, and too long ones are null', async () => {
  const most = 'x'.repeat(MAX_EVENT_CHARS)
  const path = file('lines', `one\n\n${most}\n${most}x\nlast`)
  const lines: EventLine[] = []
  for await (const line of eventLines(path)) lines.push(line)
  expect(lines).toEqual([
    { number: 1, text: 'one' },
    { number: 3, text: most },
    { number: 4, text: null },
    { number: 5, text: 'last' },
  ])
})
