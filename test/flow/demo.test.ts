// Scenario: the demo, as `npm start -- --once --json` runs it: real processes, a real log-in.
// Guarantee: every record that was received is sealed, forwarded and verified, none is missing,
// every tampering is found, and nothing is left behind.
import { expect, test } from '@jest/globals'
import { spawn } from 'node:child_process'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'

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

test('one log-in is received, sealed, forwarded and verified, and tampering is found', async () => {
  const temporary = mkdtempSync(join(tmpdir(), 'grantlog-demo-test-'))
  try {
    const { code, stderr, stdout } = await runDemo(temporary)
    const [line, ...rest] = stdout.split('\n')
    expect({ code, rest, stderr }).toEqual({ code: 0, rest: [''], stderr: expect.any(String) })
    const { firstVerifiedMs, records, ...counts } = JSON.parse(line!) as {
      [name: string]: number | object
    }
    // Log-in and consent are asked for and answered, then the code is exchanged.
    expect(records).toBeGreaterThanOrEqual(4)
    expect(counts).toEqual({
      sealed: records,
      forwarded: records,
      verified: records,
      gaps: 0,
      tamper: { tried: 3, found: 3 },
    })
    expect(firstVerifiedMs).toBeGreaterThan(0)
    expect(readdirSync(temporary)).toEqual([])
  } finally {
    rmSync(temporary, { recursive: true, force: true })
  }
})
