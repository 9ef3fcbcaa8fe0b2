// Guarantee: a sink gets the same of a record, still in memory or read from the ledger.
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
import { decodeTraceRequest, encodeTraceRequest } from '@grantlog/record/otlp'
import { ATTR } from '@grantlog/record'
import { testProducer, person, spanOf } from '../../packages/ledger/test/producer.ts'
import { committedFrames } from '../../packages/receiver/src/ledger.ts'
import { createVerifier } from '../../packages/receiver/src/verify/verify.ts'
import { encodeRecords, RecordUnit } from '../../packages/receiver/src/forward/records.ts'
import type { Projection } from '../../packages/receiver/src/forward/project.ts'

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
  const near = await requestOf(ledger)
  await ledger.close()
  const reader = await openReader(folders)
  const far = await requestOf(reader)
  await reader.close()
  await rm(data, { recursive: true })
  expect(near.read).toBe(0)
  expect(far.read).toBe(30)
  expect(near.spans).toHaveLength(30)
  expect(near.spans).toEqual(far.spans)
})

async function requestOf(log: Pick<Ledger, 'frames'>) {
  const units: RecordUnit[] = []
  for await (const { records } of committedFrames(log.frames(0))) {
    for (const record of records) units.push(new RecordUnit(record, projection))
  }
  const read = units.filter((unit) => !ArrayBuffer.isView(unit.encoded().span)).length
  const { groups } = decodeTraceRequest(encodeRecords(units))
  const spans = groups.flatMap(({ resource, scope, spans: all }) =>
    all.map((one) => {
      if ('error' in one) throw one.error
      const attributes = [...one.span.attributes].toSorted(([a], [b]) => (a < b ? -1 : 1))
      return { resource, version: scope.version, ...one, span: { ...one.span, attributes } }
    }),
  )
  return { read, spans }
}
