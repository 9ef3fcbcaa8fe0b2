// Files of rules: those that ship with this package, and an operator's own, with their fixtures.
import { readdir, readFile, stat } from 'node:fs/promises'
import { join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { DetectError } from '../codes.ts'
import { MAX_FIXTURE_BYTES, MAX_RULE_BYTES, MAX_RULES } from '../limits.ts'
import type { RuleText } from '../sigma/document.ts'
import { fixtureKinds, type RuleFile } from '../sigma/fixtures.ts'

/** Where the built-in rules are. */
export const builtInRules: string = fileURLToPath(new URL('../../rules', import.meta.url))

/**
 * All `.yml` and `.yaml` files under a folder, in order of their paths, or the one file. `named`
 * is what messages call the path. Throws DetectError: RULE_UNREADABLE, RULE_TOO_LARGE.
 */
export function readRules(path: string, named: string = path): Promise<RuleText[]> {
  return readable(named, async () => {
    const files = await filesOf(path, named)
    return Promise.all(files.map(async ({ file, name }) => ({ name, text: await textOf(file) })))
  })
}

/** The same with the fixtures that lie beside them. */
export function readRulesAndFixtures(path: string, named: string = path): Promise<RuleFile[]> {
  return readable(named, async () => {
    const files = await filesOf(path, named)
    return Promise.all(
      files.map(async ({ file, name }) => {
        const found = await Promise.all(
          fixtureKinds.map(async (kind) => [kind, await fixtureOf(file, name, kind)] as const),
        )
        const fixtures = Object.fromEntries(found.filter(([, fixture]) => fixture !== null))
        return { name, text: await textOf(file), fixtures }
      }),
    )
  })
}

interface Named {
  readonly file: string
  readonly name: string
}

async function filesOf(path: string, named: string): Promise<Named[]> {
  if (!(await stat(path)).isDirectory()) return [{ file: path, name: named }]
  const names = (await readdir(path, { recursive: true })).filter((name) => /\.ya?ml$/.test(name))
  if (names.length > MAX_RULES) {
    throw new DetectError('RULE_TOO_LARGE', `more than ${MAX_RULES} files in ${named}`)
  }
  return names.toSorted().map((name) => {
    const file = join(path, name)
    return { file, name: join(named, relative(path, file)) }
  })
}

async function fixtureOf(file: string, name: string, kind: string): Promise<RuleText | null> {
  const beside = (path: string): string => path.replace(/\.ya?ml$/, `.${kind}.ndjson`)
  const path = beside(file)
  if (path === file) return null
  const found = await stat(path).catch(() => null)
  if (found === null) return null
  if (found.size > MAX_FIXTURE_BYTES) {
    throw new DetectError('RULE_TOO_LARGE', `${beside(name)}: more than ${MAX_FIXTURE_BYTES} bytes`)
  }
  return { name: beside(name), text: await readFile(path, 'utf8') }
}

/** No more than shows that a file is too large. */
async function textOf(file: string): Promise<string> {
  const { size } = await stat(file)
  return size > MAX_RULE_BYTES ? ' '.repeat(MAX_RULE_BYTES + 1) : readFile(file, 'utf8')
}

async function readable<T>(named: string, read: () => Promise<T>): Promise<T> {
  try {
    return await read()
  } catch (cause) {
    if (cause instanceof DetectError) throw cause
    const { code = '' } = cause as NodeJS.ErrnoException
    throw new DetectError('RULE_UNREADABLE', `${named} (${code})`, { cause })
  }
}
