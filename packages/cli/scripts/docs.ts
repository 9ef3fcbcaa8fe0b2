// The table of LOG.md: what `grantlog receiver` logs.
//
//   node --conditions=@grantlog/source scripts/docs.ts [--check]
//
// --check writes nothing; it exits 1 when the file is not what the code says.
import { join } from 'node:path'
import { LOG_CODES, type LogCodeText } from '@grantlog/receiver'
import { writeTable } from '../../../scripts/table.ts'
import { CLI_LOG_CODES } from '../src/log-codes.ts'

function logTable(): string {
  const codes: [string, LogCodeText][] = Object.entries({ ...LOG_CODES, ...CLI_LOG_CODES })
  const rows = codes.map(
    ([code, { fix, levels, means }]) =>
      `| \`${code}\` | ${levels.join(', ')} | ${means} | ${fix || '–'} |`,
  )
  return ['| code | level | what it means | what to do |', '|---|---|---|---|', ...rows].join('\n')
}

writeTable(join(import.meta.dirname, '..', 'LOG.md'), logTable())
