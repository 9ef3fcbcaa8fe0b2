// Keeps ATTACKS.md: who comes with what, and the answer, as the titles of tests say it (`who →
// answer`). With `--write` it is written; else a run of all of them fails when it is another.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

const path = join(import.meta.dirname, 'ATTACKS.md')
const suites = [
  'callers/attacks.test.ts',
  'callers/connections.test.ts',
  'callers/dpop.test.ts',
  'receive/starving.test.ts',
]
const head = `# Who may not send, and what is answered

Written by \`npm run test:edge -- --write\`. Each line is a test in
[packages/receiver/src/callers](../../packages/receiver/src/callers), with a receiver that others
reach, over TLS, which takes certificates of one authority and access tokens of one issuer; or in
[starving.test.ts](../../packages/receiver/src/receive/starving.test.ts), of those who take from
others what all share.

| Who | What | Answer |
| --- | --- | --- |
`

export default class AttackReporter {
  #error

  onRunComplete(_contexts, { testResults }) {
    const ran = testResults.filter(({ testFilePath }) =>
      suites.some((suite) => testFilePath.endsWith(suite)),
    )
    const tests = ran
      .toSorted((a, b) => (a.testFilePath < b.testFilePath ? -1 : 1))
      .flatMap((result) => result.testResults)
    // Of a part of them nothing can be said about the table as a whole.
    if (ran.length < suites.length || tests.some(({ status }) => status !== 'passed')) return
    const table = head + tests.flatMap(rowOf).join('')
    if (process.env.GRANTLOG_EDGE_WRITE !== undefined) writeFileSync(path, table)
    if (readFileSync(path, 'utf8') !== table) {
      this.#error = new Error('ATTACKS.md is of another time: npm run test:edge -- --write')
    }
  }

  getLastError() {
    return this.#error
  }
}

function rowOf({ ancestorTitles, title }) {
  const [what, answer] = title.split(' → ')
  if (answer === undefined) return []
  const cells = [ancestorTitles.at(-1) ?? 'anybody', what, answer]
  return [`| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |\n`]
}
