// npm run test:crash [-- --full] [jest's own arguments]
//
// `--full`: all faults, and the model through many more seeds; keeps the table in FAULTS.md.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const args = process.argv.slice(2)
const folder = mkdtempSync(join(tmpdir(), 'grantlog-faults-'))
const env = { ...process.env, GRANTLOG_FAULT_ROWS: join(folder, 'rows') }
if (args.includes('--full')) env.GRANTLOG_CRASH_FULL = '1'
const jest = ['scripts/jest.mjs', '--config', 'test/crash/jest.config.mjs']
const own = args.filter((arg) => arg !== '--full')
// Of a part of the tests nothing can be said about the table as a whole.
if (own.length === 0) env.GRANTLOG_CRASH_WHOLE = '1'
const { status } = spawnSync(process.execPath, [...jest, ...own], { env, stdio: 'inherit' })
rmSync(folder, { recursive: true })
process.exit(status ?? 1)
