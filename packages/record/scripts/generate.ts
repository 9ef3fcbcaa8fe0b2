// Writes what is made from the attribute registry: src/names.ts, src/described/,
// ATTRIBUTES.md, schema/; and the JSON Schema of policies.
//
//   node packages/record/scripts/generate.ts [--check]
//
// --check writes nothing; it names the files that differ and exits 1. Test: src/names.test.ts.
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'
import { renderConstants } from './constants.ts'
import { renderDescriptions } from './descriptions.ts'
import { renderDocument } from './document.ts'
import { renderPolicySchema } from './policy-schema.ts'
import type { Registry } from './registry.ts'
import { readRegistry } from './registry.ts'
import { renderSchema } from './schema.ts'

const packageFolder: string = join(import.meta.dirname, '..')
/** A generated file, its path relative to packages/record. */
export interface GeneratedFile {
  path: string
  text: string
}

/** Every file that is made from a registry. */
export async function render(registry: Registry): Promise<GeneratedFile[]> {
  const files = [
    await formatted('src/names.ts', renderConstants(registry)),
    await formatted('src/described/rows.generated.ts', renderDescriptions(registry)),
    { path: 'ATTRIBUTES.md', text: renderDocument(registry) },
    await formatted('schema/policy.schema.json', renderPolicySchema()),
  ]
  for (let version = 1; version <= registry.version; version++) {
    const path = `schema/record.v${version}.schema.json`
    files.push(await formatted(path, renderSchema(registry, version)))
  }
  return files
}

/** In the repository's own style, so that formatting it leaves the file as it is. */
async function formatted(path: string, text: string): Promise<GeneratedFile> {
  const filepath = join(packageFolder, path)
  return { path, text: await format(text, { ...(await resolveConfig(filepath)), filepath }) }
}

/** The registry of this package. */
export function ownRegistry(): Registry {
  return readRegistry(join(packageFolder, 'registry'))
}

/** The files whose text on disk differs. */
export function staleFiles(files: GeneratedFile[]): GeneratedFile[] {
  return files.filter(({ path, text }) => readIfThere(join(packageFolder, path)) !== text)
}

function readIfThere(path: string): string | null {
  try {
    return readFileSync(path, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

if (import.meta.main) {
  const stale = staleFiles(await render(ownRegistry()))
  for (const { path, text } of stale) {
    if (process.argv.includes('--check')) {
      console.error(`packages/record/${path}: differs from the registry; run npm run generate`)
      process.exitCode = 1
    } else {
      writeFileSync(join(packageFolder, path), text)
      console.log(`packages/record/${path}: written`)
    }
  }
}
