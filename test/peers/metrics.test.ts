// Scenario: a receiver without a console, scraped by a Prometheus, and the alerts of
// collector-config/prometheus. Guarantee: promtool has nothing to say about the metrics and the
// rules, each alert fires when it should and not else, and asks only for metrics that there are.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { type MetricDescription, METRICS } from '@grantlog/receiver'
import { prometheusName } from '../../packages/receiver/src/metrics/prometheus-name.ts'
import { newTenant, rawRequest, startHarness } from '../../packages/receiver/test/harness.ts'
import { createProducer, recordSpans, signedBody } from '../../packages/receiver/test/producer.ts'
import { peerTest } from './peer-test.ts'
import { runPeer } from './peers.ts'

const folder = join(import.meta.dirname, '..', '..', 'collector-config', 'prometheus')
const rules = join(folder, 'alerts.yaml')

peerTest('promtool has nothing to say about the metrics', ['promtool'], async () => {
  const [producer, other] = [createProducer(), createProducer()]
  await using tenant = await newTenant('a', { producers: [other], limits: { diskBytes: 2 ** 40 } })
  await using harness = await startHarness({
    producers: [producer],
    sinks: [{ name: 'away', url: 'http://127.0.0.1:9/v1/traces' }],
    tenants: [tenant.served],
  })
  await harness.send(signedBody(other, recordSpans(3)))
  await harness.send(signedBody(producer, recordSpans(5)))
  await harness.send(new Uint8Array([255]))
  const { body, headers } = await rawRequest(harness.receiver.adminPort, { path: '/metrics' })
  expect(headers['content-type']).toBe('text/plain; version=0.0.4; charset=utf-8')
  const text = body.toString()
  expect(text).toContain('grantlog_receiver_spans_committed_total 5\n')
  expect(text).toContain('grantlog_receiver_spans_committed_total{grantlog_tenant="a"} 3\n')
  const lint = (input: string): Promise<string> =>
    runPeer('promtool', ['check', 'metrics'], { input })
  expect(await lint(text)).toBe('')
  expect(await lint(text.replaceAll('_total', '_count'))).not.toBe('')
})

peerTest('the alerts are sound, and fire when they should', ['promtool'], async () => {
  expect(await runPeer('promtool', ['check', 'rules', rules])).toMatch(/SUCCESS: \d+ rules found/)
  const cases = join(folder, 'alerts.test.yaml')
  expect(await runPeer('promtool', ['test', 'rules', cases])).toMatch(/SUCCESS/)
})

test('each alert has a case, says what to do, and asks for metrics that a receiver tells', () => {
  const told = Object.entries<MetricDescription>(METRICS).map(([name, { kind, unit }]) => {
    const suffix = { counter: '_total', gauge: '', histogram: '_bucket' }[kind]
    return `${prometheusName(name, unit)}${suffix}`
  })
  const { groups } = parse(readFileSync(rules, 'utf8')) as Rules
  const cases = readFileSync(join(folder, 'alerts.test.yaml'), 'utf8')
  for (const { alert, annotations, expr } of groups.flatMap((group) => group.rules)) {
    const asked = [...expr.matchAll(/\bgrantlog_receiver_\w+/g)].map(([name]) => name)
    expect(asked.filter((name) => !told.includes(name))).toEqual([])
    expect(cases).toContain(`alertname: ${alert}`)
    expect(annotations.fix).toMatch(/\w/)
  }
})

interface Rules {
  readonly groups: readonly {
    readonly rules: readonly {
      readonly alert: string
      readonly expr: string
      readonly annotations: { readonly fix: string }
    }[]
  }[]
}
