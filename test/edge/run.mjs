// npm run test:edge [-- --write] [jest's own arguments]
//
// `--write`: keeps the tables: CONFORMANCE.md and ATTACKS.md.
import { spawnSync } from 'node:child_process'

const args = process.argv.slice(2)
const env = { ...process.env }
if (args.includes('--write')) env.GRANTLOG_EDGE_WRITE = '1'
const jest = ['scripts/jest.mjs', '--config', 'test/edge/jest.config.mjs']
const own = args.filter((arg) => arg !== '--write')
const { status } = spawnSync(process.execPath, [...jest, ...own], { env, stdio: 'inherit' })
process.exit(status ?? 1)
