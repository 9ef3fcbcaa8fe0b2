// The table of faults at the end of a run, from the rows that fault.ts wrote. With `--full` it is
// kept in FAULTS.md, too.
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const order = ['application', 'SDK', 'receiver', 'ledger', 'journal', 'sink', 'both sides']
const intro = `# What breaks, and what is seen then

Written by \`npm run test:crash -- --full\`: each row is a test, and says what it counted.
`

export default class FaultReporter {
  onRunComplete() {
    const file = process.env.GRANTLOG_FAULT_ROWS
    if (file === undefined || !existsSync(file)) return
    const rows = readFileSync(file, 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
      .sort((a, b) => order.indexOf(a.where) - order.indexOf(b.where))
    const table = tableOf(rows)
    console.log(`\n${table}\n${rows.length} faults`)
    if (process.env.GRANTLOG_CRASH_FULL === undefined) return
    writeFileSync(join(import.meta.dirname, 'FAULTS.md'), `${intro}\n${table}`)
  }
}

function tableOf(rows) {
  const line = (cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`
  const body = rows.map(({ where, fault, expected, seen }) => line([where, fault, expected, seen]))
  return (
    line(['where', 'fault', 'expected', 'seen']) +
    line(['---', '---', '---', '---']) +
    body.join('')
  )
}
