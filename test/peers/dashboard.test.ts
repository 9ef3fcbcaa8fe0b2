// Scenario: the dashboard of collector-config/grafana over a Prometheus that scrapes a receiver
// with a tenant. Guarantee: each of its expressions is one that Prometheus' own engine takes, and
// that gives something of what a receiver really tells; it asks for no metric and label that is
// not in the table, and what is of a ledger is chosen by tenant.
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from '@jest/globals'
import { parse } from 'yaml'
import { createMetrics, type MetricDescription, METRICS } from '@grantlog/receiver'
import { prometheusName } from '../../packages/receiver/src/metrics/prometheus-name.ts'
import { newTenant, rawRequest, startHarness } from '../../packages/receiver/test/harness.ts'
import { logsBody, metricsBody } from '../../packages/receiver/test/other-signals.ts'
import { createProducer, recordSpans, signedBody } from '../../packages/receiver/test/producer.ts'
import { certificateFiles, secureRequest } from '../../packages/receiver/test/secure.ts'
import { peerTest } from './peer-test.ts'
import { runPeer } from './peers.ts'

const folder = join(import.meta.dirname, '..', '..', 'collector-config', 'grafana')
const read = (...path: string[]): string => readFileSync(join(folder, ...path), 'utf8')
const dashboard = JSON.parse(read('dashboards', 'grantlog-receiver.json')) as Dashboard
const asked = dashboard.panels.flatMap(({ targets = [], title }) =>
  targets.map(({ expr }) => ({ title, expr })),
)
/** As Grafana asks with all receivers and tenants chosen. */
const exprs = asked.map(({ expr }) =>
  expr.replaceAll('$__rate_interval', '5m').replace(/\$(instance|tenant)\b/g, '.*'),
)

const told = new Map(
  Object.entries<MetricDescription>(METRICS).map(([name, metric]) => {
    const suffix = { counter: '_total', gauge: '', histogram: '_bucket' }[metric.kind]
    return [`${prometheusName(name, metric.unit)}${suffix}`, metric] as const
  }),
)
const labelsOf = ({ attribute, kind, perTenant }: MetricDescription): string[] => [
  ...['instance', ...(kind === 'histogram' ? ['le'] : [])],
  ...(attribute === undefined ? [] : [attribute[0].replaceAll('.', '_')]),
  ...(perTenant ? ['grantlog_tenant'] : []),
]

test.each(asked)('it asks for what a receiver tells: $title: $expr', ({ expr }) => {
  const selectors = [...expr.matchAll(/(\w+)\{([^}]*)\}/g)]
  expect(selectors.length).toBeGreaterThan(0)
  const known = new Set<string>()
  for (const [, name, matchers] of selectors) {
    const metric = told.get(name!)
    expect([name, metric]).toEqual([name, expect.anything()])
    labelsOf(metric!).forEach((label) => known.add(label))
    const chosen = [...matchers!.matchAll(/(\w+)=/g)].map(([, label]) => label!)
    expect(labelsOf(metric!)).toEqual(expect.arrayContaining(chosen))
    expect(chosen).toContain('instance')
    if (metric!.perTenant) expect(matchers).toContain('grantlog_tenant=~"$tenant"')
  }
  const grouped = [...expr.matchAll(/by \(([^)]*)\)/g)].flatMap(([, by]) => by!.split(', '))
  expect(grouped.filter((label) => !known.has(label))).toEqual([])
  // Whatever is no selector, label, text or function of PromQL would be a metric without choice.
  const rest = expr.replace(/\w+\{[^}]*\}|\[[^\]]*\]|by \([^)]*\)/g, '')
  expect(rest).not.toMatch(/grantlog_|process_|nodejs_|v8js_/)
})

test('panels have names and places of their own, and say what they show', () => {
  const panels = dashboard.panels.filter(({ type }) => type !== 'row')
  expect(new Set(panels.map(({ title }) => title)).size).toBe(panels.length)
  expect(new Set(dashboard.panels.map(({ id }) => id)).size).toBe(dashboard.panels.length)
  expect(panels.filter(({ description = '' }) => description === '')).toEqual([])
  const cells = dashboard.panels.flatMap(({ gridPos: { h, w, x, y } }) =>
    Array.from({ length: h * w }, (_, at) => `${x + (at % w)},${y + Math.floor(at / w)}`),
  )
  expect(new Set(cells).size).toBe(cells.length)
  expect(dashboard.panels.every(({ gridPos: { w, x } }) => x + w <= 24)).toBe(true)
})

test('what is provisioned is there', () => {
  const sources = parse(read('provisioning', 'datasources', 'prometheus.yaml')) as Provisioned
  expect(sources.datasources).toMatchObject([{ type: 'prometheus', isDefault: true }])
  const boards = parse(read('provisioning', 'dashboards', 'grantlog.yaml')) as Provisioned
  expect(boards.providers).toMatchObject([
    { type: 'file', options: { path: '$GRANTLOG_DASHBOARDS' } },
  ])
})

peerTest('each expression is PromQL, and gives what a receiver tells', ['promtool'], async () => {
  const series = await scrapedSeries()
  const log = await evaluated(exprs, series)
  expect(log).toMatch(/SUCCESS/)
  // It does find what is wrong.
  const [name] = [...told.keys()]
  expect(await evaluated([`${name}_of_nothing`], series)).toMatch(/FAILED/)
  expect(await evaluated([`sum by (${name}`], series)).toMatch(/FAILED|error/i)
})

/** Runs Prometheus' engine over series that grow: has each expression a value? */
async function evaluated(all: readonly string[], series: readonly string[]): Promise<string> {
  const work = mkdtempSync(join(tmpdir(), 'grantlog-dashboard-'))
  const cases = {
    evaluation_interval: '1m',
    tests: [
      {
        interval: '1m',
        input_series: series.map((each) => ({ series: each, values: '1+7x20' })),
        promql_expr_test: all.map((expr) => ({
          expr: `count(${expr}) > bool 0`,
          ...{ eval_time: '15m', exp_samples: [{ labels: '{}', value: 1 }] },
        })),
      },
    ],
  }
  try {
    const path = join(work, 'dashboard.yaml')
    writeFileSync(path, JSON.stringify(cases))
    return await runPeer('promtool', ['test', 'rules', path])
  } finally {
    rmSync(work, { recursive: true })
  }
}

/** All series of a receiver to which something of each kind happened, as Prometheus names them. */
async function scrapedSeries(): Promise<string[]> {
  const [own, other] = [createProducer(), createProducer()]
  await using certificate = await certificateFiles()
  const { cert, key } = certificate.tls
  await using tenant = await newTenant('a', {
    ...{ producers: [other], limits: { diskBytes: 2 ** 40 } },
  })
  const sinks = [{ name: 'away', url: 'http://127.0.0.1:9/v1/traces' }]
  const metrics = createMetrics()
  await using harness = await startHarness({
    ...{ producers: [own], sinks, metrics, tls: { cert, key } },
    tenants: [{ ...tenant.served, sinks }],
  })
  const { adminPort, otlpPort } = harness.receiver
  const post = (path: string, body: Uint8Array): Promise<unknown> =>
    secureRequest(otlpPort, { ca: certificate.authority.cert, path, body })
  await post('/v1/traces', signedBody(own, recordSpans(2)))
  await post('/v1/traces', signedBody(other, recordSpans(2)))
  await post('/v1/traces', new Uint8Array([255]))
  await post('/v1/logs', logsBody({ 'audit.record.id': 'one' }, { a: '1' }))
  await post('/v1/metrics', metricsBody(3))
  metrics.synced(0.001)
  metrics.synced(0.001, 'a')
  const { body } = await rawRequest(adminPort, { path: '/metrics' })
  await metrics.close()
  const lines = body.toString().split('\n')
  return lines
    .filter((line) => line !== '' && !line.startsWith('#'))
    .map((line) => line.slice(0, line.lastIndexOf(' ')))
    .map((each) =>
      each.endsWith('}') ? each.replace('{', '{instance="i",') : `${each}{instance="i"}`,
    )
}

interface Dashboard {
  readonly panels: readonly {
    readonly id: number
    readonly type: string
    readonly title: string
    readonly description?: string
    readonly gridPos: {
      readonly h: number
      readonly w: number
      readonly x: number
      readonly y: number
    }
    readonly targets?: readonly { readonly expr: string }[]
  }[]
}

interface Provisioned {
  readonly datasources?: readonly object[]
  readonly providers?: readonly object[]
}
