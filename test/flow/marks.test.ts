// Guarantee: a sink gets the same of a record, still in memory or read from the ledger: what the
// strict reader makes of it.
import { createPublicKey } from 'node:crypto'
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import {
  createLedger,
  encodeEnrolment,
  foldersUnder,
  importEd25519,
  type Ledger,
  openLedger,
  openReader,
} from '@grantlog/ledger'
import {
  type DecodedSpan,
  decodeTraceRequest,
  done,
  encodeTraceRequest,
} from '@grantlog/record/otlp'
import { ATTR, type AttributeValue } from '@grantlog/record'
import { testProducer, person, spanOf } from '../../packages/ledger/test/producer.ts'
import { committedFrames } from '../../packages/receiver/src/ledger.ts'
import { createVerifier } from '../../packages/receiver/src/verify/verify.ts'
import { recentCommits, type RecentCommits } from '../../packages/receiver/src/forward/recent.ts'
import {
  encodeRecords,
  type LedgerUnit,
  recordSource,
} from '../../packages/receiver/src/forward/records.ts'
import {
  type Projection,
  projectRecord,
  type StoredRecord,
} from '../../packages/receiver/src/forward/project.ts'

const projection: Projection = {
  origin: 'marks.example/log',
  personalData: 'pseudonymised',
  verdictOf: () => 'verified',
}

test('both ways give the same spans, with the same marks', async () => {
  const data = await mkdtemp(join(tmpdir(), 'grantlog-marks-'))
  const folders = foldersUnder(data)
  await createLedger(folders, projection.origin)
  const producer = testProducer()
  const ledger = await openLedger(folders)
  // One that keeps all, and one that has room for the last commit only.
  const [recent, small] = [1e9, 10_000].map((bytesMax) =>
    recentCommits(projection, { bytesMax, spansMax: 7 }),
  ) as [RecentCommits, RecentCommits]
  for (const each of [recent, small]) ledger.watch(each.prepare)
  const content = encodeEnrolment(producer.enrolment)
  await ledger.commitContent({ type: 'key', id: producer.kid, content })
  const spans = Array.from({ length: 30 }, (_, seq) =>
    spanOf({
      seq,
      attributes: [
        ...person(`p${seq}`),
        [ATTR.AUDIT_PRODUCER_VERSION, `1.${seq % 3}`],
        [ATTR.OAUTH_ERROR_REASON, 'say "no"\\ é'],
      ],
    }),
  )
  const { privateKey } = importEd25519(producer.jwk)
  const key = { ...producer, publicKey: createPublicKey(privateKey) }
  const verify = createVerifier({
    ...{ lookup: () => key, signaturesPerRequest: 1, verdicts: 1 },
    now: () => 1_795_467_000_000,
  })
  for (const from of [0, 10, 20]) {
    const part = spans.slice(from, from + 10)
    const { jws, digests } = producer.sign(part)
    const evidence: [string, string | Uint8Array][] = [
      [ATTR.AUDIT_INTEGRITY_VALUE, jws],
      [ATTR.AUDIT_INTEGRITY_DIGESTS, digests],
    ]
    const scope = { name: '@grantlog/sdk', version: '', attributes: evidence }
    const body = encodeTraceRequest([{ resource: [], scope, spans: part }])
    const [batch] = done(verify(decodeTraceRequest(body).groups)).batches
    const { records, statement } = batch!
    const { instance } = statement
    await ledger.commit({ kid: producer.kid, instance, evidence: { jws, digests }, records })
  }
  const near = await sentOf(ledger, projection, recent)
  const cut = await sentOf(ledger, projection, small)
  await ledger.close()
  const reader = await openReader(folders)
  const far = await sentOf(reader, projection)
  const full = await sentOf(reader, { ...projection, personalData: 'full' })
  await reader.close()
  await rm(data, { recursive: true })
  expect([near, cut, far].map(({ inMemory }) => inMemory)).toEqual([30, 10, 0])
  for (const { expected, parts, sent } of [near, cut, far, full]) {
    expect(sent).toHaveLength(30)
    expect(sent).toEqual(expected)
    expect(parts).toEqual(sent)
  }
})

async function sentOf(
  log: Pick<Ledger, 'frames'>,
  to: Projection,
  recent?: Pick<RecentCommits, 'get'>,
) {
  const read = (from: number) => committedFrames(log.frames(from))
  const frames = { read, waitFor: async () => undefined }
  const source = recordSource(frames, { projection: to, maxSpans: 15, recent })
  const units: LedgerUnit[] = []
  for (let from = 0, next = -1; next !== from;) {
    if (next >= 0) from = next
    const load = await source.take(from)
    units.push(...load.units)
    next = load.next
  }
  const parts: LedgerUnit[] = []
  for (const unit of units) parts.push(...((await source.partsOf!(unit)) ?? [unit]))
  const records: StoredRecord[] = []
  for await (const frame of read(0)) records.push(...frame.records)
  return {
    inMemory: units.reduce((sum, { spans }) => sum + (spans > 1 ? spans : 0), 0),
    sent: readBack(Buffer.concat(encodeRecords(units))),
    parts: readBack(Buffer.concat(encodeRecords(parts))),
    expected: bySeq(records.map((one) => expectedOf(one, to))),
  }
}

function readBack(request: Uint8Array) {
  const { groups } = decodeTraceRequest(request)
  return bySeq(
    groups.flatMap(({ resource, scope, spans }) =>
      spans.map((one) => {
        if ('error' in one) throw one.error
        expect(resource['service.name']).toEqual({ stringValue: 'login' })
        return sorted(scope.version, one)
      }),
    ),
  )
}

/** What the strict reader makes of a stored record. */
function expectedOf(record: StoredRecord, to: Projection) {
  const { span, version } = projectRecord(record, to)
  const marks = [...span.attributes].filter(([name]) => name.startsWith('grantlog.'))
  const unsigned = Object.fromEntries(marks.map(([name, value]) => [name, tagged(value)]))
  const attributes = new Map([...span.attributes].filter(([name]) => !(name in unsigned)))
  return sorted(version, { span: { ...span, attributes }, unsigned })
}

function bySeq<T extends { readonly seq: unknown }>(all: readonly T[]): T[] {
  return all.toSorted((a, b) => Number(a.seq) - Number(b.seq))
}

function tagged(value: AttributeValue) {
  return { stringValue: String(value) }
}

function sorted(version: string, { span, unsigned }: DecodedSpan) {
  const attributes = [...span.attributes].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const seq = span.attributes.get(ATTR.AUDIT_SEQUENCE_NUMBER)
  return { seq, version, unsigned, span: { ...span, attributes } }
}
