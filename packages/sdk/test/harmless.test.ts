// Scenario: the same scripted life against the same service without the SDK, and with it while its
// receiver works, is not there, talks garbage, refuses everything, or never answers.
// Guarantee: status, header names and their order, and bodies are the same; the service also starts
// and ends the same, and says at most what its operator must know.
import { beforeAll, describe, expect, test } from '@jest/globals'
import { type ServiceOptions, withService } from './fixtures/child.ts'
import { runLife } from './fixtures/client.ts'
import { newProducer } from './fixtures/credentials.ts'
import { expected } from './fixtures/expected.ts'
import { type Shape, shapeOf } from './fixtures/shape.ts'
import { type Answer, startSink } from './fixtures/sink.ts'

interface Outcome {
  readonly shapes: readonly Shape[]
  readonly code: number | null
  /** The lines that the SDK wrote. */
  readonly notices: readonly string[]
}

async function live(
  credentials: string | null,
  mount: string,
  { env, ...more }: Partial<ServiceOptions> = {},
): Promise<Outcome> {
  const options = { credentials, env: { MOUNT: mount, ...env }, ...more }
  const { result, code, stderr } = await withService(options, ({ issuer }) => runLife(issuer))
  const notices = stderr.split('\n').filter((line) => line.startsWith('grantlog:'))
  expect(stderr).not.toMatch(/unhandled|Error:/i)
  return { shapes: result.exchanges.map(shapeOf), code, notices }
}

const garbage: Answer = {
  status: 200,
  headers: { 'grantlog-receipt': 'garbage', 'grantlog-checkpoint': '%%%' },
  body: Buffer.from('\x0a\xff\xff garbage', 'latin1'),
}

const receivers: [string, ((request: number) => Answer | null) | 'dead', RegExp | null][] = [
  ['that works', () => null, null],
  ['that is not there', 'dead', /EXPORT_FAILING/],
  ['that talks garbage', () => garbage, /RECEIPT_INVALID|EXPORT_REFUSED/],
  ['that refuses everything', () => ({ status: 401 }), /EXPORT_REFUSED|ACCESS_REFUSED/],
  ['that is broken', () => ({ status: 500, body: 'x' }), /EXPORT_FAILING/],
  [
    'that redirects',
    () => ({ status: 302, headers: { location: 'http://127.0.0.1:1/' } }),
    /EXPORT_FAILING/,
  ],
  // The end of the process waits two seconds for it, not longer, and says what is lost.
  ['that never answers', () => ({ status: 0 }), /RECORDS_UNSENT/],
]

describe.each(['node', 'express', 'koa'])(
  'mounted in %s, the service behaves the same',
  (mount) => {
    let plain: Outcome
    beforeAll(async () => {
      plain = await live(null, mount)
    })

    test('as itself', async () => {
      expect(await live(null, mount)).toEqual(plain)
    })

    test("with OpenTelemetry's traces, too", async () => {
      const producer = newProducer()
      const sink = await startSink(producer)
      const preload = ['@grantlog/sdk/register-with-traces']
      const outcome = await live(producer.write(sink), mount, { preload })
      await sink.close()
      expect(outcome).toEqual(plain)
      expect(sink.passedThrough).not.toEqual([])
    })

    test.each(mount === 'node' ? receivers : receivers.slice(0, 2))(
      'with a receiver %s',
      async (_, behave, notice) => {
        const producer = newProducer()
        const sink = await startSink({
          ...producer,
          behave: behave === 'dead' ? () => null : behave,
        })
        const credentials = producer.write(sink)
        if (behave === 'dead') await sink.close()
        const outcome = await live(credentials, mount).finally(
          () => void (behave === 'dead' || sink.close()),
        )
        expect(outcome.shapes).toEqual(plain.shapes)
        expect(outcome.code).toBe(0)
        const allowed = new RegExp(`${notice?.source ?? 'never'}|RECORDS_UNSENT`)
        for (const line of outcome.notices) expect(line).toMatch(notice ? allowed : /never/)
        // The comparison means nothing if the SDK was not at work.
        if (notice === null) expect(sink.records()).toHaveLength(expected.length + 2)
        else expect(outcome.notices).not.toHaveLength(0)
      },
    )
  },
)

describe('the service starts and says one line', () => {
  test.each<[string, string, Record<string, string>, string]>([
    ['without credentials', '', {}, 'CREDENTIALS_MISSING'],
    ['with a path to nothing', '/nowhere/credentials.json', {}, 'CREDENTIALS_UNREADABLE'],
    ['with another file', import.meta.filename, {}, 'CREDENTIALS_INVALID'],
    ['disabled', '/nowhere/credentials.json', { GRANTLOG_DISABLED: '1' }, 'DISABLED'],
  ])('%s', async (...[, credentials, env, code]) => {
    const outcome = await live(credentials, 'node', { env })
    expect(outcome.code).toBe(0)
    expect(outcome.notices).toHaveLength(1)
    expect(outcome.notices[0]).toContain(`grantlog: ${code}: `)
    expect(outcome.notices[0]).toContain('Fix: ')
  })
})
