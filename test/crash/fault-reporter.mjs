// The table of faults at the end of a run, from the rows that fault.ts wrote. A whole run with
// `--full` keeps it in FAULTS.md; every other whole run fails when FAULTS.md has other rows than
// the tests declare.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const order = ['application', 'SDK', 'receiver', 'ledger', 'journal', 'sink', 'both sides']
const path = join(import.meta.dirname, 'FAULTS.md')
const intro = `# What breaks, and what is seen then

Written by \`npm run test:crash -- --full\`: each row is a test, and says what it counted.
`
/** Columns of a terminal that does not tell; a table in a log is cut, FAULTS.md has all of it. */
const columns = Math.max(100, process.stdout.columns ?? 160)

export default class FaultReporter {
  #error

  onRunComplete() {
    const file = process.env.GRANTLOG_FAULT_ROWS
    if (file === undefined || !existsSync(file)) return
    const lines = readFileSync(file, 'utf8').trim().split('\n')
    const rows = lines.map((line) => JSON.parse(line)).sort(compare)
    console.log(`\n${printed(rows)}\n${counted(rows)}`)
    if (process.env.GRANTLOG_CRASH_WHOLE === undefined) return
    if (process.env.GRANTLOG_CRASH_FULL !== undefined) {
      writeFileSync(path, `${intro}\n${counted(rows)}\n\n${tableOf(rows)}`)
    } else {
      this.#error = staleness(rows)
    }
  }

  getLastError() {
    return this.#error
  }
}

function compare(a, b) {
  const byPart = order.indexOf(a.where) - order.indexOf(b.where)
  return byPart === 0 ? a.fault.localeCompare(b.fault) : byPart
}

const isFailed = ({ seen }) => seen === 'FAILED'
const isSkipped = ({ seen }) => seen.startsWith('skipped: ')

function counted(rows) {
  const failed = rows.filter(isFailed).length
  const skipped = rows.filter(isSkipped).length
  const good = rows.length - failed - skipped
  return `${rows.length} faults: ${good} as expected, ${failed} not, ${skipped} skipped`
}

/** For a terminal: what does not fit is cut. */
function printed(rows) {
  const rest = columns - 2 - 11 - 3 * 2
  const widths = [2, 11, Math.floor(rest * 0.4), Math.floor(rest * 0.25), Math.floor(rest * 0.35)]
  const line = (cells) =>
    cells
      .map((cell, at) => fit(cell, widths[at]))
      .join(' ')
      .trimEnd()
  const mark = (row) => (isFailed(row) ? '✗' : isSkipped(row) ? '○' : '✓')
  const head = line(['', 'where', 'fault', 'expected', 'seen'])
  const body = rows.map((row) => line([mark(row), row.where, row.fault, row.expected, row.seen]))
  return `${[head, ...body].join('\n')}\n`
}

function fit(text, width) {
  const whole = text.replaceAll('\n', ' ')
  return whole.length > width ? `${whole.slice(0, width - 1)}…` : whole.padEnd(width)
}

function tableOf(rows) {
  const line = (cells) => `| ${cells.map(escaped).join(' | ')} |\n`
  const body = rows.map(({ where, fault, expected, seen }) => line([where, fault, expected, seen]))
  const head = line(['where', 'fault', 'expected', 'seen'])
  return head + line(['---', '---', '---', '---']) + body.join('')
}

function escaped(cell) {
  return cell.replaceAll('|', '\\|')
}

/** An error that names the rows which only one of them has; undefined when there are none. */
function staleness(rows) {
  if (!existsSync(path)) return undefined
  const nameOf = ({ where, fault, expected }) => [where, fault, expected].map(escaped).join(' | ')
  const declared = new Set(rows.map(nameOf))
  const kept = new Set(
    readFileSync(path, 'utf8')
      .split('\n')
      .filter((text) => /^\| (?!where |---)/.test(text))
      .map((text) => /^\| (.*?[^\\] \| .*?[^\\] \| .*?) \| /.exec(text)?.[1]),
  )
  const differing = [
    ...[...declared].filter((name) => !kept.has(name)).map((name) => `missing: ${name}`),
    ...[...kept].filter((name) => !declared.has(name)).map((name) => `gone: ${name}`),
  ]
  if (differing.length === 0) return undefined
  const fix = 'run `npm run test:crash -- --full`'
  return new Error(`test/crash/FAULTS.md is out of date; ${fix}\n${differing.join('\n')}`)
}
