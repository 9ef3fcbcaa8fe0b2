// Scenario: a service loads a library of its own, in every way that there is; hooks for it were
// added before the SDK starts, or after that.
// Guarantee: each validation has one record, and none once the hooks were taken out.
import { describe, expect, test } from '@jest/globals'
import { runScript } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { startSink } from './fixtures/sink.ts'

const register = '@grantlog/sdk/register'
const hooks = './own-library/hooks.mjs'
const ways = [
  ...['import of a module', 'import of CommonJS', 'import of its default', 'require'],
  'require of a module',
]

async function run(how: string, preload: string[], env = {}): Promise<unknown[]> {
  const producer = newProducer()
  const sink = await startSink(producer)
  const options = { script: 'own-library/run.mjs', args: [how], credentials: producer.write(sink) }
  const { code, stdout, stderr } = await runScript({ ...options, preload, env })
  await sink.close()
  expect([code, stdout, stderr]).toEqual([0, '12', ''])
  expect(Buffer.concat(sink.bodies).toString('latin1')).not.toContain('S3cret')
  const records = sink.records().slice(1, -1)
  return records.map(({ attributes }) => [
    ...['audit.action', 'oauth.library.name', 'user.id'].map((name) => attributes.get(name)),
  ])
}

describe.each([
  ['before', [hooks, register]],
  ['after', [register, hooks]],
])('added %s the SDK starts', (_, preload) => {
  test.each(ways)('%s', async (how) => {
    expect(await run(how, preload)).toEqual([['oauth.token_validation', 'own-library', 'user-12']])
  })
})

test('taken out, it tells nothing', async () => {
  expect(await run('require', [register, hooks], { REMOVED: '1' })).toEqual([])
})
