// What verifies a commit: wasm/ → src/audit/module.generated.ts.
//
//   node scripts/generate.ts [--check]
import { join } from 'node:path'
import { main } from 'assemblyscript/asc'
import { generateWasm } from '../../../scripts/wasm.ts'

await generateWasm(main, {
  root: join(import.meta.dirname, '..'),
  entry: 'commit',
  features: 'simd,relaxed-simd,bulk-memory',
  target: 'src/audit/module.generated.ts',
  name: 'commitModule',
  runBy: 'machine.ts',
})
