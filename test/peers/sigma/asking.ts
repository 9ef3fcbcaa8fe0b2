// What pySigma and SQLite find in the same events: oracle.py as a child process.
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { json } from 'node:stream/consumers'
import { join } from 'node:path'
import type { AuditEvent } from '@grantlog/detect'
import { findPeer } from '../peers.ts'

/** A window that fulfils a correlation's condition. */
export interface Alert {
  readonly endMs: number
  readonly group: Readonly<Record<string, string>>
  readonly ids: readonly string[]
}

export interface Answer {
  readonly matches?: readonly string[]
  readonly alerts?: readonly Alert[]
  readonly error?: string
}

/** An answer for each text of rules. */
export async function askOracle(
  rules: readonly string[],
  events: readonly AuditEvent[],
): Promise<readonly Answer[]> {
  const named = events.flatMap(({ attributes }) => Array.from(attributes, ([name]) => name))
  const fields = [...new Set(named)]
  const told = events.map(({ atMs, attributes, id }) => {
    const values = Array.from(attributes, ([name, value]) => {
      return [name, typeof value === 'bigint' ? Number(value) : value] as const
    })
    return { id, atMs, attributes: Object.fromEntries(values) }
  })
  const script = join(import.meta.dirname, 'oracle.py')
  const child = spawn(findPeer('sigma-python').path!, [script], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const answers = json(child.stdout) as Promise<readonly Answer[]>
  child.stdin.end(JSON.stringify({ rules, fields, events: told }))
  const [read] = await Promise.all([answers, once(child, 'close')])
  return read
}
