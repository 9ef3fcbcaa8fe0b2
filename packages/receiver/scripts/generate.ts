// What scans a span: wasm/ → src/verify/scan/module.generated.ts.
//
//   node scripts/generate.ts [--check]
import { join } from 'node:path'
import { main } from 'assemblyscript/asc'
import { generateWasm } from '../../../scripts/wasm.ts'

await generateWasm(main, {
  root: join(import.meta.dirname, '..'),
  entry: 'scan',
  features: 'simd,relaxed-simd,bulk-memory',
  target: 'src/verify/scan/module.generated.ts',
  name: 'scanModule',
  runBy: 'scanner.ts',
})
