// Scenario: the demo, as `npm start -- --once --json` runs it: real processes, a whole OAuth world.
// Guarantee: each step leaves exactly the records it must, in each process that saw it; all are
// sealed, forwarded and verified, none is missing, every tampering is found, a stolen refresh token
// ends its session, and nothing is left. How long that took is told, and not asserted.
import { expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import type { Summary } from '../../examples/demo/told/summary.ts'

const root = join(import.meta.dirname, '..', '..')

async function runDemo(
  temporary: string,
): Promise<{ code: number | null; stdout: string; stderr: string }> {
  const flags = ['--conditions=@grantlog/source', 'examples/demo/run.ts', '--once', '--json']
  const child = spawn(process.execPath, [...flags, '--jaeger', 'none'], {
    cwd: root,
    env: { ...process.env, TMPDIR: temporary },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
  return { code: await ended, stdout, stderr }
}

test('a whole OAuth world is recorded as it happened, and tampering is found', async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'grantlog-demo-test-'))
  try {
    const { code, stderr, stdout } = await runDemo(temporary)
    const [line, ...rest] = stdout.split('\n')
    const wrong = stderr.split('\n').filter((each) => /✘|missing:|extra:|different:/.test(each))
    expect({ code, rest, wrong }).toEqual({ code: 0, rest: [''], wrong: [] })
    const summary = JSON.parse(line!) as Summary
    const {
      compared,
      endedMs,
      expected,
      firstVerifiedMs,
      foundMs,
      kinds,
      records,
      tamper,
      ...counts
    } = summary
    expect(records).toBeGreaterThanOrEqual(40)
    expect(kinds).toBeGreaterThanOrEqual(25)
    expect(counts).toEqual({ sealed: records, forwarded: records, verified: records, gaps: 0 })
    expect(expected).toEqual({ steps: 55, missing: 0, extra: 0, different: 0 })
    expect(compared).toMatchObject({ agree: true, unaccounted: 0 })
    expect(compared!.matched).toBeGreaterThanOrEqual(40)
    expect(tamper.tried).toBeGreaterThanOrEqual(10)
    expect(tamper.found).toBe(tamper.tried)
    expect(firstVerifiedMs).toBeGreaterThan(0)
    expect(foundMs).toBeGreaterThan(0)
    expect(endedMs).toBeGreaterThan(foundMs!)
    expect(readdirSync(temporary)).toEqual([])
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
}, 300_000)
