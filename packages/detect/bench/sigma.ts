// How many records a second one core asks the rules about, and what correlations hold.
//
//   node --expose-gc --conditions=@grantlog/source packages/detect/bench/sigma.ts [RULES] [records]
//
// RULES is a folder, the built-in rules by default. Records are drawn from a fixed seed: a day of
// an API with 10,000 users, one in thirty requests refused.
import type { AttributeValue } from '@grantlog/record'
import type { AuditEvent } from '../src/event.ts'
import { builtInRules, readRules } from '../src/io/rule-files.ts'
import { sigmaDetector } from '../src/sigma/detector.ts'
import { random } from '../test/random.ts'

const [folder = builtInRules, count = '500000'] = process.argv.slice(2)
const records = Number(count)
const rounds = 3

const pick = random(42)
const reasons = [
  'scope_insufficient',
  'token_expired',
  'client_credentials_invalid',
  'code_replayed',
]

function attributesOf(i: number): Readonly<Record<string, AttributeValue>> {
  const user = pick(10_000)
  const common = {
    'audit.record.id': `01982f3e-7a4c-7cc1-9d4e-${i.toString(16).padStart(12, '0')}`,
    'audit.producer.service': 'orders',
    'audit.level': 'standard',
    'audit.actor.type': 'user',
    'oauth.issuer': 'https://login.example.com',
    'oauth.client.id': `client-${pick(50)}`,
    'user.hash': `p1.user-${user}`,
    'client.address': `198.51.${user % 100}.${pick(20)}`,
    'user_agent.original': 'Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101',
    'oauth.token.hash': `t1.token-${user}-${pick(3)}`,
    'oauth.scope.granted': 'openid orders:read orders:write',
    'http.request.method': 'GET',
    'http.route': `/orders/${pick(30)}/:id`,
  }
  if (pick(30) === 0) {
    const reason = reasons[pick(reasons.length)]!
    const action = pick(2) === 0 ? 'oauth.token' : 'oauth.resource_access'
    const failed = { 'audit.outcome': 'denied', 'oauth.error.reason': reason }
    return { ...common, ...failed, ...roleOf(action), 'http.response.status_code': 401n }
  }
  const action = ['oauth.resource_access', 'oauth.resource_access', 'oauth.token'][pick(3)]!
  return {
    ...common,
    ...roleOf(action),
    'audit.outcome': 'success',
    'http.response.status_code': 200n,
    'http.response.body.size': BigInt(pick(10_000)),
  }
}

function roleOf(action: string): Readonly<Record<string, AttributeValue>> {
  const role = action === 'oauth.token' ? 'authorization_server' : 'resource_server'
  return { 'audit.action': action, 'oauth.role': role }
}

const startMs = 1_767_225_600_000
const collect = (globalThis as { gc?: () => void }).gc

const correlated = (type: string, condition: string): string => `
title: Many
id: 00000000-0000-4000-8000-000000000001
correlation:
    type: ${type}
    rules: [any_record]
    group-by: [oauth.token.hash]
    timespan: 1d
    condition: ${condition}
---
title: Any
name: any_record
logsource: {product: grantlog, service: audit}
detection:
    any:
        audit.action: oauth.*
    condition: any
`

/** Bytes that a group takes, with so many events in each. */
function measureMemory(type: string, condition: string, perGroup: number): void {
  const groups = 100_000 / perGroup
  const detector = sigmaDetector([{ name: 'memory', text: correlated(type, condition) }])
  collect?.()
  const before = process.memoryUsage().heapUsed
  for (let i = 0; i < groups * perGroup; i++) {
    const id = `01982f3e-7a4c-7cc1-9d4e-${i.toString(16).padStart(12, '0')}`
    const attributes = new Map<string, AttributeValue>([
      ['audit.action', 'oauth.token'],
      ['oauth.token.hash', `t1.${String(i % groups).padStart(22, '0')}`],
      ['client.address', `198.51.100.${i % 256}`],
    ])
    const atMs = startMs + i
    detector.take({ id, index: i, atMs, receivedMs: atMs, attributes })
  }
  collect?.()
  const bytes = (process.memoryUsage().heapUsed - before) / groups
  const { held } = detector.health()
  console.log(
    `${type}, ${perGroup} events in each of ${held} groups: ${Math.round(bytes)} bytes each`,
  )
}

if (collect === undefined) console.log('memory: run with --expose-gc')
else {
  for (const perGroup of [1, 10, 100]) measureMemory('event_count', '{gte: 1000}', perGroup)
  const field = '{field: client.address, gte: 1000}'
  for (const perGroup of [1, 10, 100]) measureMemory('value_count', field, perGroup)
}

const events = Array.from({ length: records }, (_, i): AuditEvent => {
  const attributes = new Map(Object.entries(attributesOf(i)))
  const atMs = startMs + Math.floor((i * 86_400_000) / records)
  return {
    id: String(attributes.get('audit.record.id')),
    index: i,
    atMs,
    receivedMs: atMs,
    attributes,
  }
})

const texts = await readRules(folder)
for (let round = 0; round < rounds; round++) {
  const detector = sigmaDetector(texts)
  const cpu = process.cpuUsage()
  let detections = 0
  for (const event of events) detections += detector.take(event).length
  const { system, user } = process.cpuUsage(cpu)
  const perSecond = Math.round(records / ((system + user) / 1e6))
  const { evicted, held } = detector.health()
  console.log(
    `${detector.loaded.length} rules: ${perSecond} records/s of CPU, ${detections} detections, ` +
      `${held} groups held, ${evicted} let go`,
  )
}
