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
import { type DecodedSpan, decodeTraceRequest, encodeTraceRequest } from '@grantlog/record/otlp'
import { ATTR, type AttributeValue } from '@grantlog/record'
import { testProducer, person, spanOf } from '../../packages/ledger/test/producer.ts'
import { committedFrames } from '../../packages/receiver/src/ledger.ts'
import { createVerifier } from '../../packages/receiver/src/verify/verify.ts'
import { encodeRecords, RecordUnit } from '../../packages/receiver/src/forward/records.ts'
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
  const { jws, digests } = producer.sign(spans)
  const evidence: [string, string | Uint8Array][] = [
    [ATTR.AUDIT_INTEGRITY_VALUE, jws],
    [ATTR.AUDIT_INTEGRITY_DIGESTS, digests],
  ]
  const scope = { name: '@grantlog/sdk', version: '', attributes: evidence }
  const body = encodeTraceRequest([{ resource: [], scope, spans }])
  const { privateKey } = importEd25519(producer.jwk)
  const key = { ...producer, publicKey: createPublicKey(privateKey) }
  const verify = createVerifier({
    ...{ lookup: () => key, signaturesPerRequest: 1, verdicts: 1 },
    now: () => 1_795_467_000_000,
  })
  const { batches } = verify(decodeTraceRequest(body).groups)
  for (const { instance, records } of batches.map((one) => ({ ...one, ...one.statement }))) {
    await ledger.commit({ kid: producer.kid, instance, evidence: { jws, digests }, records })
  }
  const near = await sentOf(ledger, projection)
  await ledger.close()
  const reader = await openReader(folders)
  const far = await sentOf(reader, projection)
  const full = await sentOf(reader, { ...projection, personalData: 'full' })
  await reader.close()
  await rm(data, { recursive: true })
  expect([near.inMemory, far.inMemory]).toEqual([30, 0])
  for (const { expected, sent } of [near, far, full]) {
    expect(sent).toHaveLength(30)
    expect(sent).toEqual(expected)
  }
  expect(near.sent).toEqual(far.sent)
})

async function sentOf(log: Pick<Ledger, 'frames'>, to: Projection) {
  const records: StoredRecord[] = []
  for await (const frame of committedFrames(log.frames(0))) records.push(...frame.records)
  const { groups } = decodeTraceRequest(
    encodeRecords(records.map((one) => new RecordUnit(one, to))),
  )
  const sent = groups.flatMap(({ resource, scope, spans }) =>
    spans.map((one) => {
      if ('error' in one) throw one.error
      expect(resource['service.name']).toEqual({ stringValue: 'login' })
      return sorted(scope.version, one)
    }),
  )
  const expected = records.map((one) => {
    const { span, version } = projectRecord(one, to)
    const marks = [...span.attributes].filter(([name]) => name.startsWith('grantlog.'))
    const unsigned = Object.fromEntries(marks.map(([name, value]) => [name, tagged(value)]))
    const attributes = new Map([...span.attributes].filter(([name]) => !(name in unsigned)))
    return sorted(version, { span: { ...span, attributes }, unsigned })
  })
  const bySeq = <T extends { readonly seq: unknown }>(all: T[]): T[] =>
    all.toSorted((a, b) => Number(a.seq) - Number(b.seq))
  const inMemory = records.filter(({ shown }) => shown !== undefined).length
  return { inMemory, sent: bySeq(sent), expected: bySeq(expected) }
}

function tagged(value: AttributeValue) {
  return { stringValue: String(value) }
}

function sorted(version: string, { span, unsigned }: DecodedSpan) {
  const attributes = [...span.attributes].toSorted(([a], [b]) => (a < b ? -1 : 1))
  const seq = span.attributes.get(ATTR.AUDIT_SEQUENCE_NUMBER)
  return { seq, version, unsigned, span: { ...span, attributes } }
}
