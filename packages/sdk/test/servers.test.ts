// Scenario: authorization servers made with each library, loaded by import and by require; clients
// and users go through its flows, and do what is refused.
// Guarantee: each request has one record, which says who, which client, what was asked for, allowed
// and granted, and the real reason of a refusal; no secret leaves; the answers are the same as
// without the SDK.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from '@jest/globals'
import { withService } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { type Answer, askAt, type Flow } from './fixtures/servers/flow.ts'
import { betterAuthFlow } from './fixtures/servers/better-auth-flow.ts'
import { oauth2ServerFlow } from './fixtures/servers/oauth2-server-flow.ts'
import { oauth2orizeFlow } from './fixtures/servers/oauth2orize-flow.ts'
import { type Sink, startSink } from './fixtures/sink.ts'

const folder = join(import.meta.dirname, 'fixtures', 'servers')

interface Life {
  readonly answers: readonly Answer[]
  readonly secrets: readonly string[]
  readonly sink: Sink | null
  readonly stderr: string
  readonly code: number | null
}

interface Server {
  readonly flow: Flow
  readonly loadings: readonly string[]
  /** What it answers is random, but for the status. */
  readonly isRandom?: boolean
}

const flows: Readonly<Record<string, Server>> = {
  'better-auth': {
    flow: betterAuthFlow,
    loadings: ['import', 'require', 'bundle'],
    isRandom: true,
  },
  'oauth2-server': { flow: oauth2ServerFlow, loadings: ['import', 'require'] },
  oauth2orize: { flow: oauth2orizeFlow, loadings: ['import', 'require'] },
}

/** What of a record is compared, and how it is written. */
const shown: Readonly<Record<string, string>> = {
  'audit.outcome': '',
  'oauth.error.code': '',
  'oauth.error.reason': '',
  'audit.actor.type': 'by ',
  'user.id': 'user ',
  'oauth.client.id': 'client ',
  'oauth.client.auth.method': '',
  'oauth.grant.type': '',
  'oauth.scope.requested': 'wants ',
  'oauth.scope.allowed': 'may ',
  'oauth.scope.granted': 'gets ',
  'oauth.scope.missing': 'lacks ',
  'oauth.consent.result': 'consent ',
  'oauth.pkce.result': 'pkce ',
  'oauth.token.issued': 'issued ',
  'oauth.token.active': 'active ',
  'oauth.refresh.rotated': 'rotated ',
  'oauth.refresh.reuse_detected': 'reused ',
  'oauth.revocation.reason': 'revoked ',
  'oauth.device.poll_state': 'device ',
  'oauth.auth.idp': 'at ',
  'audit.target.id': 'about ',
}

function saying(attributes: ReadonlyMap<string, unknown>): string {
  const action = String(attributes.get('audit.action')).replace('oauth.', '')
  const said = Object.entries(shown).flatMap(([name, lead]) => {
    const value = attributes.get(name)
    return value === undefined ? [] : `${lead}${String(value as string)}`
  })
  return [action, ...said].join(', ')
}

async function live(server: string, loading: string, isAudited: boolean): Promise<Life> {
  const producer = newProducer()
  const sink = isAudited ? await startSink(producer) : null
  const env = { SERVER: server, LOADING: loading }
  const options = { credentials: sink && producer.write(sink), entry: 'servers/start.mjs', env }
  try {
    const { result, ...ended } = await withService(options, async ({ issuer: url }) => {
      const asking = askAt(url)
      await flows[server]!.flow(asking)
      return asking
    })
    const { answers, secrets } = result
    return { answers, secrets, sink, ...ended }
  } finally {
    await sink?.close()
  }
}

const lives = Object.entries(flows).flatMap(([name, { loadings }]) =>
  loadings.map((loading) => ({ name, loading })),
)

describe.each(lives)('$name, by $loading', ({ name, loading }) => {
  let life: Life
  beforeAll(async () => {
    life = await live(name, loading, true)
  })

  test('each request has its record', () => {
    const records = life.sink!.records().slice(1, -1)
    const says = readFileSync(join(folder, `${name}.txt`), 'utf8')
      .trim()
      .split('\n')
    expect(records.map(({ attributes }) => saying(attributes))).toEqual(says)
  })

  test('no secret left the process, which ends by itself and says nothing', () => {
    const bytes = Buffer.concat(life.sink!.bodies).toString('latin1')
    for (const secret of life.secrets) {
      expect([bytes.includes(secret), life.stderr.includes(secret)]).toEqual([false, false])
    }
    expect(life.stderr).not.toContain('grantlog')
    expect([life.code, life.sink!.faults]).toEqual([0, []])
  })

  test('the answers are the same as without the SDK', async () => {
    const { answers } = await live(name, loading, false)
    if (flows[name]!.isRandom) {
      expect(life.answers.map(({ status }) => status)).toEqual(answers.map(({ status }) => status))
    } else expect(life.answers).toEqual(answers)
  })
})
