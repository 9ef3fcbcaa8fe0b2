// Guarantee: what lies in quarantine is listed by reason and sender, and gone after `--drop`.
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import {
  createProducer,
  plainBody,
  recordSpan,
  signedBody,
} from '../../packages/receiver/test/producer.ts'
import { grantlog, type Running, start, temporaryFolder } from '../../packages/cli/test/command.ts'

const { folder, remove } = temporaryFolder()
const data = join(folder, 'data')
const begin = (): Running =>
  start(['receiver', '--data', data, '--port', '0', '--admin-port', '0', '--json'])

async function end(receiver: Running): Promise<void> {
  receiver.kill('SIGTERM')
  expect((await receiver.ended).code).toBe(0)
}

interface Report {
  readonly requests: number
  readonly rows: readonly { readonly reason: string; readonly spans: number }[]
  readonly dropped: boolean
}

async function quarantine(...flags: string[]): Promise<Report> {
  const { stdout } = await grantlog(['quarantine', '--data', data, '--json', ...flags])
  return JSON.parse(stdout) as Report
}

/** A span of a key that nobody enrolled, beside one that is no record: it is kept. */
beforeAll(async () => {
  const receiver = begin()
  const { otlpPort } = await receiver.event('READY')
  const body = Buffer.concat([signedBody(createProducer(), [recordSpan(0)]), plainBody()])
  const answer = await fetch(`http://127.0.0.1:${String(otlpPort)}/v1/traces`, {
    method: 'POST',
    headers: { 'content-type': 'application/x-protobuf' },
    body,
  })
  expect(answer.status).toBe(200)
  await end(receiver)
})
afterAll(remove)

test('it is listed, dropped with the next start, and nothing of it comes back', async () => {
  const rows = [{ reason: 'UNKNOWN_KEY', spans: 1 }]
  expect(await quarantine()).toMatchObject({ requests: 1, rows, dropped: false })
  expect(await quarantine('--drop')).toMatchObject({ requests: 1, rows, dropped: true })
  const receiver = begin()
  await receiver.event('READY')
  await end(receiver)
  // Not a minute later: a key that was enrolled meanwhile would release it.
  expect(receiver.stdout()).toMatch(/"QUARANTINE_DROPPED","entries":1/)
  expect(await quarantine()).toEqual({ requests: 0, rows: [], dropped: false })
})
