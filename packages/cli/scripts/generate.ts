// Writes what is made from the sections of the configuration: grantlog.schema.json, for editors,
// and the table of settings in README.md.
//
//   node packages/cli/scripts/generate.ts [--check]
//
// --check writes nothing; it names the files that differ and exits 1.
// Test: src/config/schema.test.ts.
import { spawnSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { format, resolveConfig } from 'prettier'

const source = '--conditions=@grantlog/source'
if (import.meta.main && !process.execArgv.includes(source)) {
  // The sections import packages of ours, as sources.
  const args = [source, import.meta.filename, ...process.argv.slice(2)]
  const { status } = spawnSync(process.execPath, args, { stdio: 'inherit' })
  process.exit(status ?? 1)
}

const folder: string = join(import.meta.dirname, '..')
const [begin, end] = ['<!-- settings: from src/config/sections -->', '<!-- /settings -->']

async function files(): Promise<Map<string, string>> {
  const { jsonSchema, settingsTable } = await import('../src/config/document.ts')
  const schemaFile = join(folder, 'grantlog.schema.json')
  const options = { ...(await resolveConfig(schemaFile)), filepath: schemaFile }
  const schema = await format(JSON.stringify(jsonSchema()), options)
  const readmeFile = join(folder, 'README.md')
  const readme = readFileSync(readmeFile, 'utf8')
  const [before, rest] = readme.split(begin)
  const [, after] = rest?.split(end) ?? []
  if (before === undefined || after === undefined) throw new Error(`${begin} is not in README.md`)
  const table = `${before}${begin}\n${settingsTable()}\n${end}${after}`
  return new Map([
    [schemaFile, schema],
    [readmeFile, table],
  ])
}

function textOf(file: string): string | null {
  try {
    return readFileSync(file, 'utf8')
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return null
    throw error
  }
}

if (import.meta.main) {
  for (const [file, text] of await files()) {
    if (textOf(file) === text) continue
    if (process.argv.includes('--check')) {
      console.error(`${file} differs from the sections; run npm run generate`)
      process.exitCode = 1
    } else {
      writeFileSync(file, text)
      console.log(`${file} is written`)
    }
  }
}
