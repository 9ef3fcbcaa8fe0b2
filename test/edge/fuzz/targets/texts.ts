// What people and programs write: queries, policies, key lists, access logs, answers of backends.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { sha256 } from '@grantlog/ledger'
import { decodeList, encodeList, readPolicy } from '@grantlog/record'
import { parseQuery } from '@grantlog/query'
import { checkConfig } from '../../../../packages/cli/src/config/check.ts'
import { newProducer } from '../../../../packages/cli/src/credentials.ts'
import { spansInTraces } from '../../../../packages/query/src/backends/otlp-json.ts'
import { parseLine } from '../../../../packages/query/src/reconcile/line.ts'
import { decodeState } from '../../../../packages/query/src/reconcile/state.ts'
import { readEnrolments } from '../../../../packages/receiver/src/enrolment/enrolment.ts'
import { createProducer } from '../../../../packages/receiver/test/producer.ts'
import { readConfig } from '../../../../packages/sdk/src/config.ts'
import type { TargetSource } from '../target.ts'

type Reader = (text: string) => unknown

/** A text that reaches us decoded; what is no UTF-8 came as U+FFFD. */
function texts(name: string, seeds: readonly string[], read: Reader): TargetSource {
  const bytes = seeds.map((seed) => Buffer.from(seed))
  const readBytes = (input: Uint8Array): unknown => read(Buffer.from(input).toString('utf8'))
  return { name, open: () => ({ seeds: bytes, read: readBytes }) }
}

const queries = [
  'action:oauth.token outcome:denied -client:web',
  '(client:a* or user:"al ice") not (refused "free text") duration>10ms',
  'after:2026-11-01 before:2026-11-02T10:00:00Z scope:openid,email',
  '{"all":[{"field":"client","tests":[{"is":"web"}]},{"not":{"text":"x"}},{"any":[]}]}',
]

const demo = join(import.meta.dirname, '../../../../examples/demo')
const policy = readFileSync(join(demo, 'policy.json'), 'utf8')

const lines = [
  '127.0.0.1 - - [26/Nov/2026:14:07:42 +0000] "GET /orders/1?a=b HTTP/1.1" 200 12 "-" "curl/8"',
  '::1 - al\\x22ice [01/Jan/2026:00:00:00 -0130] "POST /token HTTP/2.0" 401 -',
  '10.0.0.1 - - [01/Jan/2026:00:00:00 +0000] "\\x16\\x03\\x01" 400 0',
]

const traces = JSON.stringify({
  resourceSpans: [
    {
      resource: { attributes: [{ key: 'service.name', value: { stringValue: 'login' } }] },
      scopeSpans: [
        {
          scope: { name: '@grantlog/sdk', version: '1' },
          spans: [
            {
              traceId: '0af7651916cd43dd8448eb211c80319c',
              spanId: '00f067aa0ba902b7',
              name: 'oauth.token',
              kind: 2,
              startTimeUnixNano: '1790000000000000000',
              endTimeUnixNano: '1790000000002000000',
              attributes: [{ key: 'a', value: { intValue: '12' } }],
              status: { code: 1 },
            },
          ],
        },
      ],
    },
  ],
})

const state = JSON.stringify({
  ...{ v: 1, service: 'api', until: 1, routes: {}, streams: {}, totals: {}, positions: {} },
  ...{ open: [], nextFrame: 2, firstSeenMs: 1, contextFrame: 0 },
})

const keys = { origin: 'fuzz.example/log', logKey: 'l+0+AQ', receiptKey: 'r+0+AQ' }
const k = 'A'.repeat(43)
const shared = { tokenKey: { kid: 't1', k }, personKey: { kid: 'p1', k } }
const { credentials } = newProducer(
  {
    ...{ service: 'api', roles: ['client'], issuers: [], audience: 'default' },
    ...{ endpoint: 'http://127.0.0.1:4318', environment: 'test' },
  },
  { ...keys, ...shared },
)

const config = `version: 1
data: /var/lib/grantlog
otlp: { port: 4318 }
admin:
  port: 4319 # the console, too
sinks:
  - name: jaeger
    type: otlp
    url: http://127.0.0.1:14318/v1/traces
    headersFrom:
      authorization: { env: TOKEN }
  - &search { name: search, type: opensearch, url: 'http://127.0.0.1:9200' }
`

export const textTargets: readonly TargetSource[] = [
  texts('query', queries, (text) => parseQuery(text)),
  texts('query-words', queries, (text) =>
    parseQuery(text, (_field, word) => word.length % 2 === 0),
  ),
  texts('policy', [policy], (text) => readPolicy(text, sha256)),
  texts('config', [config], (text) => 'raw' in checkConfig(text)),
  texts('enrolments', [JSON.stringify([createProducer().enrolment])], readEnrolments),
  texts('credentials', [credentials], (text) => readConfig(text, {})),
  texts('access-log', lines, (text) => {
    return !text.split('\n').map(parseLine).includes('malformed')
  }),
  texts('backend-answer', [traces], (text) => spansInTraces(jsonIn(text))),
  texts('reconcile-state', [state], (text) => decodeState(text, 'api')),
  texts('list', ['openid email a%20b', 'é %25'], (text) => {
    const items = decodeList(text)
    const again = decodeList(encodeList(items))
    const kept = new Set(items.filter((item) => item !== ''))
    if (again.length !== kept.size || !again.every((item) => kept.has(item))) {
      throw new Error('list: other items')
    }
    return encodeList(items) === text
  }),
]

/** As the clients of backends give it; what is no JSON never comes so far. */
function jsonIn(text: string): unknown {
  try {
    return JSON.parse(text) as unknown
  } catch {
    return null
  }
}
