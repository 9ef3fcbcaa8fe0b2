// Guarantee: `grantlog rules test` says where a rule is wrong, and fails when a rule does not find
// what its fixture has, or finds something in a look-alike.
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { errorIn, grantlog, temporaryFolder } from './command.ts'

const { folder, remove } = temporaryFolder()
afterAll(remove)

const rule = `title: Somebody was denied
id: 00000000-0000-4000-8000-000000000001
level: high
logsource:
    product: grantlog
    service: audit
detection:
    selection:
        audit.outcome: denied
    condition: selection
`

const line = (outcome: string): string =>
  `${JSON.stringify({ id: 'one', atMs: 1, attributes: { 'audit.outcome': outcome } })}\n`

beforeAll(() => {
  mkdirSync(join(folder, 'sound'))
  const file = (name: string, text: string): void => writeFileSync(join(folder, name), text)
  file('sound/denied.yml', rule)
  file('sound/denied.fires.ndjson', line('denied'))
  file('sound/denied.silent.ndjson', line('failure'))
  file('broken.yml', rule.replace('condition: selection', 'condition: selections'))
  file('deaf.yml', rule)
  file('deaf.fires.ndjson', line('failure'))
})

const run = (name: string, ...flags: string[]) =>
  grantlog(['rules', 'test', join(folder, name), ...flags])

test('a sound rule passes', async () => {
  const { code, stderr, stdout } = await run('sound')
  expect({ code, stderr }).toEqual({ code: 0, stderr: '1 rule\n' })
  expect(stdout).toMatch(/^Somebody was denied +high +1 +0 +ok/m)
  const told = JSON.parse((await run('sound', '--json')).stdout) as unknown
  expect(told).toEqual({
    ...{ ok: true, faults: [], warnings: [] },
    results: [
      {
        file: join(folder, 'sound/denied.yml'),
        id: '00000000-0000-4000-8000-000000000001',
        ...{ title: 'Somebody was denied', level: 'high', fires: 1, silent: 0, ok: true },
      },
    ],
  })
})

test('a broken rule is told with its place', async () => {
  const { code, stderr } = await run('broken.yml')
  expect(code).toBe(1)
  const place = `${join(folder, 'broken.yml')}:10:16: RULE_CONDITION: `
  expect(stderr).toContain(`${place}the detection has no \`selections\`: is it \`selection\`?`)
})

test('a rule that does not find what it must fails', async () => {
  const { code, stderr, stdout } = await run('deaf.yml')
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: '1 rule, 1 failed, 1 without both fixtures\n',
  })
  expect(stdout).toMatch(/0 +– +failed/)
})

test('files that are not there, and none at all, are told', async () => {
  expect(errorIn(await run('nowhere', '--json'))).toMatchObject({ code: 'RULE_UNREADABLE' })
  const { code, stderr } = await grantlog(['rules', 'test'])
  expect({ code, said: stderr.includes('USAGE') }).toEqual({ code: 2, said: true })
})
