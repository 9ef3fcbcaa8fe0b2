import { expect, test } from '@jest/globals'
import { detectMetrics } from './detect-metrics.ts'

const channel = {
  ...{ name: 'ops', type: 'webhook' as const, waiting: 3, sent: 4, refused: 1, dropped: 0 },
  failures: 2,
}
const counts = {
  ...{ behind: 1, rules: 75, findings: 2, unreadable: 0, events: 9, detections: 2, dropped: 0 },
  ...{ held: 5, evicted: 0, late: 0, errors: 1, channels: [channel] },
}

test('that detection is not there is told', async () => {
  const text = await detectMetrics({})
  expect(text).toContain('# TYPE grantlog_detect_up gauge\ngrantlog_detect_up 0\n')
  expect(text).not.toContain('grantlog_detect_rules')
})

test('each count is one metric, those of a channel under its name', async () => {
  const text = await detectMetrics({ status: counts })
  expect(text).toContain('grantlog_detect_up 1\n')
  expect(text).toContain('grantlog_detect_rules 75\n')
  expect(text).toContain('grantlog_detect_errors_total 1\n')
  expect(text).toContain('grantlog_alerts_waiting{channel="ops"} 3\n')
  expect(text).toContain('grantlog_alerts_failures{channel="ops"} 2\n')
  const named = text.match(/^# TYPE (\S+)/gm) ?? []
  expect(new Set(named).size).toBe(named.length)
})

test('without channels there is no metric of any', async () => {
  expect(await detectMetrics({ status: { ...counts, channels: [] } })).not.toContain(
    'grantlog_alerts',
  )
})

test('a tenant has its own, under its name', async () => {
  const tenants = { acme: { ...counts, findings: 7 } }
  const text = await detectMetrics({ status: counts, tenants })
  expect(text).toContain('grantlog_detect_findings 2\ngrantlog_detect_findings{')
  expect(text).toContain('\ngrantlog_detect_findings{grantlog_tenant="acme"} 7\n')
  expect(text).toContain('\ngrantlog_alerts_waiting{channel="ops",grantlog_tenant="acme"} 3\n')
})
