// Guarantee: a flood of invented names fills no keystore, refuses no record, and is told.
import { expect, test } from '@jest/globals'
import { foldersUnder, openLedger } from '@grantlog/ledger'
import { eventually, newData, startHarness } from '../test/harness.ts'
import { createProducer, recordSpan, signedBody } from '../test/producer.ts'
import { startReceiver } from './index.ts'

const producer = createProducer()

test('new names beyond the limit of a minute are taken, and told once a minute', async () => {
  const data = await newData()
  await (await startHarness({ data, producers: [producer] })).close()
  const ledger = await openLedger(foldersUnder(data), { newSubjectsPerMinute: 5 })
  const events: { code: string; parts?: unknown }[] = []
  const receiver = await startReceiver({
    ...{ ledger, folders: foldersUnder(data) },
    ...{ otlp: { port: 0 }, grpc: null, admin: { port: 0 } },
    limits: { minuteMs: 20 },
    log: (event) => events.push(event),
  })
  const spans = Array.from({ length: 12 }, (_, seq) => {
    return recordSpan(seq, { 'user.id': `invented-${seq}`, 'user.hash': `p1.invented-${seq}` })
  })
  const answer = await fetch(`http://127.0.0.1:${receiver.otlpPort}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body: signedBody(producer, spans) as Uint8Array<ArrayBuffer>,
  })
  expect(answer.status).toBe(200)
  expect(receiver.status()).toMatchObject({ committed: 12, subjectsShared: 7 })
  await eventually(() => events.some(({ code }) => code === 'SUBJECTS_SHARED'))
  const told = events.filter(({ code }) => code === 'SUBJECTS_SHARED')
  expect(told).toMatchObject([{ level: 'warn', parts: 7 }])
  await receiver.close()
  await ledger.close()
})
