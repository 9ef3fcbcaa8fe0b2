// Every code is told in README.md, and nothing else is.
import { expect, test } from '@jest/globals'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { LedgerError } from '@grantlog/ledger'
import { ReceiverError } from '@grantlog/receiver'
import { TlogError } from '@grantlog/tlog'
import { CLI_CODES, CliError, formatProblem, problemOf } from './errors.ts'
import { EXIT, EXIT_MEANINGS } from './exit-codes.ts'
import { isTooOld, oldestNode } from './node-version.ts'

const readme = readFileSync(join(import.meta.dirname, '..', 'README.md'), 'utf8')

test('README.md lists the codes, and no others', () => {
  const listed = [...readme.matchAll(/^\| `([A-Z_]+)` \|/gm)].map(([, code]) => String(code))
  expect(listed.toSorted()).toEqual(Object.keys(CLI_CODES).toSorted())
})

test('README.md has the exit codes', () => {
  for (const [name, code] of Object.entries(EXIT)) {
    expect(readme).toContain(`| ${code} | ${EXIT_MEANINGS[name as keyof typeof EXIT]} |`)
  }
})

test('what is too old is what package.json says', () => {
  const manifest = readFileSync(join(import.meta.dirname, '..', 'package.json'), 'utf8')
  const { engines } = JSON.parse(manifest) as { readonly engines: { readonly node: string } }
  expect(engines.node).toBe(`>=${oldestNode}`)
  const versions = ['9.0.0', '20.20.2', '22.15.0', '24.0.0', '26.1.0']
  expect(versions.map(isTooOld)).toEqual([true, true, true, false, false])
  expect(CLI_CODES.NODE_TOO_OLD.fix).toContain(`Node ${oldestNode} `)
})

test.each([
  [new CliError('USAGE', 'x'), 'USAGE'],
  [new LedgerError('LEDGER_LOCKED', 'x'), 'LEDGER_LOCKED'],
  [new ReceiverError('RECEIVER_SINK_INVALID', 'x'), 'RECEIVER_SINK_INVALID'],
  [new TlogError('TLOG_PROOF_FAILED'), 'TLOG_PROOF_FAILED'],
  [Object.assign(new Error('JOURNAL_IO: x'), { code: 'JOURNAL_IO' }), 'JOURNAL_IO'],
  [Object.assign(new Error('x'), { code: 'EACCES', syscall: 'open' }), 'SYSTEM'],
  [new RangeError('x'), 'UNEXPECTED'],
  ['x', 'UNEXPECTED'],
  [undefined, 'UNEXPECTED'],
])('%s has the code %s, a title without it, and a fix', (error, expected) => {
  const { code, fix, title } = problemOf(error)
  expect(code).toBe(expected)
  expect(title).not.toContain(expected)
  expect(fix).toMatch(/^.+$/s)
})

test('a detail with a pattern of replace() stays as it is', () => {
  expect(new CliError('USAGE', "$& $'").title).toBe("wrong usage: $& $'")
})

test('on a terminal its lines are broken at spaces, and stand in', () => {
  const problem = new CliError('PORT_TAKEN', '1', { fix: 'Wait for its end.' })
  const lines = ['PORT_TAKEN: the', '  port 1 is taken', '  fix: Wait for its', '  end.']
  expect(formatProblem(problem, false, 20).split('\n')).toEqual(lines)
})

test('a problem is two lines, or JSON', () => {
  const problem = new CliError('PORT_TAKEN', '1', { fix: 'Wait.' })
  expect(formatProblem(problem, false)).toBe('PORT_TAKEN: the port 1 is taken\n  fix: Wait.')
  const error = { code: 'PORT_TAKEN', title: 'the port 1 is taken', fix: 'Wait.' }
  expect(JSON.parse(formatProblem(problem, true))).toEqual({ error })
})
