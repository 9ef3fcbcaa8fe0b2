// Guarantee: a tenant's metrics are its own, by both ways out; without tenants nothing speaks of
// them; and what one tenant cannot tell hides nobody else.
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, test } from '@jest/globals'
import { type Harness, newTenant, rawRequest, startHarness } from '../../test/harness.ts'
import { createProducer, recordSpans, signedBody } from '../../test/producer.ts'
import { watchLedgers } from './ledgers.ts'
import { createMetrics } from './metrics.ts'
import { prometheusName } from './prometheus-name.ts'
import { type MetricDescription, METRICS } from './table.ts'

const scraped = async ({ receiver }: Harness): Promise<string> =>
  (await rawRequest(receiver.adminPort, { path: '/metrics' })).body.toString()

const away = { name: 'away', url: 'http://127.0.0.1:9/v1/traces' }

test('each is told of the main ledger, and again of a tenant', async () => {
  const [own, other] = [createProducer(), createProducer()]
  const limits = { diskBytes: 2 ** 40 }
  await using tenant = await newTenant('a', { producers: [other], limits })
  const metrics = createMetrics()
  await using harness = await startHarness({ producers: [own], sinks: [away], metrics })
  await harness.send(signedBody(own, recordSpans(2)))
  metrics.synced(0.001)
  expect(await scraped(harness)).not.toContain('grantlog_tenant')

  await harness.receiver.addTenant({ ...tenant.served, sinks: [away] })
  metrics.synced(0.001, 'a')
  await harness.send(signedBody(other, recordSpans(3)))
  const text = await scraped(harness)
  expect(text).toContain('\ngrantlog_receiver_spans_committed_total 2\n')
  expect(text).toContain('\ngrantlog_receiver_spans_committed_total{grantlog_tenant="a"} 3\n')
  expect(text).toContain('\ngrantlog_receiver_disk_quota_bytes{grantlog_tenant="a"} 1099511627776')
  const lag = 'grantlog_receiver_sink_lag{grantlog_sink="away",grantlog_tenant="a"}'
  expect(text).toContain(`\n${lag} `)

  const described = Object.entries<MetricDescription>(METRICS)
  const perTenant = described.filter(([, metric]) => metric.perTenant)
  const tenants = new Set(
    Array.from(
      text.matchAll(/^(\w+?)(?:_total|_bucket|_sum|_count)?\{.*tenant="a"/gm),
      ([, of]) => of,
    ),
  )
  const wanted = perTenant.map(([name, { unit }]) => prometheusName(name, unit))
  expect([...tenants].toSorted()).toEqual(wanted.toSorted())
  await metrics.close()
})

test('what is pushed says whose it is', async () => {
  const bodies: Buffer[] = []
  await using server = createServer((request, response) => {
    request.on('data', (chunk: Buffer) => bodies.push(chunk))
    request.on('end', () => response.end())
  })
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  const metrics = createMetrics({ otlpUrl: `http://127.0.0.1:${port}/v1/metrics` })
  await using tenant = await newTenant('acme')
  await using harness = await startHarness({ metrics })
  await metrics.push()
  expect(Buffer.concat(bodies).includes('grantlog.tenant')).toBe(false)
  await harness.receiver.addTenant(tenant.served)
  await metrics.push()
  expect(Buffer.concat(bodies).includes('grantlog.tenant\x12\x06\n\x04acme')).toBe(true)
  await metrics.close()
})

test('a tenant whose streams cannot be read is told without them', async () => {
  await using harness = await startHarness()
  const status = harness.receiver.status()
  const place = (): { [of in 'behind' | 'nextFrame' | 'published' | 'size']: number } => ({
    ...{ nextFrame: 0, size: 0, published: 0, behind: 0 },
  })
  const ledger = (name: string) => ({
    ...{ name, place, status: () => status },
    accounts: { summary: () => Promise.reject(new Error('EIO')) },
  })
  const [tenant, main] = [ledger('a'), ledger('')]
  const told = await watchLedgers(
    () => [tenant],
    () => 0,
  ).read()
  expect(told).toMatchObject([{ tenant: 'a', status, streams: null }])
  await expect(
    watchLedgers(
      () => [main, tenant],
      () => 0,
    ).read(),
  ).rejects.toThrow('EIO')
})

test('each ledger waits for its own checkpoint', async () => {
  await using harness = await startHarness()
  const status = harness.receiver.status()
  const summary = () => Promise.reject(new Error('not asked'))
  const ledger = (name: string, published: number) => ({
    ...{ name, status: () => status, accounts: { summary } },
    place: () => ({ nextFrame: 3, size: 9, published, behind: 0 }),
  })
  const all = [ledger('late', 5), ledger('well', 9)]
  let at = 0
  const watch = watchLedgers(
    () => all,
    () => at,
  )
  watch.look()
  at += 60_000
  watch.look()
  const told = await watch.read()
  expect(told.map(({ delays }) => delays.checkpointS)).toEqual([60, 0])
})
