// The table of RULES.md, from the rules.
//
//   node scripts/docs.ts [--check]
//
// --check writes nothing; it exits 1 when the file is not what the rules say.
import { join } from 'node:path'
import { writeTable } from '../../../scripts/table.ts'
import { rulesTable } from './rules-table.ts'

writeTable(join(import.meta.dirname, '..', 'RULES.md'), rulesTable())
