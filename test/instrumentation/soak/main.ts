// npm run soak:memory -- [--requests 100000] [--json]
//
// A service, an API on Express with jose beside a token endpoint of oidc-provider, answers this
// many requests, in one process under Grantlog and in another without it, in turns. After each
// tenth their memory is told; at the end whether the line through that under Grantlog, without the
// first three tenths, is flat (judge.ts), and how both compare.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { newProducer } from '../../../packages/sdk/test/fixtures/credentials.ts'
import { noteKey } from '../../../packages/sdk/test/fixtures/sink.ts'
import { startDrain } from '../servers.ts'
import { hangUp } from './drive.ts'
import { kinds, ratioOf, risesOf, type Sample } from './judge.ts'
import { startSubject, type Subject } from './subject.ts'

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
const subjects = {
  without: await startSubject(null),
  with: await startSubject({
    ...{ GRANTLOG_CREDENTIALS: credentials, GRANTLOG_STATE: state, GRANTLOG_VIA_COLLECTOR: '1' },
  }),
}
for (let tenth = 1; tenth <= 10; tenth++) {
  const [from, until] = [tenth - 1, tenth].map((part) => Math.round((part * requests) / 10))
  for (const [name, subject] of Object.entries(subjects)) {
    console.error(lineOf(name, await subject.next([from!, until!])))
  }
}
const codes = [await subjects.without.end(), await subjects.with.end()]
hangUp()
drain.close()
rmSync(state, { recursive: true, force: true })

const rises = risesOf(subjects.with.samples)
const before = risesOf(subjects.without.samples)
const isSent = drain.bytes() > requests * 100
const checks = [
  ...rises.map(({ kind, bytes, isFlat }) => [`${kind} rises by ${mib(bytes)}`, isFlat] as const),
  [`answers by status: ${answersOf(subjects.with)}`, isRight(subjects.with)] as const,
  [`without Grantlog: ${answersOf(subjects.without)}`, isRight(subjects.without)] as const,
  [`${mib(drain.bytes())} of records were sent`, isSent] as const,
  [`they exit with ${codes.join(' and ')}`, codes.every((code) => code === 0)] as const,
]
if (values.json) {
  const { samples } = subjects.with
  console.log(JSON.stringify({ requests, samples, rises, without: subjects.without.samples }))
}
console.log(tableOf().join('\n'))
for (const [text, holds] of checks) console.log(`${holds ? '✓' : '✗'} ${text}`)
const failed = checks.filter(([, holds]) => !holds).length
console.log(`${checks.length - failed} passed, ${failed} failed, 0 skipped`)
process.exitCode = failed === 0 ? 0 : 1

/** Of ten, one shows an expired token. */
function isRight({ answered }: Subject): boolean {
  return answered.get(401) === Math.round(requests / 10) && answered.size === 2
}

function answersOf({ answered }: Subject): string {
  return JSON.stringify(Object.fromEntries([...answered].toSorted(([a], [b]) => a - b)))
}

/** At the end, and what a request adds: with and without. */
function tableOf(): string[] {
  const [one, other] = [subjects.with.samples, subjects.without.samples]
  const row = (kind: (typeof kinds)[number], at: number): string =>
    [
      ...[kind, mib(one.at(-1)![kind]), mib(other.at(-1)![kind])],
      ...[ratioOf(one, other, kind).toFixed(2), ...[rises, before].map((all) => slope(all[at]!))],
    ].join(' | ')
  return [
    `After ${requests} requests each:`,
    'memory | with | without | ratio | bytes a request, with | without',
    ...kinds.map(row),
  ]
}

function slope({ slope: bytes }: { readonly slope: number }): string {
  return bytes.toFixed(2)
}

function lineOf(name: string, { requests: done, heapUsed, external, rss }: Sample): string {
  const of = `heap ${mib(heapUsed)}, external ${mib(external)}, rss ${mib(rss)}`
  return `${done} requests, ${name}: ${of}`
}

function mib(bytes: number): string {
  return `${(bytes / (1 << 20)).toFixed(1)} MiB`
}
