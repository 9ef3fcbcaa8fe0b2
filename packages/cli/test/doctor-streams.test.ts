// Guarantee: `doctor` says of each stream what is here, what is missing and why; the same with a
// receiver and without one, in a table that fits.
import { afterAll, beforeAll, expect, test } from '@jest/globals'
import { grantlog, start, temporaryFolder } from './command.ts'
import { makeSample, type Sample } from './producer.ts'

const { folder, remove } = temporaryFolder()
let sample: Sample
beforeAll(async () => {
  sample = await makeSample(folder)
})
afterAll(remove)

interface Report {
  readonly streams: {
    readonly from: string
    readonly totals: {
      readonly streams: number
      readonly received: number
      readonly sealed: number
    }
    readonly streams: readonly { readonly received: number; readonly emitted: number }[]
  }
}

async function report(adminPort: number): Promise<Report['streams']> {
  const flags = ['doctor', '--data', sample.data, '--admin-port', String(adminPort), '--json']
  return (JSON.parse((await grantlog(flags)).stdout) as Report).streams
}

test('a receiver and the folders say the same', async () => {
  const offline = await report(1)
  const receiver = start([
    'receiver',
    '--data',
    sample.data,
    '--port',
    '0',
    '--admin-port',
    '0',
    '--json',
  ])
  const { adminPort } = await receiver.event('READY')
  const online = await report(Number(adminPort))
  receiver.kill('SIGTERM')
  await receiver.ended
  expect([offline.from, online.from]).toEqual(['folders', 'receiver'])
  const counts = ({ streams, totals }: Report['streams']) => ({
    ...{ streams: totals.streams, received: totals.received, sealed: totals.sealed },
    rows: streams.map(({ emitted, received }) => [emitted, received]),
  })
  expect(counts(online)).toEqual(counts(offline))
  expect(offline.totals.received).toBeGreaterThan(0)
  expect(offline.totals.sealed).toBe(offline.totals.received)
})

test('the table names each stream by its service', async () => {
  const { stdout } = await grantlog(['doctor', '--data', sample.data, '--admin-port', '1'])
  expect(stdout).toMatch(/service +instance +state +emitted +sealed/)
  expect(stdout).toMatch(/\d+ streams \(counted from the folders\)/)
})

test('an empty quarantine is said', async () => {
  const { code, stdout } = await grantlog(['quarantine', '--data', sample.data])
  expect([code, stdout]).toEqual([0, 'nothing lies in quarantine\n'])
})
