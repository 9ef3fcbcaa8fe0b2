// npm run soak:memory -- [--requests 100000] [--json]
//
// A service under Grantlog, an API on Express with jose beside a token endpoint of oidc-provider,
// answers this many requests. After each tenth its heap and its process' memory are told; at the
// end whether the line through them, without the first three, is flat (judge.ts).
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { newProducer } from '../../../packages/sdk/test/fixtures/credentials.ts'
import { noteKey } from '../../../packages/sdk/test/fixtures/sink.ts'
import { startDrain } from '../servers.ts'
import { type Answered, drive, hangUp, type Told } from './drive.ts'
import { risesOf, type Sample } from './judge.ts'

const { values } = parseArgs({
  options: {
    requests: { type: 'string', default: '100000' },
    json: { type: 'boolean', default: false },
  },
})
const requests = Number(values.requests)
if (!Number.isSafeInteger(requests) || requests < 1000) {
  throw new Error('--requests is a number from 1000 on')
}

const drain = await startDrain()
const [logKey, receiptKey] = [noteKey('log').vkey, noteKey('log/receipt').vkey]
const credentials = newProducer().write({ endpoint: drain.url, logKey, receiptKey })
const state = mkdtempSync(join(tmpdir(), 'grantlog-memory-'))
const flags = ['--expose-gc', '--import', '@grantlog/sdk/register']
const service = spawn(process.execPath, [...flags, join(import.meta.dirname, 'service.mjs')], {
  cwd: join(import.meta.dirname, '../../../packages/sdk'),
  stdio: ['ignore', 'ignore', 'inherit', 'ipc'],
  env: { PATH: process.env.PATH, NODE_NO_WARNINGS: '1', ...grantlog() },
})
const [told] = (await once(service, 'message')) as [Told]
const samples: Sample[] = []
const answered: Answered = new Map()
for (let tenth = 1; tenth <= 10; tenth++) {
  const [from, until] = [tenth - 1, tenth].map((part) => Math.round((part * requests) / 10))
  await drive(told, [from!, until!], answered)
  service.send('measure')
  const [measured] = (await once(service, 'message')) as [Omit<Sample, 'requests'>]
  const sample = { requests: until!, ...measured }
  samples.push(sample)
  console.error(lineOf(sample))
}
service.disconnect()
hangUp()
const [code] = (await once(service, 'exit')) as [number | null]
drain.close()
rmSync(state, { recursive: true, force: true })

const rises = risesOf(samples)
const statuses = Object.fromEntries([...answered].toSorted(([a], [b]) => a - b))
// Of ten, one shows an expired token.
const isRight = answered.get(401) === Math.round(requests / 10) && answered.size === 2
const isSent = drain.bytes() > requests * 100
const checks = [
  ...rises.map(({ kind, bytes, isFlat }) => [`${kind} rises by ${mib(bytes)}`, isFlat] as const),
  [`answers by status: ${JSON.stringify(statuses)}`, isRight] as const,
  [`${mib(drain.bytes())} of records were sent`, isSent] as const,
  [`it exits with ${code}`, code === 0] as const,
]
if (values.json) console.log(JSON.stringify({ requests, samples, rises, statuses }))
for (const [text, holds] of checks) console.log(`${holds ? '✓' : '✗'} ${text}`)
const failed = checks.filter(([, holds]) => !holds).length
console.log(`${checks.length - failed} passed, ${failed} failed, 0 skipped`)
process.exitCode = failed === 0 ? 0 : 1

function grantlog(): Record<string, string> {
  return {
    ...{ GRANTLOG_CREDENTIALS: credentials, GRANTLOG_STATE: state, GRANTLOG_VIA_COLLECTOR: '1' },
  }
}

function lineOf({ requests: done, heapUsed, rss }: Sample): string {
  return `${done} requests: heap ${mib(heapUsed)}, rss ${mib(rss)}`
}

function mib(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`
}
