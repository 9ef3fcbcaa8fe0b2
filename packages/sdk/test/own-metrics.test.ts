// Scenario: an application sets its own meter provider after the SDK was started, and then another
// one; or it has none, or an API of OpenTelemetry from before there were metrics.
// Guarantee: each provider gets the metrics of README.md and no other; without one nothing is
// registered and everything else is the same.
import { readFileSync } from 'node:fs'
import { expect, test } from '@jest/globals'
import { AUDIT_METRICS } from '../src/metrics/table.ts'
import { runScript } from './fixtures/child.ts'
import { newProducer } from './fixtures/credentials.ts'
import { startSink } from './fixtures/sink.ts'

interface Told {
  readonly [name: string]: {
    readonly unit: string
    readonly points: readonly { readonly attributes: object; readonly value: unknown }[]
  }
}

test('a provider that is set later, and the next one, get all of them', async () => {
  const producer = newProducer()
  const sink = await startSink(producer)
  const credentials = producer.write(sink)
  const { code, stderr, stdout } = await runScript({ credentials, script: 'own-metrics.mjs' })
  void sink.close()
  expect([code, stderr]).toEqual([0, ''])
  const [first, second] = JSON.parse(stdout) as [Told, Told]
  for (const told of [first, second]) {
    expect(Object.keys(told).toSorted()).toEqual(Object.keys(AUDIT_METRICS).toSorted())
    for (const [name, { unit }] of Object.entries(AUDIT_METRICS))
      expect(told[name]!.unit).toBe(unit)
    const value = (name: keyof typeof AUDIT_METRICS): number => Number(told[name]!.points[0]!.value)
    const [emitted, exported] = [value('audit.records.emitted'), value('audit.records.exported')]
    expect(value('audit.records.dropped')).toBe(0)
    expect(emitted - exported).toBe(value('audit.receipts.missing'))
    expect(Math.abs(value('audit.clock.skew'))).toBeLessThan(3_600)
    expect(told['audit.export.duration']!.points[0]).toMatchObject({
      attributes: { 'audit.export.outcome': 'done' },
    })
  }
  const records = (told: Told): number => Number(told['audit.records.exported']!.points[0]!.value)
  expect(records(second)).toBeGreaterThan(records(first))
})

test.each([
  ['no provider', []],
  ['an API without metrics', ['./old-api.mjs']],
])('with %s the records are the same', async (_, before) => {
  const producer = newProducer()
  const sink = await startSink(producer)
  const { code, stderr } = await runScript({
    ...{ credentials: producer.write(sink), script: 'own-metrics.mjs', args: ['none'] },
    preload: [...before, '@grantlog/sdk/register'],
  })
  void sink.close()
  expect([code, stderr]).toEqual([0, ''])
  const actions = sink.records().map(({ attributes }) => attributes.get('audit.action'))
  expect(actions).toEqual(['audit.stream.start', 'oauth.resource_access', 'audit.stream.stop'])
})

test('README.md has a row for each', () => {
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
  for (const [name, { unit }] of Object.entries(AUDIT_METRICS)) {
    expect(readme).toContain(`| \`${name}\` | \`${unit}\` |`)
  }
})
