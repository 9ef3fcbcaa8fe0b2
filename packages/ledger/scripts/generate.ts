// What verifies a commit, and hashes: wasm/ → src/module.generated.ts.
//
//   node scripts/generate.ts [--check]
import { join } from 'node:path'
import { main } from 'assemblyscript/asc'
import { generateWasm } from '../../../scripts/wasm.ts'

await generateWasm(main, {
  root: join(import.meta.dirname, '..'),
  entry: 'commit',
  features: 'simd,relaxed-simd,bulk-memory',
  target: 'src/module.generated.ts',
  name: 'commitModule',
  runBy: 'module.ts',
})
