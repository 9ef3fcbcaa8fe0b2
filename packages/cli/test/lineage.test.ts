// Scenario: a ledger made by the real receiver. Guarantee: `grantlog lineage` draws what belongs
// together in each of its forms, hides who it was unless told to show it, and lets no value of a
// record write to the terminal.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { errorIn, grantlog, temporaryFolder } from './command.ts'
import { makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
let sample: Sample
let indexes: number[]
beforeAll(async () => {
  sample = await makeSample(folder)
  const { stdout } = await grantlog(['search', '--data', sample.data, '--json'])
  const { records } = JSON.parse(stdout) as { records: { index: number }[] }
  indexes = records.map(({ index }) => index)
})
afterAll(remove)

test('as JSON it is nodes and edges, with users only when asked', async () => {
  const args = ['lineage', String(indexes[0]), '--data', sample.data, '--json']
  const { code, stdout } = await grantlog(args)
  expect(code).toBe(0)
  expect(JSON.parse(stdout)).toMatchObject({
    nodes: [{ index: indexes[0], action: 'oauth.token', client: 'web', service: 'login' }],
    edges: [],
    cut: false,
  })
  expect(stdout).not.toContain('alice')
  expect((await grantlog([...args, '--show-personal'])).stdout).toContain('"user":"alice"')
})

test('as text and as Mermaid it has no control characters', async () => {
  const args = ['lineage', String(indexes[2]), '--data', sample.data]
  const text = await grantlog(args)
  expect(text.code).toBe(0)
  expect(text.stdout).toContain('token')
  expect(text.stdout).toContain('batch\ufffd[31m')
  const { stdout } = await grantlog([...args, '--mermaid'])
  expect(stdout).toMatch(/^flowchart TD\n {2}n\d+\["oauth/)
  for (const output of [text.stdout, stdout]) expect(output).not.toContain('\u001b')
})

test('what is not there is an error, and wrong usage is told', async () => {
  const at = ['--data', sample.data]
  const none = await grantlog(['lineage', 't1.nothing', ...at, '--json'])
  expect({ code: none.code, error: errorIn(none).code }).toEqual({
    ...{ code: 1, error: 'LINEAGE_NOT_FOUND' },
  })
  for (const args of [[], ['1', '--json', '--mermaid']]) {
    expect((await grantlog(['lineage', ...args, ...at])).code).toBe(2)
  }
})
