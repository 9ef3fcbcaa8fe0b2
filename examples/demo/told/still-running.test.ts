import { expect, test } from '@jest/globals'
import type { Stage } from '../stage/stage.ts'
import { stillRunning } from './still-running.ts'

const stage = {
  ...{ folder: '/tmp/demo', data: '/tmp/demo/data', seen: ['/tmp/demo/seen'], jaeger: null },
  ...{ adminUrl: 'http://127.0.0.1:1', sinkUrl: 'http://127.0.0.1:2' },
  apps: { secrets: {} },
} as unknown as Stage

test('the finding is where the console shows it', () => {
  const told = stillRunning(stage, { theft: 179, finding: '01982f3e-7a4c-8cc1-9d4e-000000000001' })
  expect(told).toContain('http://127.0.0.1:1/findings/01982f3e-7a4c-8cc1-9d4e-000000000001   ')
  expect(told).toContain('http://127.0.0.1:1/records/179/lineage   ')
})

test('who was refused are the denied and the failed: a forged token is a failure', () => {
  const lines = stillRunning(stage).split('\n')
  const asking = lines.filter((line) => line.includes('outcome'))
  expect(asking).toEqual([
    '  http://127.0.0.1:1/records?q=outcome:denied,failure   who was refused, and why',
    '  npx grantlog search outcome:denied,failure',
  ])
})
