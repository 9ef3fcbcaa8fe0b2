// A ledger of all kinds of spans, for tests of what scans it.
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { DatabaseSync } from 'node:sqlite'
import { afterEach, beforeEach } from '@jest/globals'
import fc from 'fast-check'
import {
  createLedger,
  encodeEnrolment,
  type Folders,
  foldersUnder,
  openLedger,
} from '@grantlog/ledger'
import { ATTR, type AttributeValue, encodeList, listAttributes, type Span } from '@grantlog/record'
import { testProducer } from '../../packages/ledger/test/producer.ts'
import { anySpan } from '../../packages/record/test/spans.ts'

/** Values as services send them, among a few of which each is said again. */
const word = fc.constantFrom('web', 'a', 'GET', '/orders/:id', 'x'.repeat(200), 'über', '"\\')
const list = fc.uniqueArray(fc.constantFrom('openid', 'a b', '%41', 'é', 'orders:read', 't1.x'), {
  minLength: 1,
})

/** Attributes of a usual span in the place of some of those that are anything. */
const usual = fc
  .tuple(anySpan, fc.infiniteStream(word), fc.infiniteStream(list))
  .map(([span, words, lists]): Span => {
    const attributes = new Map<string, AttributeValue>(span.attributes)
    for (const [name, value] of span.attributes) {
      if (typeof value !== 'string' || /^audit\.(slot|record)\./.test(name)) continue
      const text = listAttributes.has(name) ? encodeList(lists.next().value) : words.next().value
      attributes.set(name, text)
    }
    return { ...span, name: 'oauth.token', attributes }
  })

/** As its producer numbers it. */
export function numbered(span: Span, n: number): Span {
  const id = `019aaf25-0c00-7000-8000-${n.toString(16).padStart(12, '0')}`
  const attributes = new Map<string, AttributeValue>([
    ...span.attributes,
    [ATTR.AUDIT_RECORD_ID, id],
    [ATTR.AUDIT_SEQUENCE_NUMBER, BigInt(n)],
    [ATTR.AUDIT_PRODUCER_SERVICE, 'login'],
    // Some are of the stream itself, and are no rows.
    ...(isHeartbeat(n) ? [[ATTR.AUDIT_ACTION, 'audit.stream.heartbeat'] as const] : []),
  ])
  return { ...span, attributes, ...(isUnusual(n) ? farTimes : {}) }
}

export function isHeartbeat(n: number): boolean {
  return n % 50 === 7
}

/** More microseconds than a number holds. */
const farTimes = {
  startTimeUnixNano: 18_000_000_000_000_000_000n,
  endTimeUnixNano: 18_000_000_000_000_001_000n,
}

export function isUnusual(n: number): boolean {
  return n % 40 === 9
}

export const spans = fc.sample(fc.oneof(anySpan, usual), { numRuns: 600, seed: 5 }).map(numbered)

/** A new ledger for each test. */
export function scannedLedger() {
  let data: string
  beforeEach(async () => {
    data = await mkdtemp(join(tmpdir(), 'grantlog-scan-'))
    await createLedger(foldersUnder(data), 'scan.example/log')
  })
  afterEach(() => rm(data, { recursive: true, force: true }))
  const folders = (): Folders => foldersUnder(data)
  return {
    folders,
    fill: (all: readonly Span[]) => fill(folders(), all),
    /** Some of those whom it is about ask for it. */
    eraseSome: () => {
      const database = new DatabaseSync(join(folders().keys, 'keystore.db'))
      const some = "SELECT rowid FROM key WHERE kind = 'subject' LIMIT 5"
      database.exec(`DELETE FROM key WHERE rowid IN (${some})`)
      database.close()
    },
  }
}

/** A ledger of those spans, in commits of several sizes. */
async function fill(folders: Folders, all: readonly Span[]): Promise<void> {
  const ledger = await openLedger(folders)
  const producer = testProducer()
  const content = encodeEnrolment(producer.enrolment)
  await ledger.commitContent({ type: 'key', id: producer.kid, content })
  for (let n = 0; n < all.length; n += 90) {
    await ledger.commit(producer.batch(all.slice(n, n + 90)))
  }
  await ledger.close()
}
