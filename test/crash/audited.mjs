// One audit, as `grantlog verify --resume` makes it, but its state is written at every bundle:
// node audited.mjs DATA LOG-KEY STATE. Writes `begun`, and at its end the report.
import { audit, foldersUnder } from '@grantlog/ledger'

const [data, logKey, path] = process.argv.slice(2)
let isBegun = false
const report = await audit({
  folders: foldersUnder(data),
  logKey,
  resume: { path, everyMs: 0 },
  onProgress: () => {
    if (!isBegun) process.stdout.write('begun\n')
    isBegun = true
  },
})
process.stdout.write(`${JSON.stringify(report)}\n`)
