// Scenario: a ledger made by the real receiver. Guarantee: `grantlog lineage` draws what belongs
// together in each of its forms, says first what a stolen token gave away, hides who it was unless
// told to show it, and lets no value of a record write to the terminal.
import { afterAll, beforeAll, describe, expect, test } from '@jest/globals'
import type { Lineage } from '@grantlog/query'
import { join } from 'node:path'
import { errorIn, grantlog, temporaryFolder } from './command.ts'
import { type Attributes, makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
const grant = { 'oauth.grant.id_hash': 'p1.grant', 'oauth.client.id': 'evil\u001b[31m' }
const presented = { 'oauth.refresh.presented_hash': 't1.r1' }
const call = {
  ...{ 'audit.action': 'oauth.resource_access', 'oauth.role': 'resource_server' },
  ...{ 'oauth.token.hash': 't1.a2', 'http.request.method': 'GET', 'http.route': '/orders' },
}
/** Log-in, refresh, a call; the first refresh token again; a call that is refused. */
const theft: readonly Attributes[] = [
  { ...grant, 'oauth.token.hash': 't1.a1', 'oauth.refresh.token_hash': 't1.r1' },
  { ...grant, ...presented, 'oauth.token.hash': 't1.a2' },
  call,
  {
    ...{ ...grant, ...presented, 'audit.outcome': 'failure' },
    ...{ 'oauth.refresh.reuse_detected': true, 'oauth.error.reason': 'refresh_reused' },
    ...{ 'oauth.revocation.reason': 'reuse', 'oauth.revocation.cascade': true },
  },
  { ...call, 'audit.outcome': 'failure' },
].map((attributes) => Object.entries(attributes))

let sample: Sample
let stolen: Sample
let indexes: number[]
beforeAll(async () => {
  sample = await makeSample(folder)
  stolen = await makeSample(join(folder, 'stolen'), theft)
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

describe('a refresh token that came again', () => {
  test('is told of first, in a sentence, and the tree follows', async () => {
    const { code, stdout } = await grantlog(['lineage', 't1.r1', '--data', stolen.data])
    expect(code).toBe(0)
    const [sentence, details, none, head] = stdout.split('\n')
    // Times and places are the receiver's.
    const told = sentence!.replaceAll(/[\d:]+\.\d+/g, 'T').replaceAll(/#\d+/g, '#N')
    expect(told).toBe(
      'What a thief got, at most: tokens once, and 1 call with them let in (1 × GET /orders at ' +
        'login), since the refresh token was first used on 2026-11-23 at T UTC (#N); its reuse ' +
        'at T (#N) was refused and revoked all that it had given.',
    )
    expect(details).toMatch(
      /^Refresh token t1\.r1 of client evil\ufffd\[31m, handed out by #\d+\. What/,
    )
    expect([none, head]).toEqual(['', expect.stringMatching(/^5 records of login /)])
    expect(stdout).not.toContain('\u001b')
  })

  test('is data in JSON', async () => {
    const args = ['lineage', 't1.r1', '--data', stolen.data, '--json']
    const { reuses } = JSON.parse((await grantlog(args)).stdout) as Lineage
    expect(reuses).toMatchObject([
      { token: 't1.r1', refused: true, calls: [{ what: 'GET /orders', before: 1, after: 0 }] },
    ])
    expect(reuses[0]?.issued).toHaveLength(1)
    expect(reuses[0]?.refusals).toHaveLength(1)
  })
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
